"""From any file's bytes to text: sniffs the kind from the bytes and says in plain words what could not be read.

Runs inside the sandboxed worker.
"""

from __future__ import annotations

import io
import re

from fanlight.labels.files.charsets import decode_text
from fanlight.labels.files.containers import (
    Broken,
    compression_of,
    inflate,
    is_tar,
    members_of,
    members_of_tar,
)
from fanlight.labels.files.limits import Budget, CannotRead, TooMuch
from fanlight.labels.files.mail import looks_like_mail, read_mail
from fanlight.labels.files.markup import looks_like_html, text_of_html, text_of_rtf
from fanlight.labels.files.notebooks import text_of_notebook
from fanlight.labels.files.ocr import is_readable_picture
from fanlight.labels.files.office import is_embedded, is_picture, office_kind, read_office
from fanlight.labels.files.pdf import read_natively, read_pdf

__all__ = ["Document", "read_document"]

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"8BPS")
_SOUND = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\x1aE\xdf\xa3")
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
_PICTURE_FILES = (b"heic", b"heix", b"mif1", b"avif")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Document:
    """Text gathered from one file, and what was left out."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.names: list[str] = []
        """Of files inside it. They are labelled too, but a file of which only these could be read was not read."""
        self.reasons: list[str] = []
        self.pictures: list[bytes] = []
        """Taken out to be read elsewhere, as long as `budget.pictures` lasts."""

    def take_picture(self, data: bytes, budget: Budget) -> bool:
        """Keep a picture for the reader of pictures; False when none are to be read, or no more of them."""
        if budget.pictures <= 0 or not is_readable_picture(data):
            return False
        budget.pictures -= 1
        self.pictures.append(data)
        return True

    @property
    def read(self) -> bool:
        """Whether there is any content."""
        return any(text.strip() for text in self.texts)

    def leave_out(self, reason: str) -> None:
        """Remember once that something was not read."""
        if reason not in self.reasons:
            self.reasons.append(reason)


def read_document(data: bytes, name: str, mime_type: str, budget: Budget, document: Document, depth: int = 0) -> None:
    """Add the text of one file (and of the files inside it). Raises `CannotRead`, `TooMuch`."""
    if not data:
        return
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _archive(data, budget, document, depth)
    elif b"%PDF-" in data[:1024]:
        text = read_pdf(
            data, budget, document.reasons,
            lambda title, content: _inner(content, title, "", budget, document, depth),
            lambda picture: document.take_picture(picture, budget),
        )  # fmt: skip
        document.texts.append(text)
    elif (ending := compression_of(data)) is not None:
        _compressed(data, name.removesuffix(ending), budget, document, depth)
    elif is_tar(data):
        _tar(data, budget, document, depth)
    elif data.startswith(_OTHER_ARCHIVES):
        raise CannotRead("it is an archive of a kind that is not read")
    elif data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[8:12] in _PICTURE_FILES:
        if not document.take_picture(data, budget):
            raise CannotRead("it is an image, and images are not read")
    elif data.startswith(_SOUND) or data[4:8] == b"ftyp" or data[:4] == b"RIFF":
        raise CannotRead("it is sound or video, which is not read")
    elif data.startswith(_OLE):
        document.texts.append(budget.keep(_legacy_office(data, name)))
    elif looks_like_mail(data, name, mime_type):
        read_mail(
            data, budget, document.texts, document.reasons,
            lambda title, kind, content: _inner(content, title, kind, budget, document, depth), depth + 1,
        )  # fmt: skip
    else:
        document.texts.append(budget.keep(_text(data, name, mime_type, document)))


def _text(data: bytes, name: str, mime_type: str, document: Document) -> str:
    text = decode_text(data)
    if text is None:
        raise CannotRead("it is of a kind that cannot be read")
    if looks_like_html(data, name, mime_type):
        return text_of_html(text)
    if data.startswith(b"{\\rtf"):
        return text_of_rtf(text)
    if name.lower().endswith(".ipynb") or mime_type == "application/x-ipynb+json":
        return text_of_notebook(data, document.reasons) or text
    return text


def _inner(data: bytes, name: str, mime_type: str, budget: Budget, document: Document, depth: int) -> bool:
    """Read a file inside a file; what fails is noted. Whether anything of it was read. Raises `TooMuch`."""
    if name:
        document.names.append(name)
    try:
        budget.open_member(depth + 1)
        read_document(data, name, mime_type, budget, document, depth + 1)
    except TooMuch:
        raise
    except CannotRead as problem:
        document.leave_out(f"a file inside it was not read: {problem}")
        return False
    return True


def _archive(data: bytes, budget: Budget, document: Document, depth: int) -> None:
    members = list(members_of(data, budget, depth + 1))
    kind = office_kind(frozenset(member.name for member in members))
    if kind is not None:
        document.texts.append(read_office(kind, members, budget, document.reasons))
        for member in members:
            if is_picture(member.name):
                if budget.pictures > 0 and document.take_picture(member.data(), budget):
                    continue
                document.leave_out("pictures inside it were not read")
            elif is_embedded(member.name):
                _inner(member.data(), "", "", budget, document, depth)
        return
    read = 0
    for member in members:
        document.names.append(member.name)
        try:
            read_document(member.data(), member.name, "", budget, document, depth + 1)
            read += 1
        except TooMuch:
            raise
        except CannotRead as problem:
            document.leave_out(f"a file inside it was not read: {problem}")
    if members and not read:
        _nothing_read(document)


def _nothing_read(document: Document) -> None:
    """Names alone are no content: an archive of which no file could be read was not read."""
    reason = document.reasons.pop() if document.reasons else "none of its files could be read"
    raise CannotRead(reason)


def _tar(data: bytes, budget: Budget, document: Document, depth: int) -> None:
    count = read = 0
    for name, content in members_of_tar(data, budget, depth + 1):
        count += 1
        read += _inner(content, name, "", budget, document, depth)
    if count and not read:
        _nothing_read(document)


def _compressed(data: bytes, name: str, budget: Budget, document: Document, depth: int) -> None:
    budget.open_member(depth + 1)
    try:
        content = inflate(data, budget)
    except Broken as broken:
        content = broken.data
        document.leave_out("the compressed file breaks off; what came before was read")
    read_document(content, name, "", budget, document, depth + 1)


def _legacy_office(data: bytes, name: str) -> str:
    if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data:
        raise CannotRead("it is protected by a password")
    if name.lower().endswith((".xls", ".xlt", ".xlsb")) or b"W\0o\0r\0k\0b\0o\0o\0k" in data:
        return _by_calamine(data)
    kind = "application/vnd.ms-powerpoint" if b"P\0o\0w\0e\0r\0P\0o\0i\0n\0t" in data else "application/msword"
    if name.lower().endswith(".msg") or b"_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0v\0e\0r" in data:
        kind = "application/vnd.ms-outlook"
    return read_natively(data, kind, "this old office format could not be read")


def _by_calamine(data: bytes) -> str:
    try:
        import python_calamine

        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows: list[str] = []
        for sheet in book.sheet_names:
            cells = book.get_sheet_by_name(sheet).to_python()
            rows += [sheet, *("\t".join(str(cell) for cell in row) for row in cells)]
    except MemoryError:
        raise TooMuch("it needs more memory than a file may have") from None
    except BaseException:  # noqa: BLE001 - native code may panic
        raise CannotRead("the workbook is damaged or protected") from None
    return re.sub(r"\t{2,}", "\t", "\n".join(rows))
