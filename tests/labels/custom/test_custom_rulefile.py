"""Rule files in gitleaks' form work as their authors wrote them, and what does not is named."""

import pytest

from fanlight.labels.custom.compiled import About, CustomCategories
from fanlight.labels.custom.definitions import CategoryProblem, Definition
from fanlight.labels.custom.rulefile import read_rules
from fanlight.labels.text import view_of

RULES = r"""
title = "house rules"
[[rules]]
id = "house-token"
description = "Token of the house"
regex = '''(?i)house[_-]?key\s*[=:]\s*['"]?([a-z0-9]{16,40})\b'''
keywords = ["house"]
entropy = 3.0
[[rules]]
id = "second-group"
regex = '''(svc)-([0-9a-f]{12})'''
secretGroup = 2
[[rules]]
id = "key-file"
path = '''(?i)\.(p12|pfx)$'''
[[rules]]
id = "only-in-env"
regex = '''LOCAL_[A-Z]+=(\S{8,})'''
path = '''\.env$'''
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ['''# sample''']
stopwords = ["sample"]
[allowlist]
stopwords = ["changeme"]
paths = ['''^docs/''']
"""


def finds(text, name="", rules=RULES):
    categories = CustomCategories([Definition(name="HOUSE", label="SECRET", rules=rules)])
    found = categories.find(view_of(text), About(part_kind="file" if name else "message", name=name))
    return [(find.rule, text[find.start : find.end]) for find in found]


def test_the_first_group_or_the_named_one_is_the_secret():
    assert finds("house_key = 9f8e7d6c5b4a39281716") == [("house-token", "9f8e7d6c5b4a39281716")]
    assert finds("svc-0a1b2c3d4e5f") == [("second-group", "0a1b2c3d4e5f")]


def test_entropy_keywords_and_stopwords_decide():
    assert finds("house_key = aaaaaaaaaaaaaaaaaaaa") == []
    assert finds("house_key = 9f8e7d6c5bchangeme39281716") == []


def test_paths_ask_for_a_name_and_excuse_one():
    line = "LOCAL_PASS=hunter2hunter2"
    assert finds(line) == []
    assert finds(line, "service/.env") == [("only-in-env", "hunter2hunter2")]
    assert finds(line, "docs/.env") == []
    assert finds("", "server.P12") == [("key-file", "")]


def test_an_allowlist_of_and_needs_all_its_parts():
    assert finds("LOCAL_PASS=samplesample # sample", "a.env") == []
    assert len(finds("LOCAL_PASS=hunter2hunter # sample", "a.env")) == 1


def test_matches_of_a_rule_say_which_and_keep_only_a_mask():
    categories = CustomCategories([Definition(name="HOUSE", label="SECRET", rules=RULES)])
    (span,) = categories.spans("house_key = 9f8e7d6c5b4a39281716", About(), b"k")
    assert (span.category, span.type, span.recognizer) == ("SECRET", "HOUSE_TOKEN", "custom:HOUSE/house-token")
    assert span.evidence == "up to 20 characters"
    assert span.fingerprint is not None


def test_what_is_not_supported_is_named_and_the_rest_works():
    file = read_rules(
        RULES + "[extend]\nuseDefault = true\n"
        "[[rules]]\nid = 'ahead'\nregex = '''a(?=b)'''\n"
        "[[rules]]\nid = 'joined'\nregex = '''abc'''\n[[rules.required]]\nid = 'x'\n"
        "[[rules]]\nid = 'odd'\nregex = '''abcd'''\nskipReport = true\n",
        "f.toml",
    )
    assert [rule.id for rule in file.rules][-1] == "odd"
    said = "\n".join(file.unsupported)
    assert "extend: rules of other files" in said
    assert "rule ahead: the expression looks ahead" in said
    assert "rule joined: it requires other rules" in said
    assert "rule odd: skipReport is not known" in said


@pytest.mark.parametrize("text", ["not toml [", "", "[[rules]]\nid = 'a'", "[[rules]]\nid = 'a'\nregex = '''(?=a)b'''"])
def test_a_file_without_one_usable_rule_is_refused(text):
    with pytest.raises(CategoryProblem):
        read_rules(text, "f.toml")
