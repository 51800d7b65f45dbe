"""Shortcuts of the inner loops: a cheap first question never loses what the full one finds."""

import random

import numpy as np
import pytest

from fanlight.labels.context import is_sample
from fanlight.labels.detectors import addresses, code, keys
from fanlight.labels.engine import _OPENING, _at_openings
from fanlight.labels.gates import Gate
from fanlight.labels.keywords import KeywordIndex, Keywords, window_of
from fanlight.labels.masks import mask_of
from fanlight.labels.pages import pages_of
from fanlight.labels.recognizers import recognizers
from fanlight.labels.tokens import highest_mixed, mixed

LISTS = (
    ["card", "card number", "credit-card", "tel.", "no.", "#id", "電話", "e-mail address"],
    ["passport", "passport no", "@id", "steuer_id", "Straße"],
)


def drawn(bits: list[str], count: int, most: int = 8) -> list[str]:
    draw = random.Random(11)
    return ["".join(draw.choices(bits, k=draw.randint(1, most))) for _ in range(count)]


@pytest.mark.parametrize("words", [*LISTS, [word for word in LISTS[0] if word[0].isalnum()]])
def test_a_keyword_is_found_without_cutting_the_window_into_shape(words: list[str]) -> None:
    bits = [*words, *(word.upper() for word in words), "discard", " ", "_", "-", "\n", "12", ". ", "é"]
    keywords, index = Keywords(words), KeywordIndex([("one", Keywords(words[:3])), ("two", Keywords(words[2:]))])
    found = 0
    for text in drawn(bits, 3_000):
        assert keywords.find_in(text) == keywords.find(window_of(text))
        assert index.find_in(text) == index.find(window_of(text))
        found += keywords.find_in(text) is not None
    assert 500 < found < 3_000


def test_an_address_holds_what_its_form_is_asked_for_first() -> None:
    words = (
        *("Haupt", "gasse", "straße", "STRASSE", "str.", "ring", "during", "rue", "via", "calle", "de", "la", "apt"),
        *(
            "suite",
            "P.O. Box",
            "postfach",
            "apo ae 12345",
            "12",
            "4a",
            "#",
            ",",
            ".",
            "市",
            "丁目",
            "区",
            "路",
            "号",
            "로",
        ),
    )
    known = [
        "Hauptgasse 12",
        "12 rue de la Paix",
        "calle Mayor 4a",
        "apt. #12",
        "P.O. Box 12",
        "長安路12号",
        "서울시 종로 12",
    ]
    bits = [*words, *[" "] * len(words)]
    seen: set[str] = set()
    for text in known + drawn(bits, 8_000, 12):
        for name, pattern, _ in addresses._FORMS:
            if pattern.search(text):
                seen.add(name)
                assert addresses._HINTS.get(name, addresses._always)(text, 0, len(text)), (name, text)
    assert seen >= set(addresses._HINTS)


def test_a_block_of_code_has_a_line_that_makes_it_strong() -> None:
    lines = [
        *("def f(x):", "    return x", "}", "if (a) {", "a = b", "Some prose here, and more of it.", "```python"),
        *("- a list", "x;", "", "A longer line of ordinary prose that has forty characters and more", "call(a, b)"),
        *("key: 1,", "end", "// note"),
    ]
    draw = random.Random(12)
    strong = weak = 0
    for _ in range(2_000):
        block = draw.choices(draw.sample(lines, 4), k=12)
        if code._has_strong(block):
            strong += 1
        else:
            weak += 1
            assert code._longest(block) == 0.0, block
    assert min(strong, weak) > 50


def test_a_marked_line_is_found_where_lines_begin() -> None:
    marks = [r for r in recognizers() if r.pattern.pattern.startswith(_OPENING)]
    assert marks
    bits = ["CONFIDENTIAL", "Strictly confidential", "secret", "\n", "] ", "# ", " - ", "text", ":", "."]
    found = 0
    for recognizer in marks:
        for text in drawn(bits, 1_500):
            begin = len(text) // 4
            all_found = [match.span() for match in recognizer.pattern.finditer(text, begin, len(text))]
            assert [m.span() for m in _at_openings(recognizer.pattern, text, begin, len(text))] == all_found, text
            found += len(all_found)
    assert found > 50


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("the test PIN is 0000", "0000", True),
        ("the PIN is 0000, for demo", "0000", True),
        ("the PIN is 0000 as an example", "0000", True),
        ("the te\u017ft PIN is 0000", "0000", True),
        ("the latest PIN is 0000", "0000", False),
        ("the PIN is 0000 for the door", "0000", False),
        ("a test. The PIN is 0000", "0000", False),
    ],
)
def test_the_words_around_say_whether_a_value_is_a_sample(text: str, value: str, expected: bool) -> None:
    start = text.index(value)
    assert is_sample(text, start, start + len(value)) is expected


def test_a_shape_shows_digits_and_letters_of_any_script_and_nothing_else() -> None:
    assert mask_of("shape", "AB-12 x9/é中\u0661") == "AA-## A#/AA#"
    assert len(mask_of("shape", "7" * 100)) == 40


def test_a_vendor_is_dropped_only_where_its_value_would_stand_too_far_away() -> None:
    assert keys.DETECTOR.gate_of("api_key") == Gate(token=150)
    reach = keys.DETECTOR.gate_of("github").token
    value = "k3J9dLq0ZpX7vB2nT5wR"
    for gap in (reach - 1, reach, reach + 1, reach + 2):
        text = "github" + " key".ljust(gap) + value
        assert len(list(keys._beside_vendor(text, 6, "github"))) == (gap <= reach), gap


def test_an_address_that_begins_with_a_number_is_found_from_its_digits() -> None:
    bits = [
        "12 Example Street",
        "7a, Long Oak Lane",
        "1,5",
        "12/14 High Road",
        "in 2019 ",
        "x9 Main Street",
        ", ",
        "\n",
    ]
    draw = random.Random(9)
    found = 0
    for _ in range(1_000):
        text = "".join(draw.choices(bits, k=5))
        begin, stop = draw.randrange(10), len(text) - draw.randrange(10)
        expected = [match.span() for match in addresses._NUMBER_FIRST.finditer(text, begin, stop)]
        assert [match.span() for match in addresses._from_digits(text, begin, stop)] == expected, text
        found += len(expected)
    assert found > 100


def test_what_keywords_in_a_row_said_is_said_again() -> None:
    index = KeywordIndex((name, Keywords(words)) for name, words in (("a", ["card", "pan"]), ("b", ["card", "tax id"])))
    draw = random.Random(3)
    for _ in range(500):
        text = " ".join(draw.choices(["card", "pan", "tax", "id", "other", "Card-"], k=4))
        assert index.find_in(text) == index.find(window_of(text)), text


def test_places_of_a_page_belong_to_the_part_they_stand_in_however_one_asks() -> None:
    for page in pages_of(["one", "", "two words", "", "x" * 40, ""]):
        places = np.arange(len(page.view.codes))
        assert page.parts_of(places).tolist() == page.parts_at(places).tolist()


def test_the_highest_bits_of_a_hash_need_one_step_less() -> None:
    values = np.array([3, 1 << 40, (1 << 64) - 5, 0x9E3779B97F4A7C15], dtype=np.uint64)
    assert highest_mixed(values.copy(), 18).tolist() == (mixed(values) >> np.uint64(46)).tolist()
