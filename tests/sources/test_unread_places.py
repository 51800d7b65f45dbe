"""What cannot be read in a file is told by the line on which the operator finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.sources.files import Unread, read_records


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"a": 1}\n' * 4 + "[1]\n" + '{"a": 1}\n', [5]),
        ('{"a": 1}\n' * 2 + '[{"a": 1}, 2, 3]\n', [3, 3]),
        ('\n\n{"a": 1}\n{broken\n', [4]),
        ('[\n{"a": 1},\n2]\n', [2]),
    ],
    ids=["list on a line", "list of several", "empty lines first", "document: by number of the member"],
)
def test_a_bad_place_is_named_by_its_line(tmp_path: Path, text: str, lines: list[int]) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(text)
    assert [place.line for place in read_records(file) if isinstance(place, Unread)] == lines
