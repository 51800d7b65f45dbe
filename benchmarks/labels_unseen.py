"""Recall and alarms on texts of our own that no rule was written against: `python benchmarks/labels.py unseen`.

The texts are in `tests/labels/unseen`; of each file every second one was looked at while rules were mended, the others
never were. Values are made up while it runs, two sets of them.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fanlight.labels import Labeller
from fanlight.labels.values import TextLabels

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.unseen import FOLDER, unseen

__all__ = ["main"]


def row(labeller: Labeller, name: str) -> str:
    """One line of the table."""
    texts = list(unseen(name))
    counts: dict[tuple[bool, bool], list[int]] = defaultdict(lambda: [0, 0])
    for text, labels in zip(texts, labeller.label_texts([text.text for text in texts]), strict=True):
        counted = counts[text.looked_at, text.holds]
        counted[0] += isinstance(labels, TextLabels) and text.is_in(labels.categories)
        counted[1] += 1
    cells = [
        f"{counts[half, holds][0]} of {counts[half, holds][1]}" if counts[half, holds][1] else ""
        for half in (False, True)
        for holds in (True, False)
    ]
    return f"| {name} | {texts[0].label} | {' | '.join(cells)} |"


def main(words: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="labels.py unseen", description=__doc__).parse_args(words)
    print("| texts | label | found, never looked at | alarms, never looked at | found, looked at | alarms, looked at |")
    print("| --- | --- | --- | --- | --- | --- |")
    with Labeller(b"unseen") as labeller:
        for path in sorted(FOLDER.glob("*.yml")):
            print(row(labeller, path.stem))
    return 0
