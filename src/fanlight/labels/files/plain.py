"""Files that are text already: decoded without a worker."""

from __future__ import annotations

from fanlight.labels.files.charsets import decode_text
from fanlight.labels.files.limits import TEXT

__all__ = ["plain_text"]

_BINARY = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"%PDF",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"\xd0\xcf\x11\xe0",
    b"ID3",
    b"OggS",
    b"fLaC",
    b"\x1aE\xdf\xa3",
    b"RIFF",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x7fELF",
    b"MZ\x90",
    b"{\\rtf",
)
_STRUCTURED = (".eml", ".html", ".htm", ".xhtml", ".mht", ".mhtml", ".msg", ".ipynb", ".rtf")
_TYPES = frozenset({"message/rfc822", "text/html", "application/xhtml+xml", "application/x-ipynb+json", "text/rtf"})
_HEADS = (b"<!doctype html", b"<html", b"received:", b"return-path:", b"delivered-to:", b"mime-version:")
_BYTES = 4 * TEXT


def plain_text(data: bytes, name: str, mime_type: str) -> tuple[str, bool] | None:
    """The text of a file that needs no reader, and whether it was cut; None when a worker must read it.

    Nothing is parsed here, so that no file can cost this process more than its decoding.
    """
    if data.startswith(_BINARY) or b"%PDF-" in data[:1024] or data[4:8] == b"ftyp" or data[257:262] == b"ustar":
        return None
    if name.lower().endswith(_STRUCTURED) or mime_type in _TYPES:
        return None
    if data[:512].lstrip().lower().startswith(_HEADS):
        return None
    text = decode_text(data[:_BYTES])
    if text is None:
        return None
    return text[:TEXT], len(text) > TEXT or len(data) > _BYTES
