"""Regimes are derived from what was found, worded as possibilities, and point nowhere without evidence."""

import pytest

from fanlight.labels.regimes import regimes_of
from fanlight.model import Match


def match(type_name, category, band="high", evidence="###"):
    return Match(
        tenant="default", source="claude", object_kind="chat", object_id="c", part_id="m", part_kind="message",
        role="user", at=1, category=category, type=type_name, count=1, confidence=0.9, band=band, recognizer="r",
        recognizer_version=1, evidence=evidence,
    )  # fmt: skip


PATIENT = match("PATIENT_TEXT", "HEALTH")
NAME = match("PERSON_NAME", "PERSON_NAME")


@pytest.mark.parametrize(
    ("matches", "regimes"),
    [
        ([], []),
        ([NAME], []),
        ([PATIENT], []),
        ([match("CREDIT_CARD_NUMBER", "PAYMENT_CARD")], ["PCI_DSS"]),
        ([match("CREDIT_CARD_NUMBER", "PAYMENT_CARD", band="low")], []),
        ([PATIENT, NAME], ["GDPR_ART_9", "HIPAA"]),
        ([PATIENT, match("DE_TAX_ID", "GOV_ID")], ["GDPR", "GDPR_ART_9"]),
        ([PATIENT, match("US_SSN", "GOV_ID")], ["HIPAA", "US_STATE_BREACH_LAWS"]),
        ([match("BR_CPF", "GOV_ID")], ["LGPD"]),
        ([match("UK_NINO", "GOV_ID")], ["UK_GDPR"]),
        ([match("IBAN", "FINANCIAL", evidence="FR ends in 12")], ["GDPR"]),
        ([match("IBAN", "FINANCIAL", evidence="CH ends in 12")], ["FADP"]),
        ([match("ROUTING_NUMBER", "FINANCIAL"), match("US_SSN", "GOV_ID")], ["GLBA", "US_STATE_BREACH_LAWS"]),
        ([match("KR_RRN", "GOV_ID"), NAME], ["PIPA"]),
    ],
)
def test_regimes_follow_from_types_and_countries(matches, regimes):
    assert sorted(tag.regime for tag in regimes_of(matches)) == regimes


def test_a_tag_says_what_led_there_and_judges_nothing():
    (tag,) = regimes_of([match("CREDIT_CARD_NUMBER", "PAYMENT_CARD")])
    assert tag.because == ("CREDIT_CARD_NUMBER",)
    assert tag.sentence.startswith("may be subject to Payment Card Industry")
