"""Weights, removed categories and verdicts apply to stored matches at once, and to nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanlight.access.store import sensitivities
from fanlight.labels.feedback import give_verdict, match_id, verdicts
from fanlight.labels.sensitivity import weights_of
from fanlight.model import Match, ObjectVersion, Reading
from fanlight.pipeline.erasing import erase
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.leases import KeptLease
from support.command import Answer, command

CUSTOM = """
[[category]]
name = "HOUSE_BADGE"
sensitivity = "{level}"
label = "{label}"
positives = ["badge QX-8841-KLM"]
negatives = ["badge QX"]
[category.regex]
patterns = ['QX-[0-9]{{4}}-[A-Z]{{3}}']
"""


def match(object_id: str = "chat_1", **more: object) -> Match:
    known: dict[str, object] = {
        "tenant": "default", "source": "claude", "object_kind": "chat", "object_id": object_id, "part_id": "m1",
        "part_kind": "message", "role": "user", "at": 5, "category": "FINANCIAL", "type": "IBAN", "count": 1,
        "confidence": 0.95, "band": "high", "recognizer": "iban", "recognizer_version": 1,
        "evidence": "DE ends in 12", "owner_account": "claude:user_1", "project_id": "proj_1", "read_at": 10,
        "chat_id": object_id,
    }  # fmt: skip
    return Match(**{**known, **more})  # type: ignore[arg-type]


def badge(object_id: str = "chat_1", **more: object) -> Match:
    return match(
        object_id, category="HOUSE_BADGE", type="HOUSE_BADGE", recognizer="custom:HOUSE_BADGE", evidence="up to 12",
        **more,
    )  # fmt: skip


def store(home: Home, *rows: Match | Reading | ObjectVersion) -> None:
    segments = home.lake.stage(rows)
    with home.state.tick() as tick:
        tick.add_segments(segments)


def matches_now(home: Home) -> list[Match]:
    with home.reader() as reader:
        return reader.rows(Match, now=True)


def levels(home: Home) -> dict[tuple[str, str], str]:
    with home.reader() as reader:
        return dict(sensitivities(reader.rows(Match, now=True), weights_of(reader)))


def run(home: Home, *words: object) -> Answer:
    done = command(*words, "--home", home.path)
    assert done.code == 0, done.err
    return done


def weights(folder: Path, text: str) -> Path:
    path = folder / "weights.toml"
    path.write_text(text)
    return path


def test_a_preview_says_what_would_move_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    store(home, match("chat_1"), match("chat_2"), match("chat_3", type="EMAIL_ADDRESS", category="PII"))
    file = weights(tmp_path, "high = 34\n")
    said = run(home, "sensitivity", "preview", file).out
    assert "2 chats up: moderate to high" in said
    assert "1 project up: moderate to high" in said
    assert levels(home)["chat", "chat_1"] == "moderate"
    assert "Nothing would move" in run(home, "sensitivity", "preview", weights(tmp_path, "growth = 0.3")).out


def test_weights_in_force_count_everywhere_until_they_are_reset(home: Home, tmp_path: Path) -> None:
    store(home, match("chat_1"))
    assert "2 objects moved up" in run(home, "sensitivity", "apply", weights(tmp_path, "[points]\niban = 95")).out
    assert levels(home)["chat", "chat_1"] == levels(home)["project", "proj_1"] == "high"
    assert json.loads(run(home, "sensitivity", "show").out)["changed"] == {"points": {"iban": 95.0}}
    run(home, "sensitivity", "reset")
    assert levels(home)["chat", "chat_1"] == "moderate"


def test_a_settings_file_may_bring_weights_and_one_without_them_leaves_them(home: Home, tmp_path: Path) -> None:
    store(home, match("chat_1"))
    path = tmp_path / "settings.toml"
    path.write_text('company_domains = ["example.com"]\n[sensitivity]\nhigh = 34\n')
    run(home, "settings", "apply", path, "--strict")
    assert levels(home)["chat", "chat_1"] == "high"
    path.write_text('company_domains = ["example.org"]\n')
    run(home, "settings", "apply", path)
    assert levels(home)["chat", "chat_1"] == "high"
    path.write_text('company_domains = ["example.net"]\n[sensitivity]\nheigh = 34\n')
    refused = command("settings", "apply", path, "--home", home.path)
    assert (refused.code, "Nothing was applied" in refused.err) == (2, True)
    assert home.settings.company_domains == ("example.org",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[points]\nmagic = 1", "no group magic"),
        ("heigh = 1", "no heigh"),
        ('high = "much"', "high must be a number"),
        ("moderate = 500", "in this order"),
        ("not toml [", "cannot be read as TOML"),
    ],
)
def test_wrong_weights_are_refused_in_one_sentence(home: Home, tmp_path: Path, text: str, said: str) -> None:
    done = command("sensitivity", "apply", weights(tmp_path, text), "--home", home.path)
    assert done.code == 2
    assert said in done.err


def test_a_custom_category_weighs_what_it_says_and_low_never_adds_up(home: Home, tmp_path: Path) -> None:
    store(home, *(badge("chat_1", part_id=f"m{n}") for n in range(200)))
    for level in ("low", "moderate", "high"):
        path = tmp_path / "c.toml"
        path.write_text(CUSTOM.format(level=level, label="HOUSE_BADGE"))
        run(home, "category", "add", path)
        assert levels(home)["chat", "chat_1"] == {"moderate": "high"}.get(level, level)
    assert len(matches_now(home)) == 200


def test_one_match_of_a_moderate_category_is_moderate(home: Home, tmp_path: Path) -> None:
    store(home, badge())
    assert levels(home)["chat", "chat_1"] == "moderate"


def test_a_category_filed_elsewhere_moves_what_it_found_without_reading_again(home: Home, tmp_path: Path) -> None:
    store(home, badge(), match("chat_2"))
    path = tmp_path / "c.toml"
    for label in ("HOUSE_BADGE", "SECRET"):
        path.write_text(CUSTOM.format(level="high", label=label))
        run(home, "category", "add", path)
        assert sorted(m.category for m in matches_now(home)) == sorted([label, "FINANCIAL"])


def test_what_a_removed_category_found_stops_counting_and_a_new_one_starts_afresh(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CUSTOM.format(level="high", label="HOUSE_BADGE"))
    run(home, "category", "add", path)
    store(home, badge(), match("chat_2"))
    run(home, "category", "remove", "HOUSE_BADGE")
    assert [m.type for m in matches_now(home)] == ["IBAN"]
    run(home, "category", "add", path)
    assert [m.type for m in matches_now(home)] == ["IBAN"]
    store(home, badge("chat_3", recognizer_version=2))
    assert sorted(m.object_id for m in matches_now(home)) == ["chat_2", "chat_3"]


def test_a_dismissal_silences_the_one_match_that_was_looked_at(home: Home) -> None:
    looked_at, other_place = match("chat_1"), match("chat_2")
    other_value = match("chat_1", part_id="m2", evidence="DE ends in 99")
    store(home, looked_at, other_place, other_value)
    run(home, "labels", "dismiss", match_id(looked_at), "--reason", "test data")
    assert {match_id(m) for m in matches_now(home)} == {match_id(other_place), match_id(other_value)}
    run(home, "labels", "confirm", match_id(looked_at))
    assert len(matches_now(home)) == 3


def test_a_dismissed_place_speaks_again_when_something_else_is_found_there(home: Home) -> None:
    store(home, match("chat_1", part_id="p#instructions", part_kind="instructions"))
    run(home, "labels", "dismiss", match_id(match("chat_1", part_id="p#instructions", part_kind="instructions")))
    assert matches_now(home) == []
    later = match("chat_1", part_id="p#instructions", part_kind="instructions", at=900, read_at=1000)
    store(home, later)
    assert matches_now(home) == [later]


def test_a_dismissed_newer_reading_does_not_bring_an_older_one_back(home: Home) -> None:
    newer = match("chat_1", count=2, read_at=20)
    store(home, match("chat_1"), newer)
    run(home, "labels", "dismiss", match_id(newer))
    assert matches_now(home) == []


def test_a_dismissed_secret_is_silent_wherever_it_stands_and_others_beside_it_are_not(home: Home) -> None:
    def secret(object_id: str, fingerprint: str) -> Match:
        return match(
            object_id, category="SECRET", type="HOUSE_TOKEN", recognizer="house", evidence="… up to 24",
            fingerprint=fingerprint,
        )  # fmt: skip

    store(home, secret("chat_1", "aa"), secret("chat_1", "bb"), secret("chat_2", "aa"))
    assert len(matches_now(home)) == 3
    said = run(home, "labels", "dismiss", match_id(secret("chat_1", "aa"))).out
    assert "wherever this secret stands" in said
    assert [(m.object_id, m.fingerprint) for m in matches_now(home)] == [("chat_1", "bb")]


def test_precision_counts_the_newest_verdict_of_each_match(home: Home) -> None:
    found = [match(f"chat_{n}") for n in range(10)]
    store(home, *found)
    with home.state.tick() as tick:
        for one in found:
            give_verdict(tick, one, "dismissed", "", "analyst")
        for one in found[:9]:
            give_verdict(tick, one, "confirmed", "", "analyst")
    (row,) = [json.loads(line) for line in run(home, "labels", "precision", "--format", "jsonl").out.splitlines()]
    assert (row["type"], row["recognizer"], row["confirmed"], row["dismissed"]) == ("IBAN", "iban v1", 9, 1)
    assert row["precision"] == 0.9
    assert row["between"] == [0.6, 0.98]


def test_verdicts_go_when_the_person_whose_words_they_were_about_is_erased(home: Home) -> None:
    store(home, match("chat_1"), match("chat_2", owner_account="claude:user_2"))
    for one in (match("chat_1"), match("chat_2", owner_account="claude:user_2")):
        run(home, "labels", "confirm", match_id(one))
    with KeptLease(home.state, "erase") as kept:
        erase(home, kept.lease, ["claude:user_1"], ["one@example.com"])
    (row,) = verdicts(home.state)
    assert (row.confirmed, row.dismissed) == (1, 0)


def test_an_unknown_match_or_reason_is_refused(home: Home) -> None:
    store(home, match())
    assert "no match ffff" in command("labels", "dismiss", "ffff", "--home", home.path).err
    done = command("labels", "dismiss", match_id(match()), "--reason", "she said so", "--home", home.path)
    assert (done.code, "A reason is one of" in done.err) == (2, True)
    assert len(matches_now(home)) == 1


def test_another_tenant_has_its_own_verdicts_and_weights(home: Home, tmp_path: Path) -> None:
    store(home, match())
    run(home, "labels", "dismiss", match_id(match()))
    run(home, "sensitivity", "apply", weights(tmp_path, "high = 34"))
    other = open_home(home.path, "other")
    store(other, match(tenant="other"))
    assert levels(other)["chat", "chat_1"] == "moderate"


def test_the_map_shows_label_project_and_owner_with_regimes_and_what_is_gone(home: Home) -> None:
    def thing(kind: str, object_id: str, **more: object) -> ObjectVersion:
        return ObjectVersion(
            tenant="default", source="claude", product="claude", kind=kind, object_id=object_id, valid_from=1,
            seen_at=1, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    store(
        home, match("chat_1"), match("chat_2"), match("chat_3", project_id=None, band="low"),
        thing("project", "proj_1", name="Treasury"), thing("chat", "chat_2", deleted_at=9),
    )  # fmt: skip
    (row,) = [json.loads(line) for line in run(home, "labels", "map", "--format", "jsonl").out.splitlines()]
    assert (row["label"], row["project"]) == ("FINANCIAL", {"id": "proj_1", "name": "Treasury"})
    assert (row["objects"], row["matches"], row["types"]) == (2, 2, {"IBAN": 2})
    assert (row["sensitivity"], row["regimes"], row["not_recheckable"]) == ({"moderate": 2}, ["GDPR"], 1)
    by_label = run(home, "labels", "map", "--by", "label", "--format", "csv").out
    assert by_label.splitlines()[0] == "label,objects,matches,types,sensitivity,regimes,not_recheckable"
    (gone,) = [
        json.loads(line)
        for line in run(home, "labels", "matches", "--object", "chat_2", "--format", "jsonl").out.splitlines()
    ]
    assert gone["recheckable"] is False


def test_coverage_says_what_was_not_read_in_plain_words(home: Home) -> None:
    def reading(object_id: str, outcome: str, reason: str = "", characters: int = 0) -> Reading:
        return Reading(
            tenant="default", source="claude", object_kind="file", object_id=object_id, outcome=outcome,  # type: ignore[arg-type]
            reason=reason, characters=characters, read_at=3,
        )  # fmt: skip

    store(
        home, reading("f1", "read", characters=100), reading("f2", "could_not_read", "images are not read"),
        reading("f3", "could_not_read", "images are not read"), reading("f4", "gone"),
    )  # fmt: skip
    (row,) = [json.loads(line) for line in run(home, "labels", "coverage", "--format", "jsonl").out.splitlines()]
    assert (row["read"], row["could_not_read"], row["gone"], row["characters"]) == (1, 2, 1, 100)
    assert row["not_read"] == ["2 × images are not read"]
