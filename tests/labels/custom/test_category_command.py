"""The compliance lead's road: write a category, try it, save it, label with it, remove it; samples are kept nowhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fanlight.labels.custom.store import active_definitions
from fanlight.model import Sealed
from fanlight.pipeline.categories import open_categories
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.labelling import open_labeller
from fanlight.sources.contract import ContentPart, ContentRef
from support.canaries import find_leaks_apart
from support.command import command

POSITIVE = "Ask for badge QX-8841-KLM before the meeting"
NEGATIVE = "Badges such as QX-88-KL are of the old kind, say the porters"
BADGES = f"""
[[category]]
name = "HOUSE_BADGE"
title = "Badges of the house"
sensitivity = "high"
positives = ["{POSITIVE}"]
negatives = ["{NEGATIVE}"]
[category.regex]
patterns = ['\\bQX-[0-9]{{4}}-[A-Z]{{3}}\\b']
"""
TABLE = "name,account\nWilhelmina Quist,AX-554-0091\nBartholomew Zeller,AX-554-0092\n"
EXACT = """
[[category]]
name = "OUR_CUSTOMERS"
label = "CUSTOMER_DATA"
positives = ["Wilhelmina Quist asked about AX-554-0091 again"]
negatives = ["Wilhelmina Quist asked about AX-554-0092 again"]
[category.exact]
list = "customers.list"
"""
SAMPLES = [POSITIVE, NEGATIVE, "QX-8841-KLM", "Wilhelmina Quist", "Bartholomew Zeller", "AX-554-0091", "AX-554-0092"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def hashed(home: Home, folder: Path) -> Path:
    table = write(folder, "customers.csv", TABLE)
    assert command("exact", "key", folder / "k.key", "--home", home.path).code == 0
    done = command("exact", "hash", table, "--key-file", folder / "k.key", "-o", folder / "customers.list")
    assert "Hashed 4 cells of 2 rows (name, account)" in done.out
    return write(folder, "exact.toml", EXACT)


def label(home: Home, folder: Path, text: str) -> str:
    done = command("label", write(folder, "text.txt", text), "--home", home.path)
    assert done.code == 0, done.err
    return done.out


def test_a_saved_category_labels_texts_and_a_removed_one_does_not(home: Home, tmp_path: Path) -> None:
    file = write(tmp_path, "badges.toml", BADGES)
    assert "HOUSE_BADGE: ok" in command("category", "test", file, "--home", home.path).out
    assert active_definitions(home.state) == []
    assert "version 1: new" in command("category", "add", file, "--home", home.path).out
    assert "HOUSE_BADGE 0.90" in label(home, tmp_path, "badge QX-1234-ABC")
    assert "in force" in command("category", "list", "--home", home.path).out
    assert command("category", "remove", "HOUSE_BADGE", "--home", home.path).code == 0
    assert "HOUSE_BADGE" not in label(home, tmp_path, "badge QX-1234-ABC")
    assert "removed" in command("category", "list", "--home", home.path).out
    assert command("category", "remove", "HOUSE_BADGE", "--home", home.path).code == 2


def test_versions_grow_only_when_what_is_found_changes(home: Home, tmp_path: Path) -> None:
    def add(text: str) -> str:
        return command("category", "add", write(tmp_path, "b.toml", text), "--home", home.path).out

    assert "version 1: new" in add(BADGES)
    assert "version 1: unchanged" in add(BADGES)
    assert "version 1: weight or wording changed" in add(BADGES.replace('"high"', '"low"'))
    assert "version 2: finders changed" in add(BADGES.replace("QX-[0-9]", "Q[XY]-[0-9]"))
    command("category", "remove", "HOUSE_BADGE", "--home", home.path)
    assert "version 3: finders changed" in add(BADGES)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (POSITIVE, "no badge here", "positive sample 1 is not found"),
        (NEGATIVE, "badge QX-1111-AAA", "negative sample 1 is found"),
        (r"\\bQX", r"(?=Q)X", "number 1: the expression looks ahead"),
    ],
)
def test_a_category_that_fails_its_samples_is_not_saved(
    home: Home, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = BADGES.replace(old.replace(r"\\", "\\"), new)
    assert text != BADGES
    refused = command("category", "add", write(tmp_path, "b.toml", text), "--home", home.path)
    assert refused.code == 2
    assert said in refused.err
    assert "QX-1111" not in refused.err
    assert active_definitions(home.state) == []


def test_every_finder_needs_a_sample_that_shows_it(home: Home, tmp_path: Path) -> None:
    text = BADGES + '[category.terms]\nterms = ["Blue Room"]\n'
    refused = command("category", "add", write(tmp_path, "b.toml", text), "--home", home.path)
    assert "no positive sample shows that its terms works" in refused.err


def test_rows_of_a_hashed_table_are_recognized(home: Home, tmp_path: Path) -> None:
    file = hashed(home, tmp_path)
    assert command("category", "add", file, "--home", home.path).code == 0
    (tmp_path / "customers.list").unlink()  # the home has its own copy
    text = "Call Bartholomew Zeller, account AX 554 0092"
    assert "CUSTOMER_DATA 0.97" in label(home, tmp_path, text)
    assert "CUSTOMER_DATA" not in label(home, tmp_path, "Call Bartholomew Zeller, account AX 554 0091")


def test_a_missing_list_leaves_the_other_categories_at_work(home: Home, tmp_path: Path) -> None:
    command("category", "add", hashed(home, tmp_path), "--home", home.path)
    command("category", "add", write(tmp_path, "b.toml", BADGES), "--home", home.path)
    for path in (home.path / "exact" / "default").iterdir():
        path.unlink()
    custom, problems = open_categories(home)
    assert [one.name for one in custom.definitions] == ["HOUSE_BADGE"]
    assert problems == ["Category OUR_CUSTOMERS: " + problems[0].partition(": ")[2]]


def test_what_a_category_found_says_who_found_it_and_holds_no_value(home: Home, tmp_path: Path) -> None:
    command("category", "add", write(tmp_path, "b.toml", BADGES), "--home", home.path)
    ref = ContentRef(kind="chat", object_id="chat_1")
    part = ContentPart(part_id="m1", part_kind="message", sealed=Sealed("badge QX-1234-ABC, QX-1234-ABD"), role="user")
    with open_labeller(home) as labeller:
        read = labeller.read_parts(ref, [part], tenant="default", source="claude", now=1)
    (match,) = [match for match in read.matches if match.category == "HOUSE_BADGE"]
    assert (match.recognizer, match.recognizer_version, match.count) == ("custom:HOUSE_BADGE", 1, 2)
    assert match.evidence == "up to 12 characters"
    assert match.ruleset == labeller.ruleset_version
    assert "-c" in match.ruleset


def test_no_sample_and_no_row_is_written_anywhere(home: Home, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    command("category", "add", write(given, "b.toml", BADGES), "--home", home.path)
    command("category", "add", hashed(home, given), "--home", home.path)
    label(home, given, POSITIVE)
    assert find_leaks_apart([home.path], SAMPLES) == []
    assert {leak.needle for leak in find_leaks_apart([given], SAMPLES)} == set(SAMPLES)  # the search sees them


def test_two_tenants_have_their_own_categories(home: Home, tmp_path: Path) -> None:
    command("category", "add", write(tmp_path, "b.toml", BADGES), "--home", home.path)
    assert active_definitions(open_home(home.path, "other").state) == []


@pytest.mark.parametrize("delay", [0.9, 1.1, 1.3, 1.6])
def test_a_kill_while_saving_leaves_the_category_whole_or_absent(home: Home, tmp_path: Path, delay: float) -> None:
    file = hashed(home, tmp_path)
    words = [sys.executable, "-m", "fanlight.cli.main", "category", "add", str(file), "--home", str(home.path)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + delay
    while running.poll() is None and time.monotonic() < deadline:
        os.sched_yield()
    running.send_signal(signal.SIGKILL)
    running.wait()
    custom, problems = open_categories(home)
    assert problems == []
    assert [one.name for one in custom.definitions] in ([], ["OUR_CUSTOMERS"])
    assert command("category", "add", file, "--home", home.path).code == 0
    assert [one.name for one in open_categories(home)[0].definitions] == ["OUR_CUSTOMERS"]
