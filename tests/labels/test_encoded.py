"""What a text says in base64 or escapes is found where the encoded run stands, and masked like the value itself."""

import base64
import time

import pytest

from fanlight.labels import Labeller
from fanlight.labels.encoded import encoded_runs

CARD = "4111 1111 " + "1111 1111"


@pytest.fixture(scope="module")
def labeller():
    with Labeller(b"k" * 32, names=False) as made:
        yield made


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_card_in_base64_is_found_where_the_run_stands(labeller):
    run = _in_base64(f"please charge my card {CARD} today")
    text = f"see data={run} in the log"
    (span,) = labeller.label_text(text).spans
    assert text[span.start : span.end] == run
    assert (span.type, span.evidence) == ("CREDIT_CARD_NUMBER", "Visa ends in 1111")
    assert "base64" in span.flags.split(",")


def test_what_a_type_implies_counts_in_base64_too(labeller):
    run = _in_base64("my SSN is 536-22-" + "8841, thank you")
    assert set(labeller.label_text(f"payload {run}").categories) == {"GOV_ID", "PII"}


@pytest.mark.parametrize(
    "text", ["email=jane.doe%40example.com&x=1", "write to jane&#64;example.com", '{"m": "jane\\u0040example.com"}']
)
def test_an_address_behind_escapes_is_found(labeller, text):
    assert [span.type for span in labeller.label_text(text).spans] == ["EMAIL_ADDRESS"]


@pytest.mark.parametrize(
    "text",
    [
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "src/components/payments/CheckoutFormContainer",
        _in_base64("an ordinary sentence without anything in it"),
        "100%25 of a%20b",
    ],
)
def test_nothing_is_made_of_runs_that_say_nothing(labeller, text):
    assert labeller.label_text(text).categories == {}


def test_a_key_is_told_once_though_its_text_could_be_decoded(labeller):
    run = _in_base64("svc:" + "Kestrel-7492-x")
    found = labeller.label_text(f"Authorization: Basic {run}").spans
    assert len({span.type for span in found}) == len(found)


def test_only_one_level_is_decoded_and_no_more_than_so_many_runs():
    inner = _in_base64("password: Kestrel!" + "7492 is the one")
    assert [run.decoded for _, run in encoded_runs([_in_base64(f"once more {inner}")])] == [f"once more {inner}"]
    assert len(list(encoded_runs([" ".join([_in_base64("the same sentence again")] * 1000)]))) == 200


@pytest.mark.parametrize(
    "piece", ["A", "QUFB", "%41", "&#65;", "a%", "=", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB ", "\\u0041"]
)
def test_the_cost_grows_with_the_length(piece):
    text = piece * (200_000 // len(piece))
    begin = time.process_time()
    list(encoded_runs([text]))
    assert time.process_time() - begin < 2
