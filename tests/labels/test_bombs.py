"""Files made to do harm end in a sentence: the reader stays within its limits, and the next file is read as before."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from fanlight.labels.files import Readers
from support.bombs import BOMBS, GIANTS, corruptions, samples

HARMLESS = {"deep.docx", "deep.html", "unclosed.html", "deep.json", "deep.ipynb", "picture.pdf"}
"""These can be read whole: their depth or size costs a careful reader nothing."""
SENTENCE = re.compile(r"(?:could not read a file|read in part): [a-z0-9][^\n]{8,160}")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    made = Readers()
    yield made
    made.close()


def survive(readers: Readers, name: str, data: bytes) -> None:
    """Read it in its time, and say what was not read."""
    started = time.monotonic()
    result = readers.read(data, name=name)
    assert time.monotonic() - started < 50  # 30 s of processor time, 45 s by the clock, and a new worker
    if name in HARMLESS:
        assert result.reason == ""
    else:
        assert SENTENCE.fullmatch(result.reason), result.reason
    assert "hollyhock" in readers.read(samples()["a.docx"], name="a.docx").text


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_ends_in_a_sentence(readers: Readers, name: str) -> None:
    survive(readers, name, BOMBS[name]())


@pytest.mark.parametrize("name", ["zeros.gz", "lying.zip", "zeros.xlsx", "objects.pdf"])
def test_ten_gigabytes_of_noughts_end_in_a_sentence(readers: Readers, name: str) -> None:
    survive(readers, name, GIANTS[name]())


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_sound_file_is_read_whole(readers: Readers, name: str) -> None:
    result = readers.read(samples()[name], name=name)
    assert "hollyhock" in result.text
    assert result.reason == ""


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_broken_file_is_read_in_part_or_not_at_all(readers: Readers, name: str) -> None:
    """Every 97th byte turned over, and cut off at eight places: always text or a sentence."""
    for broken in corruptions(samples()[name], 97):
        result = readers.read(broken, name=name)
        said = result.text.strip() or SENTENCE.fullmatch(result.reason)
        assert said or name in {"a.html", "a.rtf"}, result.reason  # of these a beginning may hold marks only
        assert not result.unreadable or SENTENCE.fullmatch(result.reason)
