"""Folder drops: each whole line once, through renames, rotation, packing, cut lines and restarts."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from fanlight.inputs.commits import Committer
from fanlight.inputs.drops import Folder, NotStored
from fanlight.inputs.senders import add_sender
from fanlight.model import Event
from fanlight.pipeline.home import Home

OLD = 3600


@pytest.fixture
def committer(home: Home) -> Iterator[Committer]:
    running = Committer(home, home.state.take_lease("inputs", 600), linger=0.01)
    yield running
    running.close()


class Drop:
    """A folder with a sender, and what became of it."""

    def __init__(self, home: Home, committer: Committer, path: Path) -> None:
        path.mkdir()
        self.path, self.home, self.committer = path, home, committer
        self.sender, _ = add_sender(home, "drops", "zscaler_zia", folder=path)
        self.folder = Folder(home, committer, self.sender)

    def restart(self) -> None:
        self.folder = Folder(self.home, self.committer, self.sender)

    def write(self, name: str, data: bytes, mode: str = "ab") -> Path:
        with (self.path / name).open(mode) as file:
            file.write(data)
        return self.path / name

    def age(self, name: str, seconds: float = OLD) -> None:
        then = time.time() - seconds
        os.utime(self.path / name, (then, then))

    @property
    def numbers(self) -> list[int]:
        with self.home.reader() as reader:
            return sorted(int(event.event_id.rpartition(":")[2]) for event in reader.rows(Event))


@pytest.fixture
def drop(home: Home, committer: Committer, tmp_path: Path) -> Drop:
    return Drop(home, committer, tmp_path / "drop")


def line(number: int, **more: Any) -> bytes:
    record = {"epochtime": 1795144442, "recordid": number, "action": "Allowed", "login": "a@example.com", **more}
    return json.dumps(record).encode() + b"\n"


def test_each_line_is_read_once_as_the_file_grows(drop: Drop) -> None:
    for number in range(1, 6):
        drop.write("a.jsonl", line(number))
        assert drop.folder.look() == 1
        assert drop.folder.look() == 0
    assert drop.numbers == [1, 2, 3, 4, 5]


def test_a_cut_line_waits_for_its_end(drop: Drop) -> None:
    drop.write("a.jsonl", line(1) + line(2)[:20])
    assert drop.folder.look() == 1
    drop.write("a.jsonl", line(2)[20:])
    assert drop.folder.look() == 1
    drop.write("a.jsonl", line(3).rstrip())
    assert drop.folder.look() == 0
    drop.age("a.jsonl")
    assert drop.folder.look() == 1
    assert drop.numbers == [1, 2, 3]


def test_a_rename_and_a_restart_change_nothing(drop: Drop) -> None:
    drop.write("a.jsonl", line(1) + line(2))
    assert drop.folder.look() == 2
    (drop.path / "a.jsonl").rename(drop.path / "a.jsonl.1")
    drop.write("a.jsonl", line(3))
    drop.write("a.jsonl.1", line(4))
    drop.restart()
    assert drop.folder.look() == 2
    assert drop.numbers == [1, 2, 3, 4]


def test_a_file_written_anew_is_read_from_its_start(drop: Drop) -> None:
    drop.write("a.jsonl", line(1) + line(2))
    assert drop.folder.look() == 2
    drop.write("a.jsonl", line(3), "wb")
    assert drop.folder.look() == 1
    drop.write("a.jsonl", line(4, url="x" * 500), "wb")
    assert drop.folder.look() == 1
    assert drop.numbers == [1, 2, 3, 4]


def test_a_copy_adds_nothing(drop: Drop) -> None:
    drop.write("a.jsonl", line(1) + line(2))
    drop.write("b.jsonl", line(1) + line(2) + line(3))
    drop.folder.look()
    assert drop.numbers == [1, 2, 3]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_files_and_documents_are_read_whole_when_they_are_complete(drop: Drop, pack: Any) -> None:
    data = pack(line(1) + line(2))
    drop.write("a.jsonl.packed", data[:-4])
    drop.age("a.jsonl.packed")
    drop.folder.look()
    drop.write("a.jsonl.packed", data[-4:])
    assert drop.folder.look() == 0  # it may still be written
    drop.age("a.jsonl.packed")
    drop.folder.look()
    drop.write("list.json", b"[" + line(3).rstrip() + b",\n" + line(4) + b"]")
    drop.age("list.json")
    drop.folder.look()
    drop.restart()
    assert drop.folder.look() == 0
    assert drop.numbers == [1, 2, 3, 4]


def test_unfinished_hidden_and_linked_files_are_left_alone(drop: Drop, tmp_path: Path) -> None:
    for name in (".hidden", "a.tmp", "b.PART"):
        drop.write(name, line(1))
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(line(2))
    (drop.path / "link.jsonl").symlink_to(outside)
    os.link(outside, drop.path / "hard.jsonl")
    assert drop.folder.look() == 0
    (drop.path / "a.tmp").rename(drop.path / "a.jsonl")
    assert drop.folder.look() == 1
    assert drop.numbers == [1]


def test_what_cannot_be_read_is_counted_and_named_without_its_text(drop: Drop) -> None:
    drop.write("a.jsonl", line(1) + b'{"secret words\n' + b"plain secret\n" + line(2))
    assert drop.folder.look() == 2
    kept = (drop.home.path / "imports" / "unread.jsonl").read_text()
    assert kept.count("\n") == 2
    assert "secret" not in kept


def test_folders_below_and_files_of_other_senders(drop: Drop) -> None:
    (drop.path / "2026" / "11").mkdir(parents=True)
    drop.write("2026/11/a.log", b"2026-11-20 03:14:02\trecordid=7\tlogin=bo@example.com\taction=Blocked\n")
    assert drop.folder.look() == 1
    (drop.path / "2026" / "11" / "a.log").unlink()
    drop.write("b.jsonl", line(8))
    assert drop.folder.look() == 1
    assert drop.numbers == [7, 8]


def test_a_commit_that_fails_leaves_the_place_where_it_was(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.write("a.jsonl", line(1))
    with monkeypatch.context() as broken:
        broken.setattr("fanlight.inputs.commits._commit", _full)
        with pytest.raises(NotStored):
            drop.folder.look()
    assert drop.folder.look() == 1
    assert drop.numbers == [1]


def _full(*_: object) -> None:
    raise OSError("full")
