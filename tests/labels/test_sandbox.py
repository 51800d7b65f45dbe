"""What a file worker gave up, it cannot do any more."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRIED = {
    "open a socket": "import socket; socket.socket()",
    "start a program": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "fork by the newer call": "call(435, ctypes.create_string_buffer(88), 88)",
    "fork": "import os; os.fork()",
    "read a file": "open('/etc/hostname')",
    "list a folder": "import os; os.listdir('/')",
    "write a file": "open('/tmp/left-behind', 'w')",
    "set up a ring of calls": "call(425, 1, 0)",
    "make a 32-bit call by number": "call(0x40000000 + 41, 1, 1, 0)",
    "take another process' memory": "call(310, 1, 0, 0, 0, 0, 0)",
}
SETUP = """
import ctypes, os, socket, sys
from fanlight.labels.files.sandbox import confine
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *values):
    if libc.syscall(number, *values) < 0:
        raise OSError(ctypes.get_errno(), "refused")
held = confine()
try:
    {attempt}
except OSError as problem:
    print("refused" if problem.errno in (1, 13, 38) else f"errno {{problem.errno}}")
else:
    print("done")
print(*held)
"""


@pytest.mark.parametrize("attempt", sorted(TRIED))
def test_a_confined_process_cannot(attempt: str) -> None:
    done = subprocess.run([sys.executable, "-c", SETUP.format(attempt=TRIED[attempt])], capture_output=True, text=True)
    assert done.stderr == ""
    said, held = done.stdout.splitlines()
    needs = "landlock" if any(word in attempt for word in ("file", "folder")) else "seccomp"
    if needs not in held:
        pytest.skip(f"this kernel has no {needs}")
    assert said == "refused"


def test_a_confined_process_may_still_start_threads() -> None:
    """The native readers do."""
    attempt = "import threading; t = threading.Thread(target=print, args=('ran',)); t.start(); t.join()"
    done = subprocess.run([sys.executable, "-c", SETUP.format(attempt=attempt)], capture_output=True, text=True)
    assert done.stdout.splitlines()[:2] == ["ran", "done"]
