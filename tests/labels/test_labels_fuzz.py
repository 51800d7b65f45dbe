"""No text makes the engine fail, and its spans always lie inside the text."""

import itertools

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fanlight.labels.engine import Engine

ENGINE = Engine(b"k")
PIECES = st.sampled_from(
    [
        "password",
        "pw: ",
        "api_key=",
        "://",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "Basic ",
        "4111 1111 1111 1111",
        "@",
        "a@b.co",
        "ssn ",
        "781-05-5433",
        "DE89",
        "born ",
        "3 May 1984",
        "lives at ",
        "12 Garden Road",
        "張",
        "김영희",
        "田中 太郎",
        "\u200b",
        "😀",
        "\ud800",
        "\uff11",
        "\n",
        "\t",
        "|",
        ",",
        ";",
        "\\",
        '"',
        "'",
        "=",
        ":",
        "İ",
        "ß",
        "0",
        "9" * 30,
        "A" * 40,
        " ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=14).map("".join))
@example("x")
@example("\u200b")
@example("pw")
def test_any_text(text):
    labels = ENGINE.label(text)
    assert all(0 <= span.start < span.end <= len(text) for span in labels.spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(labels.spans))
