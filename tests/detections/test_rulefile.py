"""Rule files: what loads, and what one broken file costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.detections.rulefile import load_rules
from fanlight.detections.stream import Index
from support.rule_engines import HEAD, rule_of

GOOD = HEAD + "detection: {s: {a: 1}, condition: s}\n"


def _write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, "utf-8")
    return folder


def test_a_rule_carries_everything_as_frozen_values(tmp_path: Path) -> None:
    text = GOOD + (
        "description: Why\nauthor: Somebody\ntags: [attack.t1078.004, attack.initial-access]\n"
        "behavior: {surprise: {atleast: 6}}\ndedup: {by: identity}\nrunbook: [Look., Act.]\n"
        "tests: [{name: n, event: {a: 1}, expected: true}]\nfalsepositives: [Trips]\nx_own: 1\n"
    )
    [rule] = load_rules([_write(tmp_path, some_rule=text)]).rules
    assert (rule.name, rule.id, rule.title, rule.level, rule.status, rule.product) == (
        "some_rule", "11111111-2222-4333-8444-555555555555", "A rule", "medium", "test", "okta",
    )  # fmt: skip
    assert (rule.attack, rule.runbook, rule.falsepositives) == (
        ("t1078.004", "initial-access"), ("Look.", "Act."), ("Trips",),
    )  # fmt: skip
    assert rule.behavior == {"surprise": {"atleast": 6}}
    assert (rule.fields, rule.required, rule.custom["x_own"]) == ({"a"}, {"a": {"1"}}, 1)


def test_the_version_changes_with_the_file(tmp_path: Path) -> None:
    [before] = load_rules([_write(tmp_path, r=GOOD)]).rules
    [same] = load_rules([tmp_path]).rules
    [after] = load_rules([_write(tmp_path, r=GOOD + "# changed\n")]).rules
    assert before.version == same.version != after.version


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("title: [x\ndetection: y\n", 2, "The YAML cannot be read"),
        ("title: a\ntitle: b\n", 2, "The YAML cannot be read .*key 'title' twice"),
        ("just text\n", 1, "must be a YAML mapping"),
        (HEAD, 1, "must have a detection"),
        (HEAD + "detection: {s: {a: 1}}\n", 7, "at least one condition"),
        (HEAD + "detection: {s: {a: 1}, condition: t}\n", 7, "'t' not defined"),
        (HEAD + "detection: {s: {a: 1}, condition: s and}\n", 7, "cannot be read at its character"),
        (HEAD + "detection: {s: {a: 1}, condition: 1 of x_*}\n", 7, "doesn't match any detection"),
        (HEAD + "detection: {s: {'a|bogus': 1}, condition: s}\n", 7, "Unknown modifier 'bogus'"),
        (HEAD + "detection: {s: {'a|re': '(?=x)'}, condition: s}\n", 7, "cannot be run safely .*look-around"),
        (HEAD + "detection: {s: {'a|cidr': 'x/9'}, condition: s}\n", 7, "CIDR"),
        (HEAD + "detection: {s: {'a|expand': '%nobody%'}, condition: s}\n", 7, "needs the list 'nobody'"),
        (HEAD.replace("medium", "huge") + "detection: {s: {a: 1}, condition: s}\n", 4, "not a valid Sigma rule level"),
        (HEAD.replace("11111111", "nope") + "detection: {s: {a: 1}, condition: s}\n", 2, "UUID"),
        (GOOD + "behavior: 3\n", 8, "`behavior` that is not a mapping"),
        (GOOD + "tests: {a: 1}\n", 8, "`tests` that are not a list"),
        (GOOD + "---\naction: shrug\n", 9, "Action 'shrug' is not known"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", None, "remove the repeated aliases"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_sentence_with_its_place_and_the_rest_goes_on(
    tmp_path: Path, text: str, line: int | None, sentence: str
) -> None:
    loaded = load_rules([_write(tmp_path, broken=text, good=GOOD.replace("11111111", "99999999"))])
    assert [rule.name for rule in loaded.rules if rule.name == "good"] == ["good"]
    [error] = loaded.errors
    assert error.path == tmp_path / "broken.yml"
    assert error.line == line
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(error.sentence)
    assert str(error).startswith(f"{tmp_path}/broken.yml")
    assert error.sentence.endswith(".") and "\n" not in error.sentence


def test_a_file_that_is_no_text_and_a_folder_that_is_not_there_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "bin.yml").write_bytes(b"\xff\xfe\x00")
    loaded = load_rules([tmp_path, tmp_path / "none"])
    assert [error.kind for error in loaded.errors] == ["unreadable", "unreadable"]


def test_shared_parts_of_a_file_are_merged_into_its_rules(tmp_path: Path) -> None:
    text = (
        "action: global\ntitle: Both\nlevel: low\nlogsource: {product: okta}\ndetection: {condition: s}\n---\n"
        "name: first\ndetection: {s: {a: 1}}\n---\nname: second\ndetection: {s: {a: 2}}\n---\n"
        "action: repeat\nname: third\ndetection: {s: {a: 3}}\n"
    )
    loaded = load_rules([_write(tmp_path, many=text)])
    assert loaded.errors == ()
    index = Index(loaded.rules)
    assert [[rule.name for rule in index.match({"a": n})] for n in (1, 2, 3, 4)] == [
        [loaded.rules[0].name], ["second"], ["third"], [],
    ]  # fmt: skip


FILTER = """\
title: Not our scanner
logsource: {product: okta}
filter:
  rules: RULES
  scanner: {ip: 192.0.2.7}
  condition: not scanner
"""


@pytest.mark.parametrize("named", ["any", "[watch]", "[11111111-2222-4333-8444-555555555555]"])
def test_a_filter_narrows_the_rules_it_names_and_shows_in_their_version(tmp_path: Path, named: str) -> None:
    [bare] = load_rules([_write(tmp_path, watch=GOOD)]).rules
    [rule] = load_rules([_write(tmp_path, watch=GOOD, filter=FILTER.replace("RULES", named))]).rules
    index = Index([rule])
    assert index.match({"a": 1, "ip": "192.0.2.8"}) == [rule]
    assert index.match({"a": 1}) == [rule]
    assert index.match({"a": 1, "ip": "192.0.2.7"}) == []
    assert rule.version != bare.version


@pytest.mark.parametrize(
    "text", [FILTER.replace("RULES", "[other]"), FILTER.replace("RULES", "any").replace("okta", "github")]
)
def test_a_filter_for_others_changes_nothing(tmp_path: Path, text: str) -> None:
    [bare] = load_rules([_write(tmp_path, watch=GOOD)]).rules
    [rule] = load_rules([_write(tmp_path, filter=text)]).rules
    assert (rule.tree, rule.version) == (bare.tree, bare.version)


def test_named_parts_stay_known_for_explanations(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "s: {a: 1}\nf: {b: 2}\nspare: {c: 3}\ncondition: s and not f")
    assert (set(rule.conditions), rule.unused) == ({"s", "f", "spare"}, ("spare",))


def test_what_a_rule_requires_lets_a_reader_prune_by_type(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "a: {type: [X, Y], b: 1}\nc: {type: z}\nn: {type: q}\ncondition: (a or c) and not n")
    assert rule.required == {"type": {"x", "y", "z"}}
    assert rule_of(tmp_path, "a: {type: x}\nb: {k: 1}\ncondition: a or b").required is None


@pytest.mark.parametrize(
    ("logsource", "product", "covered"),
    [
        ("{product: okta}", "okta", True),
        ("{product: okta}", "claude", False),
        ("{product: github, service: audit}", "github_audit", True),
        ("{product: azure, service: signinlogs}", "entra_id", True),
        ("{product: gcp, service: google_workspace.admin}", "google_workspace", True),
        ("{product: gcp, service: gcp.audit}", "google_workspace", False),
        ("{category: webserver}", "zscaler_zia", True),
    ],
)
def test_a_log_source_of_public_rules_finds_our_product(
    tmp_path: Path, logsource: str, product: str, covered: bool
) -> None:
    rule = rule_of(tmp_path, "a: 1", head=HEAD.replace("logsource:\n  product: okta", f"logsource: {logsource}"))
    assert rule.covers(product) is covered
    assert bool(Index([rule]).match({"a": 1}, product)) is covered
    assert Index([rule]).match({"a": 1}) == [rule]
