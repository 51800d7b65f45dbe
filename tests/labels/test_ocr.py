"""Pictures are read only where the operator asks for it, by a command that gets them through a pipe."""

from __future__ import annotations

import os
import shutil
import struct
import sys
import zlib
from pathlib import Path

import pytest

from fanlight.labels.files import Readers
from fanlight.labels.files.ocr import Ocr, ocr_of
from support.bombs import docx, packed, pdf_of, stream

STAND_IN = """#!{python}
import sys, os, socket
data = sys.stdin.buffer.read()
assert sys.argv[1:4] == ["stdin", "stdout", "-l"]
try:
    open(sys.argv[0] + ".left-behind", "w").write("x" * 10_000)
    print("it could write")
except OSError:
    pass
try:
    socket.socket()
    print("it could reach the network")
except OSError:
    pass
print("seen", len(data), sys.argv[4], sorted(os.environ) == ["LC_ALL", "OMP_THREAD_LIMIT"])
"""


def png(width: int, height: int, shade: int = 255) -> bytes:
    """A picture of one shade."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + bytes([shade]) * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    """A command that takes a picture as the real one does and says what it got."""
    command = tmp_path / "tesseract"
    command.write_text(STAND_IN.format(python=sys.executable))
    command.chmod(0o755)
    return str(command)


def read(data: bytes, command: str, pages: int = 3) -> tuple[str, str]:
    readers = Readers(ocr=Ocr(command, "eng", pages))
    try:
        result = readers.read(data, name="a")
        return result.text, result.reason
    finally:
        readers.close()


def test_pictures_are_not_read_unless_asked_for() -> None:
    readers = Readers()
    try:
        assert readers.read(png(9, 9)).reason == "could not read a file: it is an image, and images are not read"
    finally:
        readers.close()
    assert ocr_of({}) is None
    assert ocr_of({"FANLIGHT_OCR_PAGES": "0"}) is None
    assert ocr_of({"FANLIGHT_OCR_PAGES": "5", "FANLIGHT_OCR_COMMAND": "a-command-that-is-not-there"}) is None


def test_a_picture_is_read_through_a_pipe(stand_in: str) -> None:
    picture = png(30, 20)
    text, reason = read(picture, stand_in)
    assert text.split("\n") == ["", f"seen {len(picture)} eng True", ""]
    assert reason == ""


def test_pictures_inside_documents_and_archives_are_read_up_to_the_budget(stand_in: str) -> None:
    pictures = {f"word/media/image{n}.png": png(9, 9 + n) for n in range(5)}
    text, reason = read(docx("<w:p><w:t>words</w:t></w:p>", **pictures), stand_in)
    assert text.startswith("words")
    assert text.count("seen") == 3
    assert reason == "read in part: pictures inside it were not read"
    text, reason = read(packed({"a.txt": "words", "b.png": png(9, 9)}), stand_in)
    assert "words" in text
    assert text.count("seen") == 1
    assert reason == ""


def test_a_scanned_page_is_read(stand_in: str) -> None:
    head = b"/Type/XObject/Subtype/Image/Width 40/Height 30/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</I 4 0 R>>>>>>"
    file = pdf_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page,
         stream(zlib.compress(b"\xff" * 1200), head)]
    )  # fmt: skip
    text, reason = read(file, stand_in)
    assert f"seen {len(b'P5 40 30 255') + 1 + 1200} eng" in text
    assert reason == ""


def test_a_command_that_fails_or_a_picture_too_large_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    assert read(png(9, 9), str(broken)) == ("\n", "could not read a file: its pictures could not be read")
    huge = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 40_000, 40_000) + b"\0" * 30
    assert read(huge, str(broken))[1] == "could not read a file: it is an image, and images are not read"


@pytest.mark.skipif(shutil.which("tesseract") is None and "CI" not in os.environ, reason="tesseract is not installed")
def test_the_real_command_runs_under_the_limits() -> None:
    """An empty page has no text, and that is an answer."""
    ocr = Ocr(str(shutil.which("tesseract")), "eng", 1)
    assert ocr.read(png(200, 100)) is not None
