"""What labels add up to."""

import pytest

from fanlight.labels.sensitivity import Weights, categories_of, highest, of_matches, weights_from
from fanlight.model import Match


def match(type_name, category, *, count=1, band="high", confidence=0.95):
    return Match(
        tenant="t",
        source="s",
        object_kind="chat",
        object_id="c",
        part_id="m",
        part_kind="message",
        role="user",
        at=None,
        category=category,
        type=type_name,
        count=count,
        confidence=confidence,
        band=band,
        recognizer="r",
        recognizer_version=1,
        evidence="",
    )


ORDINARY = [
    ("PERSON_NAME", "PERSON_NAME"),
    ("EMAIL_ADDRESS", "PII"),
    ("PHONE_NUMBER", "PII"),
    ("PROGRAM_CODE", "SOURCE_CODE"),
]


@pytest.mark.parametrize(("type_name", "category"), ORDINARY)
@pytest.mark.parametrize("count", [1, 10, 10_000])
def test_ordinary_data_alone_never_passes_low(type_name, category, count):
    assert of_matches([match(type_name, category, count=count)]) == "low"


def test_ordinary_data_together_never_passes_low():
    assert of_matches([match(t, c, count=500) for t, c in ORDINARY]) == "low"


@pytest.mark.parametrize(
    ("type_name", "category"),
    [
        ("US_SSN", "GOV_ID"),
        ("CREDIT_CARD_NUMBER", "PAYMENT_CARD"),
        ("PASSWORD", "SECRET"),
        ("AWS_ACCESS_KEY_ID", "SECRET"),
        ("RSA_PRIVATE_KEY", "SECRET"),
        ("CONTACT_LIST", "CUSTOMER_DATA"),
        ("MEDICAL_RECORD_NUMBER", "HEALTH"),
    ],
)
def test_one_of_these_is_high(type_name, category):
    assert of_matches([match(type_name, category)]) == "high"


def test_a_patient_with_a_name_is_high_and_health_talk_alone_is_moderate():
    talk = match("HEALTH_TEXT", "HEALTH")
    assert of_matches([talk]) == "moderate"
    assert of_matches([talk, match("PERSON_NAME", "PERSON_NAME")]) == "high"


def test_figures_under_a_mark_are_high_and_alone_moderate():
    money, mark = match("FINANCIAL_TEXT", "FINANCIAL"), match("MARK_CONFIDENTIAL", "CONFIDENTIAL_MARK")
    assert (of_matches([money]), of_matches([mark]), of_matches([money, mark])) == ("moderate", "moderate", "high")


def test_an_unsure_find_weighs_less():
    assert of_matches([match("GENERIC_SECRET", "SECRET", band="low", confidence=0.55)]) == "low"


def test_nothing_found_is_none():
    assert of_matches([]) == "none"
    assert highest([]) == "none"
    assert highest(["low", "high", "moderate"]) == "high"


def test_the_operator_moves_weights():
    weights = weights_from({"points": {"password": 10}, "moderate": 20})
    assert of_matches([match("PASSWORD", "SECRET")], weights) == "low"
    assert of_matches([match("PASSWORD", "SECRET")], Weights()) == "high"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [({"hihg": 1}, "hihg"), ({"points": {"pasword": 1}}, "pasword"), ({"points": 3}, "table")],
)
def test_a_mistyped_weight_is_named(settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        weights_from(settings)


def test_an_id_is_personal_data_too():
    assert categories_of([match("US_SSN", "GOV_ID")]) == {"GOV_ID": 0.95, "PII": 0.95}
