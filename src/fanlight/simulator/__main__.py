"""`python -m fanlight.simulator`: serve a simulated company until interrupted."""

from __future__ import annotations

import sys

from fanlight.simulator.http.standalone import main

if __name__ == "__main__":
    sys.exit(main())
