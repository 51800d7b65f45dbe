"""Members of zip archives, inflated with a budget: nothing is trusted that an archive says of itself."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from fanlight.labels.files.limits import Budget, CannotRead, TooMuch

__all__ = ["Member", "gunzip", "members_of"]

_CHUNK = 1 << 18


class Member:
    """One file inside an archive; `data()` inflates it against the budget."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> None:
        self._archive = archive
        self._info = info
        self._budget = budget
        self.name = info.filename
        self.encrypted = bool(info.flag_bits & 1)

    def data(self) -> bytes:
        """The inflated bytes. Raises `TooMuch`, and `CannotRead` for damage or encryption."""
        if self.encrypted:
            raise CannotRead("a member is encrypted")
        packed, out, total = max(1, self._info.compress_size), [], 0
        try:
            with self._archive.open(self._info) as stream:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    self._budget.take(len(chunk), packed=packed, inflated=total)
                    out.append(chunk)
        except TooMuch:
            raise
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
            raise CannotRead("a member is damaged") from None
        return b"".join(out)


def members_of(data: bytes, budget: Budget, depth: int) -> Iterator[Member]:
    """The files of a zip archive. Raises `CannotRead`, `TooMuch`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        raise CannotRead("the archive is damaged") from None
    for info in infos:
        budget.open_member(depth)
        if not info.is_dir():
            yield Member(archive, info, budget)


def gunzip(data: bytes, budget: Budget) -> bytes:
    """Inflate one gzip stream against the budget."""
    engine = zlib.decompressobj(wbits=31)
    out, total, rest = [], 0, data
    try:
        while rest and not engine.eof:
            chunk = engine.decompress(rest, _CHUNK)
            total += len(chunk)
            budget.take(len(chunk), packed=len(data), inflated=total)
            out.append(chunk)
            rest = engine.unconsumed_tail
    except zlib.error:
        raise CannotRead("the compressed file is damaged") from None
    return b"".join(out)
