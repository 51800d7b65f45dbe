"""The labeller on texts of our own that were written before any rule was looked at: floors of recall and of alarms.

Every second text was never used for mending; those are judged apart. `python benchmarks/labels.py unseen` prints them.
"""

from collections import defaultdict

import pytest

from fanlight.labels import Labeller
from support.unseen import unseen

FLOORS = {
    # file: least recall and most alarms on the texts that were never looked at
    "secret": (0.84, 0.09),
    "health": (0.9, 0.04),
    "legal": (0.94, 0.07),
    "financial": (0.9, 0.04),
    "mark": (0.94, 0.04),
    "names": (0.92, 0.2),
    "addresses": (0.89, 0.1),
    "gov_id": (0.95, 0.0),
    "source_code": (0.7, 0.0),
}


@pytest.fixture(scope="module")
def labeller():
    with Labeller(b"k" * 32) as made:
        yield made


def shares(labeller: Labeller, name: str) -> dict[bool, tuple[float, float]]:
    """Recall and alarms, of the texts that were looked at (True) and of those that never were."""
    texts = list(unseen(name))
    counts: dict[tuple[bool, bool], list[int]] = defaultdict(lambda: [0, 0])
    for text, labels in zip(texts, labeller.label_texts([text.text for text in texts]), strict=True):
        counted = counts[text.looked_at, text.holds]
        counted[0] += text.is_in(labels.categories)
        counted[1] += 1
    return {
        half: tuple(counts[half, holds][0] / max(1, counts[half, holds][1]) for holds in (True, False))
        for half in (True, False)
    }


@pytest.mark.parametrize("name", FLOORS)
def test_texts_that_no_rule_was_written_against_are_labelled(labeller, name):
    recall, alarms = shares(labeller, name)[False]
    least, most = FLOORS[name]
    assert recall >= least
    assert alarms <= most


@pytest.mark.parametrize("name", [*FLOORS, "financial_more", "secret_more"])
def test_what_was_mended_stays_mended(labeller, name):
    recall, alarms = shares(labeller, name)[True]
    assert recall >= 0.94
    assert alarms <= 0.1


def test_ordinary_work_is_left_alone(labeller):
    assert shares(labeller, "ordinary")[True][1] <= 0.02
