"""Dictionaries and marks: words of their own, in any case and script; marks only where marks stand."""

import random
import time

import pytest

from fanlight.labels.custom.marks import MarkSet
from fanlight.labels.custom.terms import TermSet
from fanlight.labels.text import view_of

TERMS = [(0, "Halcyon Bridge"), (0, "Halcyon"), (1, "Zwölf Türme"), (1, "極秘計画"), (2, "c++"), (2, "İstanbul")]


def found(text, **more):
    return [(owner, text[start:end]) for owner, start, end in TermSet(TERMS, **more).find(view_of(text))]


@pytest.mark.parametrize("without_filter", [False, True])
def test_terms_are_found_as_words_in_any_case(without_filter):
    text = "HALCYON bridge, halcyons, zwölf TÜRME; 内部の極秘計画です. C++ and c++11"
    assert found(text, without_filter=without_filter) == [
        (0, "HALCYON bridge"),
        (1, "zwölf TÜRME"),
        (1, "極秘計画"),
        (2, "C++"),
        (2, "c++"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_without_the_fast_scan_the_same_is_found(seed):
    rng = random.Random(seed)
    alphabet = ["ab", "Ä", "é", " ", "-", "x", "1", "中", "ab c"]
    terms = [(n, "".join(rng.choice(alphabet) for _ in range(3)).strip() or "zz") for n in range(60)]
    terms = [(n, term if len(term) > 1 else term + "q") for n, term in terms]
    text = "".join(rng.choice(alphabet) for _ in range(3_000))
    fast, slow = TermSet(terms), TermSet(terms, without_filter=True)
    assert list(fast.find(view_of(text))) == list(slow.find(view_of(text)))


def test_twenty_thousand_terms_cost_little_more_than_one():
    rng = random.Random(1)
    words = ["".join(rng.choice("abcdefghijklmnop") for _ in range(rng.randint(5, 12))) for _ in range(20_000)]
    text = " ".join(
        rng.choice(["the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was"]) for _ in range(400_000)
    )
    many = TermSet([(0, word) for word in words])
    view = view_of(text)
    list(many.find(view))
    began = time.process_time()
    list(many.find(view))
    assert time.process_time() - began < 0.5  # 1.4 MB


@pytest.mark.parametrize(
    "text",
    [
        "Tier Three\nQuarterly plan",
        "*** TIER THREE ***",
        "[Tier Three] plan",
        "Classification: Tier Three",
        "Sensitivity label = tier three, do not print",
        "MSIP_Label_00000000-aaaa-bbbb-cccc-1234567890ab_Name: Tier Three",
        "Einstufung: Tier Three",
        "Tier Three – for the board",
    ],
)
def test_a_mark_counts_where_marks_stand(text):
    assert [owner for owner, _, _ in MarkSet([(7, "Tier Three")]).find(view_of(text))] == [7]


@pytest.mark.parametrize(
    "text", ["tier three support called", "What does Tier Three mean?", "we have tier three and tier four"]
)
def test_talk_about_a_mark_is_no_mark(text):
    assert list(MarkSet([(7, "Tier Three")]).find(view_of(text))) == []


def test_the_identifier_of_an_office_label_is_a_mark():
    label = "00000000-aaaa-bbbb-cccc-1234567890ab"
    assert list(MarkSet([(0, label)]).find(view_of(f"MSIP_Label_{label}_Enabled: true")))
