"""Events rolled up per CPU second: `python benchmarks/rollups.py [events]`."""

from __future__ import annotations

import random
import sys
import time

import pyarrow as pa

from fanlight.profiles.rollups import compute


def table(count: int) -> pa.Table:
    """A day of events of one account in ten events, spread like an office: few addresses, clients and projects each."""
    dice = random.Random(7)
    people = max(count // 30, 1)
    start = 1_767_225_600_000_000
    accounts = [dice.randrange(people) for _ in range(count)]
    types = [
        "claude_chat_viewed",
        "claude_chat_created",
        "claude_file_viewed",
        "claude_project_viewed",
        "sso_login_succeeded",
    ]
    return pa.table(
        {
            "tenant": pa.array(["default"] * count),
            "account_key": [f"claude:user_{a:08d}" for a in accounts],
            "organization_id": [f"org-{a % 3}" for a in accounts],
            "project_id": [f"claude_proj_{(a * 7 + dice.randrange(4)) % 5000}" for a in accounts],
            "ip": [f"198.51.{(a + dice.randrange(3)) % 250}.{a % 250}" for a in accounts],
            "user_agent": [f"Browser/{a % 40}" for a in accounts],
            "device_id": pa.nulls(count, pa.string()),
            "type": [dice.choice(types) for _ in range(count)],
            "family": ["content_view"] * count,
            "occurred_at": [start + dice.randrange(86_400_000_000) for _ in range(count)],
        }
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    events = table(count)
    for batch in (10_000, count):
        part = events.slice(0, batch)
        compute(part, str.lower)
        begun = time.process_time()
        rows = compute(part, str.lower).num_rows
        spent = time.process_time() - begun
        print(f"{batch} events, 13 cuts, {rows} rows: {batch / spent:,.0f} events per CPU second")


if __name__ == "__main__":
    main()
