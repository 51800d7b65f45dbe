"""Build hook: puts the web interface into the wheel. Skipped for editable installs (`make` builds those)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebInterface(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `tools/build_ui.py`, which does nothing while a hash of `ui/` is unchanged."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del build_data
        if version == "editable":
            return
        root = Path(self.root)
        script = root / "tools" / "build_ui.py"
        if (root / "ui" / "package.json").exists() and script.exists():
            subprocess.run([sys.executable, str(script)], check=True, cwd=root)  # noqa: S603 - our own script
