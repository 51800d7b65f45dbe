"""Makes the facts helper of the access tests importable: a company is written down only once."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "access"))
