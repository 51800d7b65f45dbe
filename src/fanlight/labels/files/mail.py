"""Text of an e-mail: headers, bodies in plain text and HTML, names and content of attachments, mails inside mails."""

from __future__ import annotations

import email
import email.errors
import email.header
import email.policy
import re
from collections.abc import Callable
from email.message import Message

from fanlight.labels.files.charsets import decode_text
from fanlight.labels.files.limits import Budget, CannotRead, TooMuch
from fanlight.labels.files.markup import text_of_html

__all__ = ["looks_like_mail", "read_mail"]

_HEAD = re.compile(rb"(?im)^(?:from|received|return-path|message-id|mime-version|delivered-to): ?\S")
_DAMAGED = "the message is damaged; it was read as plain text, without its attachments"


def looks_like_mail(data: bytes, name: str, mime_type: str) -> bool:
    """By type, name or three headers that only mail has."""
    if name.lower().endswith((".eml", ".mht", ".mhtml")) or mime_type == "message/rfc822":
        return True
    return data[:1].isalpha() and len(_HEAD.findall(data[:4096])) >= 3


def read_mail(
    data: bytes,
    budget: Budget,
    texts: list[str],
    reasons: list[str],
    attach: Callable[[str, str, bytes], object],
    depth: int,
) -> None:
    """Add the texts of a message to `texts`.

    `attach` takes name, type and bytes of each part that is no text of the message itself.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        parts = list(message.walk())
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError, IndexError):
        text = decode_text(data)
        if text is None:
            raise CannotRead("the message is damaged") from None
        reasons.append(_DAMAGED)
        texts.append(budget.keep(text))
        return
    for part in parts:
        budget.open_member(depth)
        texts.append(budget.keep(_headers(part)))
        if part.is_multipart():
            continue
        payload = _payload(part, reasons)
        name = _name(part)
        kind = part.get_content_type()
        if kind == "text/html":
            texts.append(budget.keep(text_of_html(_decode(payload, part) or "")))
        elif kind == "text/plain" and not name:
            texts.append(budget.keep(_decode(payload, part) or ""))
        elif payload:
            attach(name, kind, payload)


def _headers(part: Message) -> str:
    """Headers with their encoded words in plain text."""
    lines: list[str] = []
    for key, value in part.items():
        try:
            pieces = email.header.decode_header(str(value))
            said = "".join(
                piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
                for piece, charset in pieces
            )
        except (ValueError, LookupError, email.errors.MessageError):
            said = str(value)
        lines.append(f"{key}: {said}")
    return "\n".join(lines)


def _name(part: Message) -> str:
    try:
        return str(part.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return ""


def _payload(part: Message, reasons: list[str]) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except TooMuch:
        raise
    except Exception:  # noqa: BLE001
        payload = None
    if isinstance(payload, bytes):
        return payload
    reasons.append("a part of the message is damaged")
    return b""


def _decode(payload: bytes, part: Message) -> str | None:
    """By the charset that the part names, or by the bytes where it names none or a wrong one."""
    charset = part.get_content_charset()
    if charset:
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_text(payload)
