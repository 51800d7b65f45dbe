"""Where the shared reference data lies; tests that need it are marked `shared`."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("FANLIGHT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
