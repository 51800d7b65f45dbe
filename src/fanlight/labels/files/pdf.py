"""Text of PDF: pages, notes, form fields, properties and attached files.

`pypdf` reads first; what it cannot read goes to the native reader. Both run in the sandbox only.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from fanlight.labels.files.limits import Budget, CannotRead, TooMuch

__all__ = ["read_natively", "read_pdf"]

_MEMORY = "it needs more memory than a file may have"
_EMPTY = 8
_DATES = frozenset({"/CreationDate", "/ModDate", "/Trapped"})


Attach = Callable[[str, bytes], object]
Show = Callable[[bytes], bool]


def read_pdf(data: bytes, budget: Budget, reasons: list[str], attach: Attach, show: Show) -> str:
    """Text of a PDF; `attach` takes each attached file, `show` a picture of a page without text and says whether it
    will be read. Raises `CannotRead`, `TooMuch`."""
    try:
        return _by_pypdf(data, budget, reasons, attach, show)
    except CannotRead as first:
        if "password" in str(first) or isinstance(first, TooMuch):
            raise
        return read_natively(data, "application/pdf", str(first))


def _by_pypdf(data: bytes, budget: Budget, reasons: list[str], attach: Attach, show: Show) -> str:
    import pypdf
    from pypdf.errors import LimitReachedError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CannotRead("it is protected by a password")  # noqa: TRY301
        properties = (reader.metadata or {}).items()
        texts = [f"{key[1:]}: {value}" for key, value in properties if isinstance(value, str) and key not in _DATES]
        empty = count = broken = shown = 0
        for page in reader.pages:
            if budget.late():
                reasons.append(f"only the first {count} pages were read")
                break
            count += 1
            try:
                text = page.extract_text() or ""
                texts += [text, *_notes(page)]
                if len(text.strip()) < _EMPTY:
                    if budget.pictures > 0 and _shown(page, show):
                        shown += 1
                    else:
                        empty += 1
            except (CannotRead, MemoryError, LimitReachedError):
                raise
            except Exception:  # noqa: BLE001
                broken += 1
    except CannotRead:
        raise
    except MemoryError:
        raise TooMuch(_MEMORY) from None
    except LimitReachedError:
        raise TooMuch("a part of the PDF is larger or deeper than a file may have") from None
    except Exception:  # noqa: BLE001 - a hostile PDF can raise anything, and the message may quote it
        raise CannotRead("the PDF is damaged") from None
    texts += _fields(reader)
    _attached(reader, attach, reasons)
    if broken == count or (count and not shown and not "".join(texts).strip()):
        raise CannotRead("the PDF is damaged" if broken == count else "the PDF holds no text, only pictures")
    if broken:
        reasons.append(f"{broken} of {count} pages are damaged")
    if empty:
        reasons.append(f"{empty} of {count} pages hold no text, only pictures")
    return budget.keep("\n".join(texts))


def _shown(page: Any, show: Show) -> bool:
    """Show every picture of a page; whether at least one will be read."""
    return sum(show(picture) for picture in _pictures(page)) > 0


def _pictures(page: Any) -> Iterator[bytes]:
    """Pictures of a scanned page, as files: JPEG as it is, plain points as a portable map."""
    drawn = page.get("/Resources", {}).get_object().get("/XObject", {}).get_object()
    for name in drawn:
        picture = drawn[name].get_object()
        if picture.get("/Subtype") != "/Image":
            continue
        kinds = picture.get("/Filter", "")
        kind = kinds[-1] if isinstance(kinds, list) and kinds else kinds
        if kind == "/DCTDecode" and not isinstance(kinds, list):
            yield bytes(picture._data)
        elif kind in {"/FlateDecode", ""} and picture.get("/BitsPerComponent") == 8:
            form = {"/DeviceGray": b"P5", "/DeviceRGB": b"P6"}.get(str(picture.get("/ColorSpace")))
            if form:
                yield form + b" %d %d 255\n" % (picture["/Width"], picture["/Height"]) + picture.get_data()


def _notes(page: Any) -> Iterator[str]:
    """Comments on a page, links out of it, and what is filled into its fields."""
    if "/Annots" not in page:
        return
    for note in page["/Annots"]:
        told = note.get_object()
        for key in ("/Contents", "/V", "/T", "/TU"):
            if isinstance(value := told.get(key), str):
                yield value
        action = told.get("/A")
        if action is not None and isinstance(target := action.get_object().get("/URI"), str):
            yield target


def _fields(reader: Any) -> list[str]:
    try:
        fields = reader.get_form_text_fields() or {}
        return [f"{name}: {value}" for name, value in fields.items() if value]
    except MemoryError:
        raise TooMuch(_MEMORY) from None
    except Exception:  # noqa: BLE001 - the notes of the pages hold the same values
        return []


def _attached(reader: Any, attach: Callable[[str, bytes], object], reasons: list[str]) -> None:
    try:
        attached = [(str(name), content) for name, contents in reader.attachments.items() for content in contents]
    except MemoryError:
        raise TooMuch(_MEMORY) from None
    except Exception:  # noqa: BLE001
        reasons.append("files attached to it were not read")
        return
    for name, content in attached:
        attach(name, content)


def read_natively(data: bytes, mime_type: str, otherwise: str) -> str:
    """Text by the native reader. Raises `CannotRead` with the sentence `otherwise`."""
    try:
        kreuzberg = importlib.import_module("kreuzberg")
        result = kreuzberg.extract_bytes_sync(data, mime_type)
    except MemoryError:
        raise TooMuch(_MEMORY) from None
    except BaseException:  # noqa: BLE001 - the native reader raises its own kinds
        raise CannotRead(otherwise) from None
    text = str(result.content)
    if not re.search(r"\w", text):
        raise CannotRead(otherwise)
    return text
