"""Long: whatever is repeated or thrown together, labelling stays linear and no pattern can be made slow."""

import random
import resource
import time
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

import fanlight.labels.engine as labels_engine
from fanlight.labels.engine import Engine
from fanlight.labels.recognizers import recognizers

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

SIZE = 12_000
SLOWEST = 100e-6
"""Seconds of processor a character that no text may need, on a busy machine."""
WORDS = (
    "the report of last week",
    "says that our plan",
    "for the new page is good",
    "and the team",
    "will write to Anna Miller",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine that says why it failed: these texts are nobody's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels_engine, "_told_nothing", nullcontext)
        made = Engine(b"k")
        made.label("Anna Miller, 4111 1111 1111 1111")
        yield made


def seconds(engine: Engine, text: str) -> float:
    started = time.process_time()
    engine.label(text)
    return time.process_time() - started


def slow(engine: Engine, units: list[str]) -> list[str]:
    """Units that are slow when repeated, asked again before they are blamed."""
    texts = {unit: (unit * (SIZE // len(unit) + 1))[:SIZE] for unit in units if unit}
    limit = SLOWEST * SIZE
    return [
        unit
        for unit, text in texts.items()
        if seconds(engine, text) > limit and min(seconds(engine, text) for _ in range(3)) > limit
    ]


def test_every_literal_repeated(engine):
    literals = sorted({pattern for pattern, literal in engine._scanner.patterns if literal})
    assert len(literals) > 2_000
    assert slow(engine, [word + end for word in literals for end in ("", " ", "=", ": 12", "=a1B2c3")]) == []


def test_every_positive_repeated(engine):
    samples = [sample for recognizer in recognizers() for sample in recognizer.positives]
    assert slow(engine, [sample + end for sample in samples for end in ("", " ", "\n")]) == []


def test_random_pairs_and_mixtures(engine):
    draw = random.Random(5)
    literals = sorted({pattern for pattern, literal in engine._scanner.patterns if literal})
    samples = [sample for recognizer in recognizers() for sample in recognizer.positives]
    bits = [*literals, *samples, *"\"'=:/ \n\t.,-_@|;()[]{}<>0123456789aZ" * 20]
    assert slow(engine, ["".join(draw.choices(bits, k=draw.randint(1, 6))) for _ in range(6_000)]) == []


@pytest.mark.parametrize("unit", ["7", "a", "A", "aB3", '"', "=", "key=", "1 2 ", "-", "a.", "a-", "eyJ", "://", "@"])
def test_a_million_characters_without_a_break(engine, unit):
    small, large = (unit * 100_000)[:100_000], (unit * 1_000_000)[:1_000_000]
    few = min(seconds(engine, small) for _ in range(3))
    many = min(seconds(engine, large) for _ in range(2))
    assert many <= 10.5 * few + 0.05


def test_a_hundred_megabytes(engine):
    """Ten times the text, at most 10.5 times the time, and hardly more memory than the text itself."""
    draw = random.Random(9)
    unit = " ".join(draw.choices(WORDS, k=200_000)) + " my SSN is 781-05-5433.\n"
    ten = unit * (10_000_000 // len(unit))
    few = min(seconds(engine, ten) for _ in range(2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hundred = ten * 10
    many = seconds(engine, hundred)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert many <= 10.5 * few
    assert (after - before) * 1024 < len(hundred) + 60_000_000
