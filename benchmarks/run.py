"""Every figure in the documents, one after the other. Run through `make bench`; writes `docs/benchmarks.md`."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMANDS = (
    ("Commit of a page", ("commit.py",)),
    ("Daily counts", ("rollups.py",)),
    ("Event collector", ("hec.py", "--seconds", "60", "--slow", "--kill")),
    ("Simulated vendors", ("simulator_http.py", "S", "7")),
    ("Access graph, a tenth of a large company", ("access.py", "--scale", "0.1")),
    ("Labels", ("labels.py",)),
    ("Nine stories", ("stories.py",)),
)


def main() -> int:
    """Run each benchmark and write what it printed."""
    parts = [
        "# Benchmarks",
        "",
        f"Made by `make bench`, {datetime.now(UTC):%d %B %Y}, {platform.machine()}, {sys.version.split()[0]}.",
        "The machine was shared; read ratios before figures.",
    ]
    failed = 0
    for title, words in COMMANDS:
        print(f"{title} …", flush=True)
        done = subprocess.run(
            [sys.executable, str(HERE / words[0]), *words[1:]], capture_output=True, text=True, check=False
        )
        failed += done.returncode != 0
        said = done.stdout.strip() if done.returncode == 0 else f"did not finish: {done.stderr.strip()[-300:]}"
        parts += ["", f"## {title}", "", f"`python benchmarks/{' '.join(words)}`", "", "```", said, "```"]
    (HERE.parent / "docs" / "benchmarks.md").write_text("\n".join(parts) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
