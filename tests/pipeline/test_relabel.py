"""Only what a changed recognizer could look at is read again, the most valuable first, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fanlight.labels.rulesets import changed_parts, held_by, parts_in_words
from fanlight.model import Match, Micros, Reading, Sealed
from fanlight.pipeline.content import read_queue
from fanlight.pipeline.home import Home
from fanlight.pipeline.labelling import fingerprint_key, open_labeller, rotate_fingerprints
from fanlight.pipeline.leases import KeptLease
from fanlight.pipeline.queue import enqueue
from fanlight.pipeline.relabel import Plan, plan_relabelling, start_relabelling
from fanlight.sources.contract import ContentGone, ContentPart, ContentRef
from support.canaries import find_leaks_apart
from support.command import command

CATEGORY = """
[[category]]
name = "HOUSE_BADGE"
sensitivity = "high"
positives = ["badge QX-8841-KLM"]
negatives = ["badge QX"]
[category.regex]
patterns = ['{pattern}']
{only}
"""
PATTERN = r"\bQX-[0-9]{4}-[A-Z]{3}\b"
TOKEN = "ghp_" + "9aB3xK7mQ2vT8nR4wL6yZ1cD5eF0gH3jU7s2"


class Shelf:
    """A source that holds a few texts and says when each was read."""

    name = "claude"

    def __init__(self, texts: Mapping[tuple[str, str], str]) -> None:
        self.texts = dict(texts)
        self.asked: list[str] = []

    def read_content(self, ref: ContentRef, since: Micros | None) -> Iterator[ContentPart]:
        self.asked.append(ref.object_id)
        text = self.texts.get((ref.kind, ref.object_id))
        if text is None:
            raise ContentGone("gone")
        for number, line in enumerate(text.split("\n"), 1):
            if since is None or number >= since:
                sealed: Sealed[str] = Sealed(line)
                yield ContentPart(part_id=f"m{number}", part_kind="message", sealed=sealed, role="user", at=number)


TEXTS = {
    ("chat", "chat_plain"): "nothing here",
    ("chat", "chat_badge"): "badge QX-1234-ABC\nmore words",
    ("chat", "chat_iban"): "IBAN DE89 3704 0044 0532 0130 00 and badge QX-1111-AAA",
    ("document", "doc_1"): "badge QX-9999-ZZZ",
    ("chat", "chat_gone"): "card 4111 1111 1111 1111",
}


@pytest.fixture
def shelf(home: Home) -> Shelf:
    source = Shelf(TEXTS)
    with home.state.tick() as tick:
        enqueue(tick, "claude", [ContentRef(kind=kind, object_id=name, updated_at=1) for kind, name in TEXTS])
    read(home, source)
    del source.texts["chat", "chat_gone"]
    source.asked.clear()
    return source


def read(home: Home, source: Shelf) -> None:
    with KeptLease(home.state, "source/claude") as kept, open_labeller(home) as labeller:
        read_queue(
            home, kept.lease, source, labeller, workers=1, due_before=None, stop=lambda: False, say=lambda *_: None,  # type: ignore[arg-type]
        )  # fmt: skip


def add(home: Home, folder: Path, pattern: str = PATTERN, only: str = "") -> None:
    path = folder / "c.toml"
    path.write_text(CATEGORY.format(pattern=pattern, only=only))
    done = command("category", "add", path, "--home", home.path)
    assert done.code == 0, done.err


def found(home: Home, label: str = "HOUSE_BADGE") -> list[str]:
    with home.reader() as reader:
        return sorted(match.object_id for match in reader.rows(Match, now=True) if match.category == label)


def ids(plan: Plan) -> list[str]:
    return [one.object_id for one in plan.again]


def test_nothing_is_read_again_while_nothing_that_looks_has_changed(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    assert ids(plan_relabelling(home)) == []
    path = tmp_path / "w.toml"
    path.write_text("high = 60")
    assert command("sensitivity", "apply", path, "--home", home.path).code == 0
    assert ids(plan_relabelling(home)) == []


def test_a_new_category_is_looked_for_in_what_was_read_before(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    add(home, tmp_path)
    plan = plan_relabelling(home)
    assert dict(plan.reasons) == {"category HOUSE_BADGE": 5}
    assert ids(plan)[:2] == ["chat_gone", "chat_iban"]  # the sensitive ones first
    assert start_relabelling(home, plan, "operator") == 5
    assert plan_relabelling(home).up_to_date == 5  # waiting already: a second start queues nothing
    read(home, shelf)
    assert shelf.asked[0] == "chat_gone"
    assert found(home) == ["chat_badge", "chat_iban", "doc_1"]
    assert found(home, "FINANCIAL") == ["chat_iban"]
    after = plan_relabelling(home)
    assert (ids(after), after.up_to_date, after.not_recheckable) == ([], 4, 1)


def test_labels_of_a_deleted_chat_stay_and_say_that_nobody_can_look_again(
    home: Home, shelf: Shelf, tmp_path: Path
) -> None:
    add(home, tmp_path)
    start_relabelling(home, plan_relabelling(home), "operator")
    read(home, shelf)
    assert found(home, "PAYMENT_CARD") == ["chat_gone"]
    shown = command("labels", "matches", "--object", "chat_gone", "--format", "jsonl", "--home", home.path).out
    assert '"recheckable":false' in shown


def test_only_where_a_category_looks_is_read_again(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    add(home, tmp_path, only='[category.only]\nkinds = ["document"]')
    plan = plan_relabelling(home)
    assert (ids(plan), plan.not_concerned) == (["doc_1"], 4)


def test_a_changed_category_is_read_again_and_a_reworded_one_is_not(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    add(home, tmp_path)
    start_relabelling(home, plan_relabelling(home), "operator")
    read(home, shelf)
    path = tmp_path / "c.toml"
    path.write_text(CATEGORY.format(pattern=PATTERN, only="").replace('"high"', '"low"\ntitle = "Badges"'))
    command("category", "add", path, "--home", home.path)
    assert ids(plan_relabelling(home)) == []
    add(home, tmp_path, pattern=r"\bQX-1[0-9]{3}-[A-Z]{3}\b|QX-8841-KLM")
    assert len(ids(plan_relabelling(home))) == 4
    start_relabelling(home, plan_relabelling(home), "operator")
    read(home, shelf)
    assert found(home) == ["chat_badge", "chat_iban"]  # what only the older version found is gone


def test_a_limit_takes_the_most_valuable(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    add(home, tmp_path)
    assert "Queued 2" in command("relabel", "--start", "--limit", "2", "--home", home.path).out
    read(home, shelf)
    assert sorted(shelf.asked) == ["chat_gone", "chat_iban"]


def test_what_could_not_be_read_is_read_again_when_asked(home: Home, shelf: Shelf) -> None:
    segments = home.lake.stage(
        [Reading(tenant="default", source="claude", object_kind="chat", object_id="chat_plain",
                 outcome="could_not_read", reason="x", read_at=home.clock.now(),
                 ruleset=_ruleset(home))]
    )  # fmt: skip
    with home.state.tick() as tick:
        tick.add_segments(segments)
    assert ids(plan_relabelling(home)) == []
    assert ids(plan_relabelling(home, unread=True)) == ["chat_plain"]


def _ruleset(home: Home) -> str:
    with open_labeller(home) as labeller:
        return labeller.ruleset_version


def test_readings_of_a_ruleset_that_nobody_knows_are_done_again(home: Home, shelf: Shelf) -> None:
    now = held_by(None, 1)
    assert changed_parts(None, now) == tuple(sorted(now))
    assert changed_parts(now, now) == ()
    assert parts_in_words(("custom:A_B", "iban", "iban2", "file:names.npz")) == (
        "category A_B, 1 word list, 2 recognizers"
    )


def test_a_removed_recognizer_needs_no_content(home: Home) -> None:
    now = held_by(None, 1)
    assert changed_parts({**now, "custom:GONE": "1-x"}, now) == ()


def test_fingerprints_of_before_a_rotation_cannot_be_compared(home: Home, shelf: Shelf) -> None:
    def print_of() -> str | None:
        with open_labeller(home) as labeller:
            return labeller.label_text(f"token {TOKEN}").spans[0].fingerprint

    first, key = print_of(), fingerprint_key(home)
    assert first == print_of()
    rotate_fingerprints(home, "operator")
    assert fingerprint_key(home) != key
    second = print_of()
    assert second != first
    rotate_fingerprints(home, "operator")
    assert print_of() not in (first, second)


def test_nothing_of_a_text_is_kept_by_relabelling(home: Home, shelf: Shelf, tmp_path: Path) -> None:
    add(home, tmp_path)
    start_relabelling(home, plan_relabelling(home), "operator")
    read(home, shelf)
    values = ["QX-1234-ABC", "QX-1111-AAA", "QX-9999-ZZZ", "DE89 3704 0044 0532 0130 00", "more words"]
    assert find_leaks_apart([home.path], values) == []
