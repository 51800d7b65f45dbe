"""The sandboxed process that reads files: one request a frame on standard input, one answer a frame on its output.

Frame: four bytes of header length, JSON header, payload of `size` bytes. The answer's payload is the text in UTF-8,
then pictures that are to be read elsewhere, if the request allows any.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Mapping
from typing import BinaryIO

from fanlight.labels.files.limits import TEXT, Budget, CannotRead

__all__ = ["main", "read_frame", "write_frame"]


def read_frame(stream: BinaryIO) -> tuple[dict[str, object], bytes] | None:
    """One frame, or None at the end. Raises `EOFError` when it breaks off inside a frame."""
    head = stream.read(4)
    if not head:
        return None
    (length,) = struct.unpack("<I", _exactly(stream, 4, head))
    header = json.loads(_exactly(stream, length))
    return header, _exactly(stream, int(header["size"]))


def _exactly(stream: BinaryIO, size: int, start: bytes = b"") -> bytes:
    data = bytearray(start)
    while len(data) < size:
        chunk = stream.read(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


def write_frame(stream: BinaryIO, header: Mapping[str, object], payload: bytes) -> None:
    """Send one frame."""
    encoded = json.dumps({**header, "size": len(payload)}).encode()
    stream.write(struct.pack("<I", len(encoded)) + encoded)
    stream.write(payload)
    stream.flush()


def main() -> None:
    """Serve until the input ends."""
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - readers may print
    os.dup2(sys.stdout.fileno(), 1)
    from fanlight.labels.files.documents import Document, read_document
    from fanlight.labels.files.sandbox import allow_cpu, confine

    _import_readers()
    held = confine()
    write_frame(answers, {"ready": held}, b"")
    while (frame := read_frame(requests)) is not None:
        header, data = frame
        allow_cpu()
        name, mime_type = str(header.get("name", "")), str(header.get("mime_type", ""))
        budget, document = Budget(pictures=_number(header.get("pictures"))), Document()
        reason = ""
        try:
            read_document(data, name, mime_type, budget, document)
        except CannotRead as problem:
            reason = str(problem)
        except MemoryError:
            reason = "it needs more memory than a file may have"
        except BaseException:  # noqa: BLE001 - nothing of the file may leave in an exception
            reason = "its reader failed"
        text = "\n".join([*document.names, *document.texts])
        if budget.cut:
            document.leave_out(f"only the first {TEXT // 1_000_000} million characters were read")
        told = text.encode("utf-8", "replace")
        answer = {"reason": reason, "left_out": document.reasons, "read": document.read, "text": len(told),
                  "pictures": [len(picture) for picture in document.pictures]}  # fmt: skip
        write_frame(answers, answer, b"".join([told, *document.pictures]))
        del frame, data, text, document


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _import_readers() -> None:
    """Load everything before the file system is taken away: codecs, mail handling and readers import on first use."""
    import encodings
    import importlib
    import pkgutil

    late = ["email.generator", "email.headerregistry", "email.contentmanager", "email.iterators", "email.mime.text"]
    late += [
        "kreuzberg",
        "pypdf",
        "pypdf.generic",
        "pypdf._crypt_providers",
        "pypdf.filters",
        "python_calamine",
        "bisect",
        "zoneinfo",
        "fanlight.labels.files.sheets",
        "_strptime",
    ]
    late += [f"encodings.{module.name}" for module in pkgutil.iter_modules(encodings.__path__)]
    for name in late:
        try:
            importlib.import_module(name)
        except (ImportError, LookupError, AttributeError):  # some codecs exist on other systems only
            continue
    _warm_up()


def _warm_up() -> None:
    """Read one small file of each kind, so that what is imported late is there."""
    import gzip
    import io
    import lzma
    import zipfile

    from fanlight.labels.files.documents import Document, read_document

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "text")
    mail = (
        b"From: a@example.com\r\nTo: =?utf-8?q?b?= <b@example.com>\r\nSubject: s\r\nMIME-Version: 1.0\r\n\r\ntext\r\n"
    )
    for data in (buffer.getvalue(), mail, _SMALL_PDF, b"plain", b"\xe9t\xe9", gzip.compress(b"a"), lzma.compress(b"a")):
        try:
            read_document(data, "", "", Budget(), Document())
        except CannotRead:
            continue


_SMALL_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 47>>stream\nBT /F 9 Tf 9 9 Td (a small page of text) Tj ET   \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n"
)


if __name__ == "__main__":
    main()
