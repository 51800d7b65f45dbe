"""Pages: texts that are labelled together, or in stretches, are labelled as if each stood alone."""

import itertools
import random

import pytest

from fanlight.labels import LabelError, Labeller
from fanlight.labels.engine import Engine
from fanlight.labels.pages import LEAD, PAGE, pages_of

KEY = b"a tenant's key of thirty-two bytes"
FINDS = [
    "please charge 4111 1111 1111 1111 today",
    "Das Passwort für den Server lautet Kepler!Summer77",
    "mail anna.example@example.com or call +49 30 9012 3456",
    "hidden: 4111\u200b1111\u200b1111\u200b1111 is the card",
    "My name is Anna Miller and my SSN is 781-05-5433",
    "パスワードは Sakura!2031 です",
    "nothing to see here",
    "",
    "\u200b",
    "Anna",
    "4111 1111 1111 1111",
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(KEY)


def test_texts_together_are_labelled_as_each_alone(engine):
    """Neither words nor numbers of a neighbour count, whatever stands beside."""
    draw = random.Random(7)
    alone = {text: engine.label(text) for text in FINDS}
    for _ in range(20):
        texts = draw.choices(FINDS, k=30)
        assert engine.label_many(texts) == [alone[text] for text in texts]


def test_no_texts_give_no_labels(engine):
    assert engine.label_many([]) == []


def test_a_text_that_fails_leaves_its_neighbours_alone(engine, monkeypatch):
    label = Engine._label

    def fail_on_canary(self, text, *more):
        if "canary" in text:
            raise ValueError(text)
        label(self, text, *more)

    monkeypatch.setattr(Engine, "_label", fail_on_canary)
    first, second, third = engine.label_many(["SSN 781-05-5433", "canary, SSN 781-05-5433", "SSN 781-05-5433"])
    assert first == third
    assert isinstance(second, LabelError)
    assert "canary" not in str(second)


@pytest.mark.parametrize("find", [text for text in FINDS if len(text) > 20 and "nothing" not in text])
def test_a_find_across_the_edge_of_a_stretch_is_found_once(engine, find):
    """Long texts are cut; wherever the cut falls, what lies on it is found there and only once."""
    (wanted,) = engine.label_many([f" {find} "])
    for shift in range(-60, 61, 7):
        before = "x " * ((PAGE - 2 * LEAD) // 2 - 30) + "x" * (60 + shift)
        text = f"{before} {find} " + "y " * 4000
        found = engine.label(text)
        offset = len(before)
        assert [(s.start - offset, s.end - offset, s.type) for s in found.spans] == [
            (s.start, s.end, s.type) for s in wanted.spans
        ]


def test_a_contract_across_the_edge_of_a_stretch_is_a_contract(engine):
    contract = (
        "This Agreement is entered into by and between the parties. Each party shall indemnify and hold harmless the "
        "other. The governing law is set forth in Section 9. Neither party may assign without prior written consent. "
    )
    before = "lorem ipsum " * ((PAGE - 2 * LEAD - 150) // 12)
    assert "LEGAL" in engine.label(before + contract + "dolor sit " * 500).categories


def test_a_contact_list_across_the_edge_of_a_stretch_is_a_contact_list(engine):
    rows = "\n".join(f"{1000 + n},p{n}@example.com" for n in range(10))
    before = "lorem ipsum " * ((PAGE - 2 * LEAD - 90) // 12)
    assert "CUSTOMER_DATA" in engine.label(f"{before}\n{rows}\n" + "dolor sit " * 500).categories


def test_pages_are_bounded_and_show_each_text_once():
    texts = ["a" * size for size in (10, 0, PAGE, 5 * PAGE, 100, PAGE // 2, PAGE // 2)]
    pages = list(pages_of(texts))
    assert all(len(page.view.text) <= PAGE for page in pages)
    shown = [(part.index, part.begin, part.stop) for page in pages for part in page.parts]
    for index, text in enumerate(texts):
        stretches = sorted((begin, stop) for number, begin, stop in shown if number == index)
        assert stretches[0][0] == 0
        assert stretches[-1][1] == len(text)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(stretches))


def test_many_finds_are_counted_exactly_and_listed_up_to_a_limit():
    """Ten thousand places of a type are listed; the count goes on."""
    with Labeller(KEY) as labeller:
        labels = labeller.label_text("a@example.com b@example.org\n" * 6_000)
    listed = sum(span.type == "EMAIL_ADDRESS" for span in labels.spans)
    assert (listed, labels.more) == (10_000, {"EMAIL_ADDRESS": 2_000})
