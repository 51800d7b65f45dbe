"""Exact data match against a list of a million rows: how long hashing takes, how large the list is, what a text costs.

python benchmarks/exact_match.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from fanlight.labels.custom.exact import ExactList, hash_table
from fanlight.labels.text import view_of

KEY = bytes(range(32))
SYLLABLES = [a + b for a in "bdfghklmnprstvw" for b in "aeiou"]


def word(rng: random.Random, size: int) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(size)).capitalize()


def memory() -> float:
    """Most memory of this process so far, in MB; what `getrusage` says would include the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    rng = random.Random(7)
    names = [word(rng, rng.randint(2, 4)) for _ in range(60_000)]
    with tempfile.TemporaryDirectory() as folder:
        table, listed = Path(folder) / "t.csv", Path(folder) / "t.list"
        sample: list[str] = []
        with table.open("w") as out:
            out.write("name,email,customer_id,phone\n")
            for number in range(rows):
                first, last = rng.choice(names), rng.choice(names)
                cells = [f"{first} {last}", f"{first}.{last}{number % 97}@example.com".lower(),
                         f"C-{rng.randrange(10**9):09}", f"+49 {rng.randrange(10**9):09}"]  # fmt: skip
                out.write(",".join(cells) + "\n")
                if number % (rows // 200) == 0:
                    sample.append(f"{cells[0]} has contract {cells[2]}. ")
        before, began = memory(), time.process_time()
        done = hash_table(table, listed, KEY)
        print(f"hash: {done.rows:,} rows, {done.cells:,} cells, {time.process_time() - began:.1f} CPU s, "
              f"list {done.bytes / 1e6:.0f} MB, memory {memory():.0f} MB (before: {before:.0f})")  # fmt: skip
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            apart.submit(scan, listed, sample, names[:80]).result()


def scan(listed: Path, sample: list[str], names: list[str]) -> None:
    """In a process of its own, so that its memory is that of a labeller."""
    rng = random.Random(8)
    before = memory()
    opened = ExactList(listed, KEY)
    # Ordinary words end as no name does; one word in a hundred is a name.
    common = [word(rng, rng.randint(1, 3)).lower() + "x" for _ in range(8_000)] + names
    for kind, dense in (("sparse", 200), ("dense", 2)):
        parts = []
        while sum(map(len, parts)) < 4_000_000:
            parts.append(" ".join(rng.choices(common, k=10 * dense)) + ". " + rng.choice(sample))
        text = "".join(parts)
        view = view_of(text)
        began = time.process_time()
        found = opened.find(view, 200)
        spent = time.process_time() - began
        print(
            f"{kind}: {len(text) / 1e6:.1f} MB, {len(found)} rows of {len(sample)} planted, "
            f"{len(text) / 1e6 / spent:.1f} MB a CPU second, memory {memory():.0f} MB (before: {before:.0f})"
        )


if __name__ == "__main__":
    main()
