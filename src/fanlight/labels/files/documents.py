"""From any file's bytes to text: sniffs the kind from the bytes and says in plain words what could not be read.

Runs inside the sandboxed worker.
"""

from __future__ import annotations

import email
import email.policy
import importlib
import io
import re
from html.parser import HTMLParser
from typing import Any

from fanlight.labels.files.containers import gunzip, members_of
from fanlight.labels.files.limits import Budget, CannotRead, TooMuch
from fanlight.labels.files.office import office_kind, read_office
from fanlight.labels.files.plain import decode_text

__all__ = ["Document", "read_document"]

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_SOUND = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\x1aE\xdf\xa3")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Document:
    """Text gathered from one file, and what was left out."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reasons: list[str] = []

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
    elif data[:1024].lstrip().startswith(b"%PDF") or b"%PDF-" in data[:1024]:
        document.texts.append(budget.keep(_pdf(data)))
    elif data.startswith(b"\x1f\x8b"):
        budget.open_member(depth + 1)
        inner = name[:-3] if name.endswith(".gz") else name
        read_document(gunzip(data, budget), inner, "", budget, document, depth + 1)
    elif data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        raise CannotRead("it is an image, and images are not read")
    elif data.startswith(_SOUND) or data[4:8] == b"ftyp":
        raise CannotRead("it is sound or video, which is not read")
    elif data.startswith(_OLE):
        document.texts.append(budget.keep(_legacy_office(data, name)))
    elif _is_mail(data, name, mime_type):
        _mail(data, budget, document, depth)
    else:
        text = decode_text(data)
        if text is None:
            raise CannotRead("it is of a kind that cannot be read")
        document.texts.append(budget.keep(text))


def _archive(data: bytes, budget: Budget, document: Document, depth: int) -> None:
    members = list(members_of(data, budget, depth + 1))
    kind = office_kind(frozenset(member.name for member in members))
    if kind is not None:
        document.texts.append(read_office(kind, members, budget))
        if any(re.match(r"(?:word|ppt|xl)/media/", member.name) for member in members):
            document.leave_out("pictures inside it were not read")
        return
    for member in members:
        document.texts.append(member.name)
        try:
            read_document(member.data(), member.name, "", budget, document, depth + 1)
        except TooMuch:
            raise
        except CannotRead as problem:
            document.leave_out(f"a member was not read: {problem}")


def _pdf(data: bytes) -> str:
    try:
        return _pdf_by_pypdf(data)
    except CannotRead as first:
        if "password" in str(first):
            raise
        return _by_kreuzberg(data, "application/pdf", str(first))


def _pdf_by_pypdf(data: bytes) -> str:
    import pypdf
    import pypdf.errors

    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CannotRead("it is protected by a password")  # noqa: TRY301
        texts = [f"{key}: {value}" for key, value in (reader.metadata or {}).items() if isinstance(value, str)]
        for page in reader.pages:
            texts.append(page.extract_text() or "")
            if "/Annots" in page:
                notes: Any = page["/Annots"]
                texts += [str(note.get_object().get("/Contents", "")) for note in notes]
    except CannotRead:
        raise
    except MemoryError:
        raise TooMuch("it needs more memory than a file may have") from None
    except Exception:  # noqa: BLE001 - a hostile PDF can raise anything, and the message may quote it
        raise CannotRead("the PDF is damaged") from None
    text = "\n".join(texts)
    if len(text.strip()) < 8:
        raise CannotRead("the PDF holds no text, only pictures")
    return text


def _by_kreuzberg(data: bytes, mime_type: str, otherwise: str) -> str:
    try:
        kreuzberg = importlib.import_module("kreuzberg")

        result = kreuzberg.extract_bytes_sync(data, mime_type)
    except MemoryError:
        raise TooMuch("it needs more memory than a file may have") from None
    except BaseException:  # noqa: BLE001 - the native reader raises its own kinds
        raise CannotRead(otherwise) from None
    text = str(result.content)
    if not text.strip():
        raise CannotRead(otherwise)
    return text


def _legacy_office(data: bytes, name: str) -> str:
    if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data[:65536]:
        raise CannotRead("it is protected by a password")
    if name.lower().endswith((".xls", ".xlt")) or b"W\0o\0r\0k\0b\0o\0o\0k" in data:
        return _by_calamine(data)
    kind = "application/vnd.ms-powerpoint" if b"P\0o\0w\0e\0r\0P\0o\0i\0n\0t" in data else "application/msword"
    if name.lower().endswith(".msg"):
        kind = "application/vnd.ms-outlook"
    return _by_kreuzberg(data, kind, "this old office format could not be read")


def _by_calamine(data: bytes) -> str:
    try:
        import python_calamine

        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = [
            "\t".join(str(cell) for cell in row)
            for sheet in book.sheet_names
            for row in book.get_sheet_by_name(sheet).to_python()
        ]
    except MemoryError:
        raise TooMuch("it needs more memory than a file may have") from None
    except Exception:  # noqa: BLE001
        raise CannotRead("the workbook is damaged or protected") from None
    return "\n".join(rows)


_MAIL_HEAD = re.compile(rb"(?im)^(?:from|received|return-path|message-id|mime-version|delivered-to): ?\S")


def _is_mail(data: bytes, name: str, mime_type: str) -> bool:
    if name.lower().endswith(".eml") or mime_type == "message/rfc822":
        return True
    head = data[:4096]
    return len(_MAIL_HEAD.findall(head)) >= 3 and head[:1].isalpha()


def _mail(data: bytes, budget: Budget, document: Document, depth: int) -> None:
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = list(message.walk())
        document.texts.append(budget.keep("\n".join(f"{key}: {value}" for key, value in message.items())))
    except Exception:  # noqa: BLE001 - the parser of the standard library raises many kinds on damaged mail
        text = decode_text(data)
        if text is None:
            raise CannotRead("the message is damaged") from None
        document.texts.append(budget.keep(text))
        return
    for part in parts:
        if part.is_multipart():
            continue
        budget.open_member(depth + 1)
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        name = part.get_filename() or ""
        if name:
            document.texts.append(name)
        try:
            if part.get_content_type() == "text/html":
                document.texts.append(budget.keep(text_of_html(decode_text(payload) or "")))
            else:
                read_document(payload, name, part.get_content_type(), budget, document, depth + 1)
        except TooMuch:
            raise
        except CannotRead as problem:
            document.leave_out(f"an attachment was not read: {problem}")


class _Html(HTMLParser):
    _HIDDEN = frozenset({"style"})
    _INLINE = frozenset({"a", "b", "i", "em", "strong", "span", "u", "font", "small", "sub", "sup", "mark"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        if tag not in self._INLINE:
            self.out.append("\n" if tag not in {"td", "th"} else "\t")
        for key, value in attrs:
            if (
                value
                and key in {"href", "value", "content", "alt", "title", "placeholder"}
                and not value.startswith("#")
            ):
                self.out.append(
                    f" {value} "
                    if key == "href" and value.startswith("mailto:")
                    else f" {key}={value} "
                    if key != "href"
                    else ""
                )

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN and self._hidden:
            self._hidden -= 1
        if tag not in self._INLINE:
            self.out.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.out.append(data)

    def handle_comment(self, data: str) -> None:
        self.out.append(data)


def text_of_html(text: str) -> str:
    """Text of a page, comments and hidden values included."""
    parser = _Html()
    parser.feed(text)
    parser.close()
    return "".join(parser.out)
