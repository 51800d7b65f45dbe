"""A bucket as a sender: every record of its files once, through faults, kills, late files and files put again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from fanlight.inputs.buckets import BucketFolder
from fanlight.inputs.commits import Committer
from fanlight.inputs.senders import Sender, SenderProblem, add_sender
from fanlight.model import HOUR, Event, Match, Micros, parse_time
from fanlight.pipeline.home import Home
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import World, build_world
from fanlight.state import schema
from support.canaries import find_leaks_apart

CANARY = "harbour-velvet-cinder-41877"


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=5, size="S", now=parse_time("2026-11-18T07:00:00Z"))


@pytest.fixture
def running(world: World) -> Iterator[RunningSimulator]:
    with http.serve(world, rate=0, wait_seconds=0, drip_seconds=0.02) as started:
        yield started


@pytest.fixture
def committer(home: Home) -> Iterator[Committer]:
    running = Committer(home, home.state.take_lease("inputs", 600), linger=0.01)
    yield running
    running.close()


def lines(first: int, last: int, **more: Any) -> bytes:
    rows = ({"epochtime": 1795144442, "recordid": n, "login": "a@example.com", **more} for n in range(first, last + 1))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def put(running: RunningSimulator, key: str, body: bytes, *, earlier: Micros = 0) -> None:
    site: Any = running._neighbours["aws_cloudtrail"]

    def store() -> None:
        site.put(key, body)
        site._put[key] = (body, site._put[key][1] - earlier)

    running._call(store)


def where(running: RunningSimulator, folder: Path, prefix: str = "proxy/", **more: Any) -> str:
    settings = running.neighbour_settings("aws_cloudtrail")
    file = folder / "bucket.json"
    told = {name: settings[name] for name in ("region", "key_id", "key")}
    file.write_text(json.dumps({**told, "first_wait": 0.02, **more}))
    file.chmod(0o600)
    return f"{settings['url']}/{prefix}?file:{file}"


def folder_of(home: Home, committer: Committer, sender: Sender) -> BucketFolder:
    return BucketFolder(home, committer, sender, pause=0)


def numbers(home: Home) -> list[int]:
    with home.reader() as reader:
        return sorted(int(event.event_id.rpartition(":")[2]) for event in reader.rows(Event))


def test_files_of_every_form_are_read_once_with_faults_and_failing_commits(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """30 % of the requests go wrong, every third commit fails, and after each failure the process is another one."""
    sender, token = add_sender(home, "proxy", "zscaler_zia", bucket=where(running, tmp_path))
    assert token == ""
    put(running, "proxy/2026/plain.jsonl", lines(1, 40))
    put(running, "proxy/2026/packed.jsonl.gz", gzip.compress(lines(41, 80)))
    put(running, "proxy/2026/z & ü+.zst", zstandard.compress(lines(81, 120)))
    put(running, "proxy/whole.json", json.dumps([json.loads(line) for line in lines(121, 150).splitlines()]).encode())
    put(running, "proxy/empty.jsonl", b"")
    put(running, "other/not-ours.jsonl", lines(900, 910))
    monkeypatch.setattr("fanlight.inputs.buckets._PAGE", 7)
    running.set_faults(0.3, seed=4)
    offered = 0
    real = committer.offer

    def failing(batch: Any) -> Any:
        nonlocal offered
        offered += 1
        if offered % 3 == 0:
            raise OSError("the disk is full")
        return real(batch)

    monkeypatch.setattr(committer, "offer", failing)
    for _ in range(60):
        watched = folder_of(home, committer, sender)
        try:
            watched.look()
        except OSError:
            continue
        finally:
            watched.close()
    assert numbers(home) == list(range(1, 151))
    assert offered > 30
    assert sum(running.faults_struck().values()) > 10
    assert set(running.stats()["methods"]) == {"GET"}


def test_what_is_known_is_not_asked_for_again_and_a_file_written_anew_is(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path
) -> None:
    sender, _ = add_sender(home, "proxy", "zscaler_zia", bucket=where(running, tmp_path))
    put(running, "proxy/a.jsonl", lines(1, 5))
    put(running, "proxy/b.jsonl", lines(6, 10))
    assert folder_of(home, committer, sender).look() == 10
    running.reset_stats()
    assert folder_of(home, committer, sender).look() == 0
    assert "aws_cloudtrail object" not in running.stats()["requests"]
    put(running, "proxy/a.jsonl", lines(1, 12))
    assert folder_of(home, committer, sender).look() == 2
    assert numbers(home) == list(range(1, 13))


@pytest.mark.parametrize("hours", [0, 1, 23])
def test_a_file_that_is_shown_late_with_a_name_before_all_others_is_found(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path, hours: int
) -> None:
    sender, _ = add_sender(home, "proxy", "zscaler_zia", bucket=where(running, tmp_path))
    put(running, "proxy/m.jsonl", lines(1, 5))
    assert folder_of(home, committer, sender).look() == 5
    put(running, "proxy/a.jsonl", lines(6, 10), earlier=hours * HOUR)
    assert folder_of(home, committer, sender).look() == 5


def test_a_damaged_file_is_told_by_its_place_and_holds_up_no_other(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path
) -> None:
    sender, _ = add_sender(home, "proxy", "zscaler_zia", bucket=where(running, tmp_path))
    put(running, "proxy/a.gz", gzip.compress(lines(1, 500, note=CANARY))[:-40])
    put(running, "proxy/b.jsonl", b"no record " + CANARY.encode() + b"\n" + lines(900, 904))
    folder_of(home, committer, sender).look()
    assert set(range(900, 905)) <= set(numbers(home))
    unread = (home.path / "imports" / "unread.jsonl").read_text()
    assert "cut off or damaged" in unread
    assert CANARY not in unread


def test_content_in_files_leaves_labels_and_no_trace(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path
) -> None:
    sender, _ = add_sender(home, "proxy", "zscaler_zia", bucket=where(running, tmp_path))
    put(running, "proxy/a.jsonl", lines(1, 3, upload_filename=f"4111 1111 1111 1111 {CANARY}.xlsx"))
    assert folder_of(home, committer, sender).look() == 3
    with home.reader() as reader:
        assert {match.category for match in reader.rows(Match)} >= {"PAYMENT_CARD"}
    assert find_leaks_apart([home.path], [CANARY, "4111 1111 1111 1111"]) == []


def test_a_key_that_opens_nothing_is_a_notice_once_and_no_crash(
    home: Home, committer: Committer, running: RunningSimulator, tmp_path: Path
) -> None:
    wrong = where(running, tmp_path, key="an old key of ours")
    sender, _ = add_sender(home, "proxy", "zscaler_zia", bucket=wrong)
    watched = folder_of(home, committer, sender)
    assert [watched.look() for _ in range(3)] == [0, 0, 0]
    with home.state.view() as connection:
        told = [row.sentence for row in connection.execute(schema.notices.select())]
    assert len(told) == 1
    assert told[0].startswith("proxy: AWS refuses to show the bucket")
    assert find_leaks_apart([home.path], ["an old key of ours"]) == []


@pytest.mark.parametrize("given", ["https://b.s3.eu-central-1.amazonaws.com/x", "http://b.example/x?file:{}"])
def test_a_bucket_needs_its_settings_and_an_encrypted_way(home: Home, tmp_path: Path, given: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"region": "r", "key_id": "i", "key": "k"}))
    file.chmod(0o600)
    with pytest.raises(SenderProblem, match=r"bucket|https"):
        add_sender(home, "proxy", "zscaler_zia", bucket=given.format(file))
