"""Content leaves a record before the record is stored; everything else stays."""

from __future__ import annotations

import pytest

from fanlight.sources.sealing import ContentFields, RecordSealer, load_content_fields
from support.source_fixtures import CONTENT_KEY

FIELDS = ContentFields(
    content=frozenset({"title", "deep.secret"}), names=frozenset({"group_name"}), long=frozenset({"agent"}),
    hosts=frozenset({"webhook_url"}),
)  # fmt: skip


def seal(record, found=None):
    return RecordSealer(FIELDS, CONTENT_KEY).seal(record, found)


def is_mark(value):
    return isinstance(value, dict) and value["sealed"] is True and isinstance(value["hash"], str)


def test_content_becomes_length_and_keyed_hash():
    kept = seal({"title": "Salaries"})
    assert is_mark(kept["title"])
    assert kept["title"]["length"] == 8
    assert seal({"title": "Salaries"}) == kept
    assert RecordSealer(FIELDS, b"another key").seal({"title": "Salaries"}) != kept


def test_what_was_taken_out_is_handed_over_once_and_whole():
    found = []
    seal({"title": "Salaries", "deep": {"secret": "x y"}, "id": "a"}, found.append)
    assert [(piece.path, piece.sealed.length) for piece in found] == [("title", 8), ("deep.secret", 3)]


@pytest.mark.parametrize(
    "value", [5, 5.5, True, None, "enum_value", "user_01abc", "a@example.com", "2022-06-22 18:18:29.015"]
)
def test_identifiers_numbers_times_and_enumerations_of_unknown_fields_are_kept(value):
    assert seal({"new_field": value}) == {"new_field": value}


@pytest.mark.parametrize("value", ["two words", "x" * 257, "日本語のテキスト", "line\nbreak"])
def test_free_text_of_unknown_fields_is_sealed(value):
    assert is_mark(seal({"new_field": value})["new_field"])
    assert is_mark(seal({"deep": [{"er": value}]})["deep"][0]["er"])


def test_names_may_have_spaces_but_not_be_essays():
    assert seal({"group_name": "Legal and HR"}) == {"group_name": "Legal and HR"}
    assert is_mark(seal({"group_name": "word " * 100})["group_name"])


def test_of_an_address_that_can_hold_a_secret_only_the_host_is_kept():
    kept = seal({"webhook_url": "https://hooks.example.com/T000/secret?x=1"})["webhook_url"]
    assert kept["host"] == "hooks.example.com"
    assert "secret?" not in repr(kept)


def test_field_names_are_folded_and_the_same_field_is_one():
    assert seal({"ActorId": None, "actorid": "a", "ACTORID": "b"}) == {"actorid": "a"}


def test_field_names_that_are_text_are_sealed_too():
    kept = seal({"map": {"a whole sentence as a name": 1}})
    assert next(iter(kept["map"])).startswith("sealed:")


def test_a_content_field_of_another_shape_is_still_content():
    assert is_mark(seal({"title": {"en": "Salaries"}})["title"])
    assert is_mark(seal({"title": ["a", "b"]})["title"])


def test_bottomless_nesting_is_cut():
    record = leaf = {}
    for _ in range(200):
        leaf["a"] = {}
        leaf = leaf["a"]
    assert seal(record)


@pytest.mark.parametrize("kind", ["claude", "okta"])
def test_every_pull_source_has_its_data_file(kind):
    fields = load_content_fields(f"fanlight.sources.{kind}")
    assert fields.names or fields.content
