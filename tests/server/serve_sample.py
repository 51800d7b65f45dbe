"""Serve the sample pages for looking at them by hand: `python tests/server/serve_sample.py [port] [empty]`."""

from __future__ import annotations

import sys

from sample_views import MemorySignIn, SampleViews

from fanlight.model import SystemClock
from fanlight.server import Sessions, WebSettings, create_app, run

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8650
    sessions = Sessions(MemorySignIn(), SystemClock())
    print(sessions.issue_link("Mira Köhler", f"http://127.0.0.1:{port}"), flush=True)  # noqa: T201
    run(create_app(SampleViews(empty="empty" in sys.argv), sessions, WebSettings(port=port)), port=port)
