"""The bucket: lists of keys in XML, files of records in gzip, every request signed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import quote

from fanlight.model import Micros
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.decoding import Trouble, decode_json
from fanlight.sources.http import HttpRefusal, VendorManner
from fanlight.sources.logs import Record
from fanlight.sources.options import needed
from fanlight.sources.pulled import moment
from fanlight.sources.signature import sign_get
from fanlight.sources.vendor import open_client, retry_after_only

__all__ = ["Bucket", "StoredFile", "explain_refusal"]

_A_MINUTE = 6000
_LARGEST = 512 * 1024 * 1024
_ENTRY = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD = re.compile(r"<(Key|LastModified|ETag|Size)>([^<]*)</")
_FOLDER = re.compile(r"<CommonPrefixes>\s*<Prefix>([^<]+)</Prefix>\s*</CommonPrefixes>")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file as the bucket lists it. `etag` changes with its content; `modified` is None where none is listed."""

    key: str
    etag: str = ""
    size: int | None = None
    modified: Micros | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    files: Sequence[StoredFile]
    folders: Sequence[str]
    cut: bool


MANNER = VendorManner(read_rate=retry_after_only, request_id_header="x-amz-request-id")


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(
            f"AWS refuses to show {what} (status 403): the key is wrong or ended, it may not do s3:ListBucket and "
            "s3:GetObject here, or this machine's clock is more than a quarter of an hour off.",
            kind="credential",
        )
    if refusal.status in (301, 307, 404):
        return SourceError(
            f"AWS has no such bucket for {what} (status {refusal.status}); check its address and region.",
            kind="refused",
        )
    return refusal


class Bucket:
    """Reads one bucket."""

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        url = needed(options, "url", "AWS needs the bucket's address: --url https://BUCKET.s3.REGION.amazonaws.com.")
        key_id = needed(options, "key_id", "AWS needs the access key id: --key-id.")
        self.clock = context.clock
        self.client = open_client(
            context,
            label="AWS",
            url=url,
            limit=_A_MINUTE,
            manner=MANNER,
            sign=partial(
                sign_get,
                key_id=key_id,
                read_secret=lambda: context.read_secret(options.get("key", "")),
                region=needed(options, "region", "AWS needs the region of the bucket: --region."),
                clock=context.clock,
            ),
            headers={"accept": "*/*", "accept-encoding": "identity"},
            share=0.5,
        )

    def keys(self, prefix: str, after: str, *, purpose: str) -> Iterator[str]:
        """Keys below a prefix, in their order, behind `after`; the last key seen is the only position needed."""
        return (file.key for file in self.files(prefix, after, purpose=purpose))

    def files(
        self, prefix: str, after: str = "", *, purpose: str, patience_seconds: float | None = None
    ) -> Iterator[StoredFile]:
        """Files below a prefix, in the order of their keys, behind `after`. Raises `SourceError`."""
        while True:
            found = self._list(prefix, after, "", purpose, patience_seconds)
            yield from (file for file in found.files if file.key > after)
            if not found.cut or not found.files:
                return
            after = max(after, found.files[-1].key)

    def folders(self, prefix: str, *, purpose: str, patience_seconds: float | None = None) -> list[str]:
        """What stands one step below a prefix that ends with a slash."""
        return list(self._list(prefix, "", "/", purpose, patience_seconds).folders)

    def records(self, key: str, *, purpose: str) -> list[Record]:
        """The records of one file. Raises `SourceError`."""
        found = self.client.get_json(f"/{quote(key, safe='/-_.~')}", purpose=purpose, decode=_decode_file)
        return list(found)

    def read(self, file: StoredFile, decode: Callable[[bytes], Any], *, purpose: str) -> Any:
        """What `decode` makes of the bytes of one file as it was listed. Raises `SourceError`.

        A body of another length than the listed one was cut, or the file was written anew meanwhile.
        """

        def whole(body: bytes, _: Callable[[Any], bool] | None) -> tuple[Any, Trouble | None]:
            if file.size is not None and len(body) != file.size:
                return None, "cut short"
            return decode(body), None

        return self.client.get_json(f"/{quote(file.key, safe='/-_.~')}", purpose=purpose, decode=whole)

    def _list(
        self, prefix: str, after: str, delimiter: str, purpose: str, patience_seconds: float | None = None
    ) -> _Listed:
        named = {"delimiter": delimiter, "list-type": "2", "prefix": prefix, "start-after": after}
        query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in named.items() if value)
        found: _Listed = self.client.get_json(
            f"/?{query}", purpose=purpose, decode=_decode_list, patience_seconds=patience_seconds
        )
        return found


def _decode_list(body: bytes, _: Callable[[Any], bool] | None) -> tuple[Any, Trouble | None]:
    """A list is flat, so its few elements are read as text; entities other than the five of XML do not occur."""
    text = body.decode("utf-8", "replace").rstrip()
    if not text.endswith("</ListBucketResult>"):
        return None, "cut short"
    files = [_file(dict(_FIELD.findall(entry))) for entry in _ENTRY.findall(text)]
    folders = [unescape(folder) for folder in _FOLDER.findall(text)]
    return _Listed(files, folders, "<IsTruncated>true</IsTruncated>" in text), None


def _file(told: dict[str, str]) -> StoredFile:
    size, modified = told.get("Size", ""), told.get("LastModified", "")
    return StoredFile(
        key=unescape(told.get("Key", "")),
        etag=unescape(told.get("ETag", "")).strip('"'),
        size=int(size) if size.isdigit() else None,
        modified=moment(modified),
    )


def _decode_file(body: bytes, _: Callable[[Any], bool] | None) -> tuple[Any, Trouble | None]:
    opener = zlib.decompressobj(wbits=31)
    try:
        plain = opener.decompress(body, _LARGEST) if body[:2] == b"\x1f\x8b" else body
    except zlib.error:
        return None, "cut short"
    if body[:2] == b"\x1f\x8b" and not opener.eof:
        return None, "too large" if opener.unconsumed_tail else "cut short"
    value, trouble = decode_json(plain, lambda found: isinstance(found, dict))
    if trouble is not None:
        return None, trouble
    records = value.get("Records", [])
    right = isinstance(records, list) and all(type(item) is dict for item in records)
    return (records, None) if right else (None, "of an unexpected shape")
