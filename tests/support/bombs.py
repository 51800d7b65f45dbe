"""Files made to do harm: small on disk, huge when read, endless, nested, protected or broken. All are made here."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

__all__ = ["BOMBS", "GIANTS", "corruptions", "deflated_zeros", "packed", "pdf_of", "samples"]

_BLOCK = 1 << 24


def deflated_zeros(size: int) -> bytes:
    """A deflate stream of `size` noughts (a multiple of 16 MiB is taken), made without making the noughts."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = engine.compress(b"\0" * _BLOCK) + engine.flush(zlib.Z_FULL_FLUSH)
    return block * max(1, size // _BLOCK) + b"\x03\0"


def gzip_of_zeros(size: int) -> bytes:
    """One gzip member; its check sum lies, which nobody lives to see."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated_zeros(size) + b"\0" * 8


def zip_of_zeros(name: str, size: int, others: Mapping[str, bytes] | None = None, says: int | None = None) -> bytes:
    """A zip archive whose member `name` inflates to `size` noughts, or `says` that it has another size."""
    stream = deflated_zeros(size)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for other, data in (others or {}).items():
            archive.writestr(other, data)
        archive.writestr(name, stream)
        info = archive.getinfo(name)
        info.compress_type, info.file_size = zipfile.ZIP_DEFLATED, size if says is None else says
    data = bytearray(raw.getvalue())
    struct.pack_into("<H", data, info.header_offset + 8, zipfile.ZIP_DEFLATED)
    return bytes(data)


def packed(files: Mapping[str, bytes | str]) -> bytes:
    """A zip archive of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def pdf_of(objects: list[bytes], root: int = 1, prolog: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF of the objects, numbered from 1, with a right cross-reference table."""
    out, places = bytearray(prolog), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, table)
    return bytes(out)


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<<%s/Length %d>>stream\n" % (more, len(data)) + data + b"\nendstream "


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def one_page(content: bytes, font: bytes = _FONT, *more: bytes) -> bytes:
    """A PDF of one page with this content stream and font; `more` objects are numbered from 6."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
    return pdf_of([_CATALOG, _PAGES, page, content, font, *more])


def said(text: str) -> bytes:
    """A page's content that shows a text."""
    return stream(b"BT /F 9 Tf 9 9 Td (" + text.encode("cp1252") + b") Tj ET")


def pdf_deep_tree(depth: int) -> bytes:
    """Pages that are children of pages that are children of pages."""
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (n + 3) for n in range(depth)]
    return pdf_of([_CATALOG, *nodes, b"<</Type/Page/MediaBox[0 0 9 9]>>"])


def pdf_twice_deflated(size: int) -> bytes:
    """A content stream that was packed three times over."""
    data = zlib.compress(zlib.compress(zlib.compress(b" " * min(size, 1 << 26), 9) * 1, 9), 9)
    return one_page(stream(data, b"/Filter[/FlateDecode/FlateDecode/FlateDecode]"))


def pdf_content_of_spaces(size: int) -> bytes:
    """A content stream that inflates to `size` noughts."""
    data = b"\x78\x9c" + deflated_zeros(size) + b"\0\0\0\0"
    return one_page(stream(data, b"/Filter/FlateDecode"))


def pdf_object_streams(size: int) -> bytes:
    """The catalogue lies in an object stream that inflates without end."""
    data = b"\x78\x9c" + deflated_zeros(size) + b"\0\0\0\0"
    inside = stream(data, b"/Type/ObjStm/N 999999/First 10/Filter/FlateDecode")
    return b"%PDF-1.7\n1 0 obj" + inside + b"endobj\ntrailer<</Root 9 0 R/Size 10>>\nstartxref\n0\n%%EOF\n"


def pdf_huge_picture(side: int) -> bytes:
    """A picture of side × side points beside a few words."""
    data = b"\x78\x9c" + deflated_zeros(side * side) + b"\0\0\0\0"
    picture = stream(
        data,
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
        % (side, side),
    )
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>>>"
    )
    return pdf_of([_CATALOG, _PAGES, page, said("words beside a picture"), _FONT, picture])


def pdf_font_map(last: int) -> bytes:
    """A font whose table of characters claims a range of billions."""
    table = stream(
        b"/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <00000000> <ffffffff> "
        b"endcodespacerange\n1 beginbfrange\n<00000000> <%08x> <0020>\nendbfrange\nendcmap" % last
    )
    font = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[7 0 R]/ToUnicode 6 0 R>>"
    child = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/FontDescriptor 8 0 R>>"
    descriptor = b"<</Type/FontDescriptor/FontName/X/FontFile2 9 0 R>>"
    return one_page(said("text in a broken font"), font, table, child, descriptor, stream(b"\xff" * 4000))


def pdf_loop() -> bytes:
    """A page tree that contains itself, and a cross-reference table that points back at itself."""
    body = pdf_of([_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"])
    at = body.index(b"xref\n")
    return body.replace(b"trailer<<", b"trailer<</Prev %d" % at)


def pdf_protected() -> bytes:
    """A PDF that asks for a password."""
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(99, 99)
    writer.encrypt("a password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def zip_protected() -> bytes:
    """An archive whose only member is marked as encrypted."""
    data = bytearray(packed({"secret.txt": "nobody reads this"}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(magic)
        data[at + offset] |= 1
    return bytes(data)


def zip_overlapping(count: int) -> bytes:
    """Thousands of members that all are the same ten megabytes of a kind that packs well."""
    data = packed({"a": (b"0123456789abcdef" * 64 + bytes(range(250))) * 8_000})
    entry = data[data.index(b"PK\x01\x02") : data.index(b"PK\x05\x06")]
    directory = entry * count
    head = data[: data.index(b"PK\x01\x02")]
    return head + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(head), 0)


def office_protected() -> bytes:
    """The shell in which a protected document of a newer format lies."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 200_000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 999


def nested(data: bytes, levels: int, name: str = "inner.zip") -> bytes:
    """Archive in archive in archive."""
    for _ in range(levels):
        data = packed({name: data})
    return data


def docx(body: str | bytes, **more: bytes) -> bytes:
    """A document of Word with this XML as its body."""
    inside = body.encode() if isinstance(body, str) else body
    document = b'<w:document xmlns:w="w"><w:body>' + inside + b"</w:body></w:document>"
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **more})


def xlsx(sheet: str | bytes, **more: bytes | str) -> bytes:
    """A workbook with this XML as its only sheet."""
    return packed({"[Content_Types].xml": "<Types/>", "xl/worksheets/sheet1.xml": sheet, **more})


def mail_deep(depth: int) -> bytes:
    """Messages of several parts inside each other."""
    out = [b"From: a@example.com\r\nTo: b@example.com\r\nSubject: deep\r\nMIME-Version: 1.0\r\n"]
    out += [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    return b"".join(out) + b"\r\nthe innermost text\r\n"


def mail_many(parts: int) -> bytes:
    """A message of very many parts."""
    head = b"From: a@example.com\r\nTo: b@example.com\r\nMIME-Version: 1.0\r\nSubject: many\r\n"
    return head + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nword\r\n" * parts + b"--x--\r\n"


def _entities() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE w [<!ENTITY l0 "laugh">{levels}]><w>&l9;</w>'


BOMBS: dict[str, Callable[[], bytes]] = {
    "entities.docx": lambda: packed({"[Content_Types].xml": "<T/>", "word/document.xml": _entities()}),
    "deep.docx": lambda: docx("<a>" * 400_000 + "</a>" * 400_000),
    "cells.xlsx": lambda: xlsx("<row>" + "<c><v>1</v></c>" * 1_500_000 + "</row>"),
    "strings.xlsx": lambda: xlsx("<row/>", **{"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 15_000_000 + b"</sst>"}),
    "deep.zip": lambda: nested(b"x", 40),
    "same-member.zip": lambda: zip_overlapping(9_000),
    "many-members.zip": lambda: packed({str(n): b"" for n in range(10_500)}),
    "protected.zip": zip_protected,
    "protected.docx": office_protected,
    "protected.pdf": pdf_protected,
    "deep.pdf": lambda: pdf_deep_tree(20_000),
    "loop.pdf": pdf_loop,
    "thrice.pdf": lambda: pdf_twice_deflated(1 << 26),
    "font.pdf": lambda: pdf_font_map(0xFFFFFF00),
    "deep.html": lambda: b"<html>" + b"<div>" * 600_000,
    "unclosed.html": lambda: b"<html>" + b"<a <!-- <b " * 300_000,
    "deep.json": lambda: b"[" * 3_000_000,
    "deep.ipynb": lambda: b'{"cells": ' + b"[" * 1_000_000,
    "deep.eml": lambda: mail_deep(30_000),
    "many.eml": lambda: mail_many(60_000),
    "zip-in-mail.eml": lambda: (
        b"From: a@example.com\r\nTo: b@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(nested(b"x", 8))
    ),
    "half.gz": lambda: gzip.compress(b"the first words " * 90_000)[:2000],
}
"""Name to maker; each is some megabytes at most and quickly made."""

TEN_GB = 10_000_000_000
GIANTS: dict[str, Callable[[], bytes]] = {
    "zeros.gz": lambda: gzip_of_zeros(TEN_GB),
    "zeros.zip": lambda: zip_of_zeros("zeros.txt", TEN_GB),
    "lying.zip": lambda: zip_of_zeros("zeros.txt", TEN_GB, says=10),
    "zeros.docx": lambda: zip_of_zeros("word/document.xml", TEN_GB, {"[Content_Types].xml": b"<T/>"}),
    "zeros.xlsx": lambda: zip_of_zeros("xl/worksheets/sheet1.xml", TEN_GB, {"[Content_Types].xml": b"<T/>"}),
    "zeros.pptx": lambda: zip_of_zeros("ppt/slides/slide1.xml", TEN_GB, {"[Content_Types].xml": b"<T/>"}),
    "zeros-in-zip.zip": lambda: packed({"inner.zip": zip_of_zeros("zeros.txt", TEN_GB)}),
    "zeros.pdf": lambda: pdf_content_of_spaces(TEN_GB),
    "objects.pdf": lambda: pdf_object_streams(TEN_GB),
    "picture.pdf": lambda: pdf_huge_picture(60_000),
}
"""Ten gigabytes of noughts in ten megabytes, in every kind of file that packs."""


def samples() -> dict[str, bytes]:
    """One small readable file of each kind, each saying "hollyhock"."""
    word = "hollyhock"
    return {
        "a.docx": docx(f"<w:p><w:r><w:t>{word}</w:t></w:r></w:p>" * 20),
        "a.xlsx": xlsx("<sheet>" + f'<row><c t="inlineStr"><is><t>{word}</t></is></c></row>' * 20 + "</sheet>"),
        "a.pptx": packed({"[Content_Types].xml": "<T/>", "ppt/slides/slide1.xml": f"<p><t>{word}</t></p>"}),
        "a.odt": packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": f"<p>{word}</p>"}),
        "a.pdf": one_page(said(word)),
        "a.zip": packed({"a.txt": word * 50, "b.html": f"<html><p>{word}</p>"}),
        "a.gz": gzip.compress(word.encode() * 200),
        "a.eml": f"From: a@example.com\r\nTo: b@example.com\r\nMIME-Version: 1.0\r\n\r\n{word}".encode(),
        "a.html": f"<html><body><p>{word}</p></body></html>".encode(),
        "a.ipynb": b'{"cells": [{"source": ["hollyhock"], "outputs": []}]}',
        "a.rtf": b"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}} hollyhock\\par}",
    }


def corruptions(data: bytes, every: int) -> Iterator[bytes]:
    """The file with every `every`-th byte turned over, shifted eight times, and cut off at eight places."""
    for shift in range(8):
        broken = bytearray(data)
        for at in range(shift * every // 8, len(broken), every):
            broken[at] ^= 0xFF
        yield bytes(broken)
    for part in range(1, 9):
        yield data[: len(data) * part // 9]
