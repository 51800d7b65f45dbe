"""Content that may be read in memory and never written down.

`Sealed` is the only shape in which message text, file bytes, names of chats and files, prompts and tool
traffic travel through Fanlight. It refuses every road by which content usually reaches a disk or a log.
Only the room `labels` opens it (a test reads the source tree and holds that).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, NoReturn, TypeVar

__all__ = ["Sealed", "SealedError", "SealedMark"]

Payload = TypeVar("Payload", str, bytes)


class SealedError(TypeError):
    """Somebody tried to print, copy, store or iterate sealed content."""


class SealedMark(dict[str, object]):
    """What is kept of a sealed value: `{"sealed": true, "length": characters or bytes, "hash": keyed hash}`."""


class Sealed(Generic[Payload]):
    """Text or bytes that can only be opened inside a `with`, once, by the labeller.

    Refuses `str`, `repr`, formatting, iteration, indexing, comparison, copying, pickling and JSON.
    """

    __slots__ = ("_length", "_payload")

    def __init__(self, payload: Payload) -> None:
        self._payload: Payload | None = payload
        self._length = len(payload)

    @property
    def length(self) -> int:
        """Characters of text, or bytes; still known after the content was dropped."""
        return self._length

    @property
    def dropped(self) -> bool:
        """Whether the content is gone from this object."""
        return self._payload is None

    def keyed_hash(self, key: bytes) -> str:
        """BLAKE2b-128 of the content under a tenant's key, in hex. Raises `SealedError` once dropped."""
        payload = self._held()
        data = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
        return hashlib.blake2b(data, key=key[:64], digest_size=16).hexdigest()

    def mark(self, key: bytes) -> SealedMark:
        """The record that stands for this content in storage."""
        return SealedMark(sealed=True, length=self._length, hash=self.keyed_hash(key))

    def size(self) -> int:
        """Same as `length`; `len()` is refused because code that asks for it usually iterates next."""
        return self._length

    @contextmanager
    def opened(self) -> Iterator[Payload]:
        """Yield the content and drop it when the block ends, however it ends."""
        payload = self._held()
        try:
            yield payload
        finally:
            self._payload = None

    def drop(self) -> None:
        """Forget the content without reading it."""
        self._payload = None

    def _held(self) -> Payload:
        if self._payload is None:
            raise SealedError("This content was already read and dropped.")
        return self._payload

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise SealedError("Sealed content cannot be printed, copied, stored or iterated.")

    __str__ = _refuse
    __repr__ = _refuse
    __format__ = _refuse
    __bytes__ = _refuse
    __iter__ = _refuse
    __len__ = _refuse
    __getitem__ = _refuse
    __contains__ = _refuse
    __eq__ = _refuse
    __hash__ = _refuse
    __copy__ = _refuse
    __deepcopy__ = _refuse
    __reduce__ = _refuse
    __reduce_ex__ = _refuse
    __getstate__ = _refuse

    def __bool__(self) -> bool:
        return self._length > 0
