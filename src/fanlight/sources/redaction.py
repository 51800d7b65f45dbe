"""Keeps credentials out of every log line, exception text and trace.

Nothing in Fanlight logs a header or a body on purpose; this is the second lock for text that comes from elsewhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

__all__ = ["RedactionFilter", "redact", "redact_event"]

_STARS = "***"
# A header or field name that announces a secret, then its value.
_NAMED = re.compile(
    r"(?i)\b(authorization|proxy-authorization|x-api-key|api[-_]?key|ssws|bearer|token|secret|password)"
    r"(\"?'?\s*[:=]\s*\"?'?|\s+)((?:bearer|ssws|basic)\s+)?([^\s\"',;]{8,})"
)
# Secrets that give themselves away by their prefix.
_SHAPED = re.compile(
    r"sk-ant-[A-Za-z0-9_\-]{6,}|gh[pousr]_[A-Za-z0-9]{10,}|github_pat_[A-Za-z0-9_]{10,}|xox[abeoprs]-[A-Za-z0-9\-]{6,}"
    r"|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-.]+|AKIA[A-Z0-9]{12,}"
)


def redact(text: str) -> str:
    """The text with everything that looks like a credential replaced by `***`."""
    return _SHAPED.sub(_STARS, _NAMED.sub(lambda found: f"{found[1]}{found[2]}{_STARS}", text))


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: redacts every text value of a log event."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
    return event


class RedactionFilter(logging.Filter):
    """Redacts records of the standard library's logging before any handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the finished message; always lets the record pass."""
        record.msg, record.args = redact(record.getMessage()), None
        return True


# The HTTP library can print answer headers (file names are among them) when somebody turns debugging on.
for _name in ("httpx", "httpcore", "hpack", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
