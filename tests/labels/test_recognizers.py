"""Every recognizer of the catalog finds its positives, leaves its negatives alone and rests on more than a pattern."""

import pytest

from fanlight.labels.engine import Engine
from fanlight.labels.recognizers import RecognizerError, load_recognizers, recognizers
from fanlight.labels.types import group_of_type


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(b"k" * 32)


def _found_by(engine: Engine, recognizer_id: str, sample: str) -> bool:
    return any(find.recognizer == recognizer_id for find in engine.candidates(sample))


@pytest.mark.parametrize("recognizer", recognizers(), ids=lambda r: r.id)
def test_samples_hold(engine, recognizer):
    """At least three positives that are found and three negatives that are not."""
    assert len(recognizer.positives) >= 3
    assert len(recognizer.negatives) >= 3
    missed = [
        number for number, sample in enumerate(recognizer.positives) if not _found_by(engine, recognizer.id, sample)
    ]
    false = [number for number, sample in enumerate(recognizer.negatives) if _found_by(engine, recognizer.id, sample)]
    assert (missed, false) == ([], [])


@pytest.mark.parametrize("recognizer", recognizers(), ids=lambda r: r.id)
def test_never_a_pattern_alone(recognizer):
    """Each has a validator or demands a keyword."""
    assert recognizer.validators or recognizer.requires_keyword


def test_breadth():
    """At least 200 vendors' keys and 75 national, tax and health identifiers."""
    groups = [r.group.name for r in recognizers()]
    assert groups.count("key") >= 200
    assert sum(g in {"national_id", "tax_id", "health_id", "passport", "driver_license"} for g in groups) >= 75


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("id: a\n    group: key\n    pattern: x", "needs a pattern, and anchors"),
        ("id: a\n    group: nothing\n    pattern: x\n    anchors: [x]", "names no group"),
        ("id: a\n    group: key\n    pattern: '('\n    anchors: [x]", "does not compile"),
        (
            "id: a\n    group: key\n    pattern: x\n    anchors: [x]\n    validators: [magic]",
            "no validator named magic",
        ),
        ("id: a\n    group: key\n    pattern: x\n    anchors: [x]\n    wrong: 1", "unknown fields: wrong"),
        ("id: a\n    group: key\n    pattern: x\n    anchors: [x]\n    requires_keyword: true", "lists none"),
    ],
)
def test_a_bad_entry_is_refused_with_a_sentence(entry, complaint):
    with pytest.raises(RecognizerError, match=complaint):
        list(load_recognizers(f"recognizers:\n  - {entry}\n", "mine.yml"))


def test_a_type_that_no_recognizer_has_any_more_keeps_a_group():
    """Stored matches of older rulesets still weigh something."""
    assert group_of_type("TYPE_OF_LAST_YEAR", "SECRET") == "secret"
    assert group_of_type("CREDIT_CARD_NUMBER", "PAYMENT_CARD") == "card"
