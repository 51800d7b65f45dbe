"""Text in pictures, read by the `tesseract` command where it is installed and the operator asks for it.

Off unless `FANLIGHT_OCR_PAGES` says how many pictures of one file may be read; `FANLIGHT_OCR_LANGUAGES` names their
languages (`eng`, or several as `eng+deu`). A picture goes in through a pipe and its text comes out through one:
nothing is written. The command runs with the limits of the file workers, without network, and dies with its time.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Ocr", "is_readable_picture", "ocr_of"]

_KINDS = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8", b"BM", b"P5", b"P6")
_POINTS = 60_000_000
_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Ocr:
    """How pictures are read: the command, its languages, and how many of one file."""

    command: str
    languages: str
    pages: int

    def read(self, picture: bytes) -> str | None:
        """The text of one picture, None where it could not be read."""
        if not is_readable_picture(picture):
            return None
        folder = str(Path(__file__).parents[1])
        code = (
            f"import sys, types; sys.path[:] = {[path for path in sys.path if path]!r}; "
            f"room = types.ModuleType('fanlight.labels'); room.__path__ = [{folder!r}]; "
            "sys.modules[room.__name__] = room; "
            "from fanlight.labels.files.sandbox import become; become(sys.argv[1:])"
        )
        words = [sys.executable, "-I", "-S", "-B", "-c", code, self.command, "stdin", "stdout", "-l", self.languages]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter, then the operator's command
                words, input=picture, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
                env={"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}, cwd="/", start_new_session=True,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def ocr_of(environment: Mapping[str, str] = os.environ) -> Ocr | None:
    """What the operator asks for, None when pictures are not to be read or cannot be."""
    pages = environment.get("FANLIGHT_OCR_PAGES", "0")
    command = shutil.which(environment.get("FANLIGHT_OCR_COMMAND", "tesseract"))
    if not pages.isdigit() or int(pages) == 0 or command is None:
        return None
    languages = environment.get("FANLIGHT_OCR_LANGUAGES", "eng")
    return Ocr(command, languages if languages.replace("+", "").replace("_", "").isalnum() else "eng", int(pages))


def is_readable_picture(data: bytes) -> bool:
    """Whether it is a picture of a kind that is read, and of a size that does no harm."""
    if not data.startswith(_KINDS):
        return False
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return bool(width * height <= _POINTS)
    return True  # the limits of the process hold for the others
