"""From a file's bytes to its text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

__all__ = ["FileText", "Readers", "decode_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """The text of one file, or in plain words why there is none."""

    text: str = field(default="", repr=False)
    characters: int = -1
    reason: str = ""
    """Empty when everything was read."""
    unreadable: bool = False

    def __post_init__(self) -> None:
        if self.characters < 0:
            object.__setattr__(self, "characters", len(self.text))

    def without_text(self) -> FileText:
        """The same statement with the content dropped."""
        return replace(self, text="")


def decode_text(data: bytes) -> str | None:
    """Text of UTF-8, UTF-16 or an eight-bit charset; None for bytes that are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    sample = data[:65536]
    if b"\0" in sample:
        return None
    odd = sum(byte < 9 or 13 < byte < 32 or byte == 127 for byte in sample)
    return data.decode("cp1252", "replace") if odd <= len(sample) // 200 else None


class Readers:
    """Reads files; keeps nothing."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers

    def read(self, data: bytes, *, name: str = "", mime_type: str | None = None) -> FileText:
        """The text of one file. Never raises for a bad file: says so in the result."""
        text = decode_text(data)
        if text is None:
            return FileText(reason="this kind of file cannot be read yet", unreadable=True)
        return FileText(text=text)

    def close(self) -> None:
        """End the workers."""
