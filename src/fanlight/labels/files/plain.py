"""Files that are text already: decoded without a worker."""

from __future__ import annotations

import orjson

__all__ = ["decode_text", "plain_text"]

_BINARY = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"%PDF",
    b"\x1f\x8b",
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
)


def decode_text(data: bytes) -> str | None:
    """Text of UTF-8, UTF-16 or an eight-bit charset; None for bytes that are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    else:
        return text if text.count("\0") * 50 <= len(text) else None
    sample = data[:65536]
    if b"\0" in sample:
        return None
    odd = sum(byte < 9 or 13 < byte < 32 or byte == 127 for byte in sample)
    return data.decode("cp1252", "replace") if odd <= len(sample) // 200 else None


def plain_text(data: bytes, name: str, mime_type: str) -> str | None:
    """The text of a file that needs no reader; None when a worker must read it."""
    lower = name.lower()
    if data.startswith(_BINARY) or b"%PDF-" in data[:1024] or data[4:8] == b"ftyp":
        return None
    if lower.endswith((".eml", ".html", ".htm", ".msg")) or mime_type in {"message/rfc822", "text/html"}:
        return None
    head = data[:512].lstrip().lower()
    if head.startswith(
        (b"<!doctype html", b"<html", b"received:", b"return-path:", b"delivered-to:", b"mime-version:")
    ):
        return None
    text = decode_text(data)
    if text is not None and (lower.endswith(".ipynb") or mime_type == "application/x-ipynb+json"):
        return _notebook(data) or text
    return text


def _notebook(data: bytes) -> str | None:
    """Sources and printed results of a notebook's cells."""
    try:
        cells = orjson.loads(data)["cells"]
        texts: list[str] = []
        for cell in cells:
            texts.append("".join(cell.get("source", [])))
            for output in cell.get("outputs", ()):
                texts.append("".join(output.get("text", [])))
                texts.append("".join(output.get("data", {}).get("text/plain", [])))
        return "\n\n".join(text for text in texts if text)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
