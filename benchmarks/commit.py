"""What one commit costs: 200 events with their rollups and cursor, files and database synced.

python benchmarks/commit.py [--commits 300]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from fanlight.model import Event
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.home import open_home


def main() -> None:
    """Print p50 and p99 in milliseconds, for the first and the last fifth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commits", type=int, default=300)
    commits = parser.parse_args().commits
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home")
        lease = home.state.take_lease("source/claude", seconds=3600)
        start = home.clock.now()
        taken: list[float] = []
        for number in range(commits):
            page = [
                Event(
                    tenant="default", source="claude", product="claude", event_id=f"activity_{number}_{row}",
                    type="claude_chat_viewed", family="content_view", occurred_at=start + row, ip="192.0.2.7",
                    account_key=f"claude:user_{row % 40}", user_agent="Mozilla/5.0",
                )
                for row in range(200)
            ]  # fmt: skip
            began = time.perf_counter()
            commit_events(home, lease, "claude", "feed", page, str(number))
            taken.append((time.perf_counter() - began) * 1000)
        fifth = commits // 5
        for name, part in (("first fifth", taken[:fifth]), ("last fifth", taken[-fifth:])):
            print(f"{name}: p50 {median(part):.1f} ms, p99 {quantiles(part, n=100)[98]:.1f} ms")


if __name__ == "__main__":
    main()
