"""Files in their real formats, small and the same every time: text, CSV, JSON, PDF, DOCX, XLSX, PNG, bytes."""

from __future__ import annotations

import json
import random
import struct
import zipfile
import zlib
from io import BytesIO
from xml.sax.saxutils import escape

__all__ = ["build_file"]

_STAMP = (2026, 1, 1, 0, 0, 0)


def build_file(suffix: str, text: str, rng: random.Random) -> bytes:
    """Put `text` into a file of that kind (images and unknown kinds hold none)."""
    if suffix == "pdf":
        return _pdf(text)
    if suffix == "docx":
        return _docx(text)
    if suffix == "xlsx":
        return _xlsx(text)
    if suffix == "json":
        return json.dumps({"lines": text.splitlines()}, ensure_ascii=False, indent=1).encode()
    if suffix == "py":
        return ('"""\n' + text.replace('"""', "'''") + '\n"""\n\n\ndef main() -> None:\n    return None\n').encode()
    if suffix == "png":
        return _png(rng)
    if suffix == "bin":
        return rng.randbytes(2_048)
    if suffix == "txt" and rng.random() < 0.1:
        return text.encode("utf-16")
    return text.encode()


def _pdf(text: str) -> bytes:
    """A PDF with one compressed text stream a page, 50 lines each."""
    lines = [line[i : i + 110] for line in text.splitlines() for i in range(0, max(1, len(line)), 110)]
    pages = [lines[i : i + 50] for i in range(0, len(lines), 50)] or [[]]
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = 3
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for page in pages:
        body = ["BT /F1 9 Tf 40 800 Td 14 TL"]
        for line in page:
            safe = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            body.append(f"({safe}) Tj T*")
        body.append("ET")
        stream = zlib.compress("\n".join(body).encode("cp1252", "replace"))
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 %d 0 R >> >> >>" % (content, font)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    out = BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body_bytes in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body_bytes))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def _zip(parts: dict[str, str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def _package(main: str, content_type: str, extra: str = "") -> dict[str, str]:
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{content_type}"/>{extra}</Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="{main}"/></Relationships>',
    }


def _clean(text: str) -> str:
    return escape("".join(letter for letter in text if letter == "\t" or letter >= " "))


def _docx(text: str) -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{_clean(line)}</w:t></w:r></w:p>' for line in text.splitlines()
    )
    return _zip(
        {
            **_package("word/document.xml", f"{kind}.document.main+xml"),
            "word/document.xml": f'{_HEAD}<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        }
    )


def _xlsx(text: str) -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = []
    for r, line in enumerate(text.splitlines(), 1):
        cells = line.split(",") if line.count(",") > 2 else [line]
        inner = "".join(
            f'<c r="{chr(65 + c % 26)}{r}" t="inlineStr"><is><t xml:space="preserve">{_clean(cell)}</t></is></c>'
            for c, cell in enumerate(cells[:26])
        )
        rows.append(f'<row r="{r}">{inner}</row>')
    sheet_type = f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
    return _zip(
        {
            **_package("xl/workbook.xml", f"{kind}.sheet.main+xml", sheet_type),
            "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{space}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{space}"><sheetData>{"".join(rows)}'
            "</sheetData></worksheet>",
        }
    )


def _png(rng: random.Random) -> bytes:
    """A small grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 24
    raw = b"".join(b"\0" + rng.randbytes(side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
