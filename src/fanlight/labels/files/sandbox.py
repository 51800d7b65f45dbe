"""Takes from this process everything that reading a file does not need. Called once, in the worker, after its imports.

What holds is told back, so that `doctor` can say it: limits always, no-new-privileges, no file system (Landlock) and
no network or new programs (seccomp) where the kernel allows.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Sequence

__all__ = ["allow_cpu", "become", "confine"]

MEMORY = 1 << 30
CPU_SECONDS = 30

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 4, 38, 22
_SECCOMP_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_FS = (1 << 13) - 1
_REFUSED = {
    # socket, connect, execve, ptrace, fork, vfork, execveat; then what no reader needs and attacks
    # like: process_vm_readv and _writev, perf_event_open, bpf, io_uring, unshare, setns, mount, keyctl, add_key
    "x86_64": (0xC000003E, (41, 42, 59, 101, 57, 58, 322, 310, 311, 298, 321, 425, 426, 427, 272, 308, 165, 250, 248)),
    "aarch64": (0xC00000B7, (198, 203, 221, 117, 281, 270, 271, 241, 280, 425, 426, 427, 97, 268, 40, 219, 217)),
}
_PROGRAMS = frozenset({59, 221})
"""execve: a process that turns into another one must be let do so."""
_CLONES = {"x86_64": (56, 435), "aarch64": (220, 435)}
_CLONE_THREAD = 0x10000
_FOREIGN_CALLS = 0x40000000
"""Numbers from here on are a second way into the same calls on x86."""


def confine() -> tuple[str, ...]:
    """Set the limits and give up rights. Names of what holds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = ["limits"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        held.append("no_new_privileges")
        if _landlock(libc):
            held.append("landlock")
        if _seccomp(libc):
            held.append("seccomp")
    return tuple(held)


def become(words: Sequence[str]) -> None:
    """Turn this process into another program under the same limits: it may read files, write none and reach nobody."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
    ):  # fmt: skip
        resource.setrlimit(kind, (most, most))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        _seccomp(libc, programs=True)
    os.execv(words[0], list(words))  # noqa: S606 - the operator's own command


def allow_cpu() -> None:
    """Give the next file its seconds of processor time; going over ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS + 1, hard))


def _landlock(libc: ctypes.CDLL) -> bool:
    """Refuse every path: no rule is added to the rule set."""
    attribute = struct.pack("Q", _LANDLOCK_FS)
    descriptor = libc.syscall(_LANDLOCK_CREATE, attribute, len(attribute), 0)
    if descriptor < 0:
        return False
    done = libc.syscall(_LANDLOCK_RESTRICT, descriptor, 0) == 0
    os.close(descriptor)
    return bool(done)


def _seccomp(libc: ctypes.CDLL, *, programs: bool = False) -> bool:
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    architecture, numbers = known
    if programs:
        numbers = tuple(number for number in numbers if number not in _PROGRAMS)
    clone, clone3 = _CLONES[platform.machine()]
    allow, refuse, unknown = (0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x00050026)
    code = [
        (0x20, 0, 0, 4), (0x15, 1, 0, architecture), refuse,
        (0x20, 0, 0, 0), (0x35, 0, 1, _FOREIGN_CALLS), refuse,
        # The C library takes "unknown call" as a hint to start its threads by the older call, whose flags can be read.
        (0x15, 0, 1, clone3), unknown,
        (0x15, 0, 4, clone), (0x20, 0, 0, 16), (0x45, 0, 1, _CLONE_THREAD), allow, refuse,
    ]  # fmt: skip
    for index, number in enumerate(numbers):
        code.append((0x15, len(numbers) - index, 0, number))
    code += [allow, refuse]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    program = struct.pack("H6xP", len(code), ctypes.addressof(filters))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, program, 0, 0) == 0)
