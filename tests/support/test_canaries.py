"""The search for leaks proves itself: it finds a deliberate one in every store and form."""

from __future__ import annotations

import base64
import gzip
import sqlite3
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from support.canaries import find_leaks

NEEDLE = "canary-7f3a Übergabe 4711"


def _parquet(path: Path, text: str) -> None:
    pq.write_table(pa.table({"raw": [text] * 200}), path, compression="zstd")


def _cut_off(path: Path, text: str) -> None:
    """A segment whose writer was killed before the footer."""
    _parquet(path, text)
    path.write_bytes(path.read_bytes()[:-40])


def _sqlite(path: Path, text: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", [text])


def _deleted(path: Path, text: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", [text])
    connection.execute("DELETE FROM t")
    connection.close()


def _wal(path: Path, text: str) -> None:
    connection = sqlite3.connect(path.with_name("live"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES (?)", [text])
    path.write_bytes(path.with_name("live-wal").read_bytes())
    connection.close()
    path.with_name("live").unlink()


STORES: dict[str, Callable[[Path, str], object]] = {
    "log": lambda path, text: path.write_text(f"error near {text}!\n"),
    "utf-16": lambda path, text: path.write_bytes(f"x{text}".encode("utf-16-le")),
    "base64": lambda path, text: path.write_bytes(base64.b64encode(f"ab{text}cd".encode())),
    "url": lambda path, text: path.write_text("GET /?q=" + urllib.parse.quote(text)),
    "gzip": lambda path, text: path.write_bytes(gzip.compress(text.encode())),
    "zstd": lambda path, text: path.write_bytes(zstandard.ZstdCompressor().compress(text.encode() * 3)),
    "json": lambda path, text: path.write_text(ascii(text)),
    "parquet": _parquet,
    "killed parquet": _cut_off,
    "sqlite": _sqlite,
    "sqlite free page": _deleted,
    "write-ahead log": _wal,
}


@pytest.mark.parametrize("store", sorted(STORES))
def test_a_deliberate_leak_is_found(tmp_path: Path, store: str) -> None:
    STORES[store](tmp_path / "written", NEEDLE)
    assert {NEEDLE} == {leak.needle for leak in find_leaks([tmp_path], [NEEDLE, "another canary"])}


def test_a_clean_folder_has_no_leaks(tmp_path: Path) -> None:
    for store, write in STORES.items():
        (tmp_path / store).mkdir()
        write(tmp_path / store / "written", "nothing of interest")
    assert find_leaks([tmp_path], [NEEDLE]) == []


def test_a_number_is_found_alone_and_not_within_a_time(tmp_path: Path) -> None:
    (tmp_path / "times").write_text('{"seen_at":1795919689619123}')
    assert find_leaks([tmp_path], ["919689619"]) == []
    (tmp_path / "leak").write_text('{"value":"919689619"}')
    assert [leak.needle for leak in find_leaks([tmp_path], ["919689619"])] == ["919689619"]
