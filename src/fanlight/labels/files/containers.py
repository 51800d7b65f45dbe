"""Archives and compressed files, inflated with a budget: nothing is trusted that an archive says of itself."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from fanlight.labels.files.limits import Budget, CannotRead, TooMuch

__all__ = ["Member", "compression_of", "inflate", "is_tar", "members_of", "members_of_tar"]

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
            raise CannotRead("a member is protected by a password")
        packed, out, total = max(1, self._info.compress_size), [], 0
        try:
            with self._archive.open(self._info) as stream:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    self._budget.take(len(chunk), packed=packed, inflated=total)
                    out.append(chunk)
        except TooMuch:
            raise
        except MemoryError:
            raise TooMuch("it needs more memory than a file may have") from None
        except Exception:  # noqa: BLE001 - a damaged archive raises many kinds, and the message may quote a name
            raise CannotRead("a member is damaged") from None
        return b"".join(out)


def members_of(data: bytes, budget: Budget, depth: int) -> Iterator[Member]:
    """The files of a zip archive. Raises `CannotRead`, `TooMuch`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except Exception:  # noqa: BLE001
        raise CannotRead("the archive is damaged") from None
    for info in infos:
        budget.open_member(depth)
        if not info.is_dir():
            yield Member(archive, info, budget)


def is_tar(data: bytes) -> bool:
    """Whether the bytes begin like a tar archive."""
    return data[257:262] == b"ustar"


def members_of_tar(data: bytes, budget: Budget, depth: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files of a tar archive. Raises `CannotRead`, `TooMuch`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for info in archive:
                budget.open_member(depth)
                stream = archive.extractfile(info) if info.isreg() else None
                if stream is None:
                    continue
                content = stream.read()
                budget.take(len(content), packed=len(content), inflated=len(content))
                yield info.name, content
    except TooMuch:
        raise
    except Exception:  # noqa: BLE001
        raise CannotRead("the archive is damaged") from None


class _Gzip:
    def __init__(self) -> None:
        self._engine = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._engine.decompress(self._engine.unconsumed_tail + data, max_length)


_KINDS: tuple[tuple[bytes, str, type[_Gzip] | type[bz2.BZ2Decompressor] | type[lzma.LZMADecompressor]], ...] = (
    (b"\x1f\x8b", ".gz", _Gzip),
    (b"BZh", ".bz2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", ".xz", lzma.LZMADecompressor),
)


def compression_of(data: bytes) -> str | None:
    """The usual ending of the name of a single compressed file (.gz, .bz2, .xz), None for anything else."""
    return next((ending for magic, ending, _ in _KINDS if data.startswith(magic)), None)


def inflate(data: bytes, budget: Budget) -> bytes:
    """Inflate gzip, bzip2 or xz, all its streams one after the other. Raises `CannotRead`, `TooMuch`."""
    make = next(make for magic, _, make in _KINDS if data.startswith(magic))
    out: list[bytes] = []
    total, rest = 0, data
    try:
        while rest:
            engine = make()
            chunk = engine.decompress(rest, _CHUNK)
            while True:
                total += len(chunk)
                budget.take(len(chunk), packed=len(data), inflated=total)
                out.append(chunk)
                if engine.eof:
                    break
                chunk = engine.decompress(b"", _CHUNK)
                if not chunk and not engine.eof:
                    raise EOFError  # noqa: TRY301 - it breaks off
            rest = engine.unused_data.lstrip(b"\0")
            if not any(rest.startswith(magic) for magic, _, _ in _KINDS):
                break
    except TooMuch:
        raise
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, MemoryError):
        if not total:
            raise CannotRead("the compressed file is damaged") from None
        # What came out before the damage is worth reading, but it is not all.
        raise Broken(b"".join(out)) from None
    return b"".join(out)


class Broken(CannotRead):
    """A compressed file that breaks off; `data` is what came before."""

    def __init__(self, data: bytes) -> None:
        super().__init__("the compressed file is damaged")
        self.data = data
