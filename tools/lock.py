"""Pin all dependencies with hashes and without download addresses. Run through `make lock`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Rewrite `requirements/*.lock` from `requirements/*.in`."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "uv"], check=True)
        for source in ("runtime", "build", "dev"):
            subprocess.run(
                [
                    f"{folder}/bin/uv", "pip", "compile", "--quiet", "--python-version", "3.11", "--generate-hashes",
                    "--no-emit-index-url", "--no-header", f"{source}.in", "-o", f"{source}.lock",
                ],
                check=True,
                cwd=ROOT / "requirements",
            )  # fmt: skip
    shutil.rmtree(ROOT / ".make", ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
