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
from support.runs import runs_found

NEEDLE = "canary-7f3a Übergabe 4711"


def _parquet(path: Path, text: str) -> None:
    pq.write_table(pa.table({"raw": [text] * 200}), path, compression="zstd")


def _nested(path: Path, text: str) -> None:
    pq.write_table(pa.table({"raw": [[{"a": text}]] * 200}), path, compression="zstd")


def _uncompressed(path: Path, text: str) -> None:
    pq.write_table(pa.table({"raw": [text] * 200}), path, compression="none", use_dictionary=False)


def _metadata(path: Path, text: str) -> None:
    """Said in the footer, beside the schema, and in no value."""
    pq.write_table(pa.table({"raw": ["nothing"] * 200}).replace_schema_metadata({"note": text}), path)


def _behind_pages(path: Path, text: str) -> None:
    """Bytes between two columns' pages and the footer, which no reader of columns sees."""
    _parquet(path, "nothing")
    data = path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    path.write_bytes(data[:-footer] + text.encode() + data[-footer:])


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
    "nested parquet": _nested,
    "uncompressed parquet": _uncompressed,
    "parquet footer": _metadata,
    "parquet gap": _behind_pages,
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


def test_what_only_a_compressor_put_side_by_side_is_no_leak(tmp_path: Path) -> None:
    """Newest first, the parts of a chat leave their changing digits behind each other in a compressed page."""
    ids = [f"claude_chat_msg_0100000000{n}{'#0' * 9}" for n in (1, 0, 9, 8, 7, 6, 5, 4, 3, 2)]
    pq.write_table(pa.table({"part_id": ids}), tmp_path / "matches.parquet", compression="zstd")
    assert b"98765432" in (tmp_path / "matches.parquet").read_bytes(), "the example no longer shows the effect"
    assert find_leaks([tmp_path], ["98765432"]) == []
    assert runs_found([tmp_path], ["98765432"]) == {}
    pq.write_table(pa.table({"part_id": [*ids, "x98765432x"]}), tmp_path / "matches.parquet", compression="zstd")
    assert list(runs_found([tmp_path], ["98765432"])) == ["98765432"]


def test_a_number_is_found_alone_and_not_within_a_time(tmp_path: Path) -> None:
    (tmp_path / "times").write_text('{"seen_at":1795919689619123}')
    assert find_leaks([tmp_path], ["919689619"]) == []
    (tmp_path / "leak").write_text('{"value":"919689619"}')
    assert [leak.needle for leak in find_leaks([tmp_path], ["919689619"])] == ["919689619"]
