"""Expressions of customers match as written, in time that grows with the text, and the unsafe ones are refused."""

import random
import time

import pytest

from fanlight.labels.custom.definitions import CategoryProblem
from fanlight.labels.custom.patterns import PatternSet, checked_pattern, compile_pattern
from fanlight.labels.text import view_of


def places(patterns, text, **more):
    view = view_of(text)
    found = PatternSet([compile_pattern(p) for p in patterns], **more).hits(view)
    return {number: [text[h.start : h.end] for h in hits] for number, hits in found.items()}


def test_each_expression_says_where_it_matches():
    assert places(["EMP-[0-9]{4}", "x+y", "(?i)größe"], "EMP-1234, GRÖSSE, Größe, EMP-5678") == {
        0: ["EMP-1234", "EMP-5678"],
        2: ["Größe"],
    }


def test_offsets_are_characters_of_the_text():
    assert places([r"\bE-[0-9]+\b"], "日本語 ä E-12 終 E-345.") == {0: ["E-12", "E-345"]}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("a(?=b)", "looks ahead or behind"),
        ("(?<!a)b", "looks ahead or behind"),
        (r"(a)\1", "refers back"),
        ("a{5000}", "repeats"),
        ("a*", "empty text"),
        ("(a", "not valid"),
    ],
)
def test_what_cannot_run_in_linear_time_is_refused_with_the_reason(pattern, said):
    with pytest.raises(CategoryProblem, match=said):
        checked_pattern(pattern)


def test_an_expression_that_reads_ahead_for_every_match_stays_linear():
    greedy = compile_pattern("x[^z]*z|x")
    assert not greedy.bounded
    ready = PatternSet([greedy])

    def cost(size):
        view = view_of("x" * size)
        began = time.process_time()
        ready.hits(view)
        return time.process_time() - began

    cost(10_000)
    assert cost(1_000_000) < 20 * max(cost(100_000), 0.002)


@pytest.mark.parametrize("seed", range(4))
def test_the_filter_never_hides_a_match(seed):
    rng = random.Random(seed)
    patterns = [
        r"\bID[0-9]{3,5}\b", "(?i)straße [0-9]+", "[A-Z]{2}-?[a-z]{3}", "ä.ö", r"(?m)^total:? \d+$", "[^a-z ]{6}",
        r"\$[0-9.]+", r"key\s*=\s*(\w{4,8})", "(?s)begin.{1,40}end", "名[前称]",
    ]  # fmt: skip
    pieces = ["ID123", "id 9", "Straße 7", "STRASSE 8", "AB-xyz", "äxö", "ä\nö", "total 5", "\n", "$9.5", "key = abcd",
              "begin", "end", "名前", "QWERTZ9", " ", "ü", "ＩＤ１２３"]  # fmt: skip
    text = "".join(rng.choice(pieces) for _ in range(400))
    assert places(patterns, text) == places(patterns, text, without_filter=True)


def test_a_match_is_found_once_wherever_the_text_is_cut():
    filler = "word " * 6_550
    text = "".join(f"{filler[: 32_700 + n]}EMP-{1000 + n}" for n in range(40))
    assert len(places(["EMP-[0-9]{4}"], text)[0]) == 40
    solid = "".join("a" * (32_760 + n) + f"EMP-{1000 + n}" for n in range(40))
    assert len(places(["EMP-[0-9]{4}"], solid)[0]) == 40


def test_a_kept_filter_finds_what_a_fresh_one_finds_and_a_damaged_one_is_made_again(tmp_path):
    patterns = [compile_pattern(p) for p in ("EMP-[0-9]{4}", r"(?s)a.{0,900}(?:b|c)[a-z]{0,900}d", "x{2,}")]
    view = view_of("EMP-1234 abbbd xx")
    fresh = PatternSet(patterns, cache=tmp_path).hits(view)
    (kept,) = tmp_path.iterdir()
    assert PatternSet(patterns, cache=tmp_path).hits(view) == fresh
    assert sorted(fresh) == [0, 1, 2]
    kept.write_bytes(b"[0]\nnot a database")
    assert PatternSet(patterns, cache=tmp_path).hits(view) == fresh
