"""Of every kind of document all is read that a person could find in it, hidden places included."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Iterator

import pytest

from fanlight.labels import Labeller
from fanlight.labels.files import Readers
from support.bombs import docx, packed, pdf_of, stream, xlsx

TYPES = "<Types/>"
PROPERTIES = {
    "docProps/core.xml": "<c><dc:creator xmlns:dc='d'>said by the author</dc:creator><title>in the title</title></c>",
    "docProps/app.xml": "<P><Company>of the company</Company></P>",
    "docProps/custom.xml": "<P><property name='Client'><lpwstr>in an own property</lpwstr></property></P>",
}
TOLD = ("said by the author", "in the title", "of the company", "in an own property")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    made = Readers()
    yield made
    made.close()


def read(readers: Readers, data: bytes, name: str) -> str:
    result = readers.read(data, name=name)
    assert not result.unreadable, result.reason
    return result.text


def says(text: str, *parts: str) -> None:
    assert [part for part in parts if part not in text] == []


def test_all_places_of_a_text_document(readers: Readers) -> None:
    body = (
        "<w:p><w:r><w:t>in the bo</w:t></w:r><w:r><w:t>dy</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>in a cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:del><w:r><w:delText>deleted but kept</w:delText></w:r></w:del>"
        "<w:drawing><wp:docPr xmlns:wp='p' descr='words for a picture'/></w:drawing>"
        "<w:txbxContent><w:p><w:r><w:t>in a text box</w:t></w:r></w:p></w:txbxContent>"
        "<w:ins w:author='Ann Author'/>"
    )
    parts = {
        f"word/{part}.xml": f"<w:x xmlns:w='w'><w:t>in {part}</w:t></w:x>"
        for part in ("header1", "header2", "footer3", "footnotes", "endnotes", "comments", "commentsExtended")
    }
    link = (
        "<Relationships><Relationship Target='mailto:link@example.com' TargetMode='External'/>"
        "<Relationship Target='styles.xml'/></Relationships>"
    )
    embedded = xlsx("<s><row><c t='inlineStr'><is><t>in a table inside</t></is></c></row></s>")
    file = docx(
        body, **parts, **PROPERTIES, **{"word/_rels/document.xml.rels": link, "word/embeddings/a.xlsx": embedded}
    )
    text = read(readers, file, "a.docx")
    says(text, "in the body", "in a cell", "deleted but kept", "words for a picture", "in a text box", "Ann Author")
    says(text, *(f"in {part[5:-4]}" for part in parts), *TOLD, "mailto:link@example.com", "in a table inside")
    assert "styles.xml" not in text


def test_all_places_of_a_workbook(readers: Readers) -> None:
    """Hidden sheets, formulas, headers, comments, connections, and what a pivot table keeps of a deleted sheet."""
    sheet = (
        "<worksheet><sheetData><row><c t='s'><v>0</v></c><c s='1'><v>30805</v></c><c s='0'><v>30805</v></c>"
        '<c><v>4.929E+15</v></c><c><f>IF(A1=1,"in a formula","")</f><v>0</v></c></row></sheetData>'
        "<headerFooter><oddHeader>in the page header</oddHeader></headerFooter></worksheet>"
    )
    styles = "<s><cellXfs><xf numFmtId='0'/><xf numFmtId='200'/></cellXfs></s>".replace(
        "<cellXfs>", "<numFmts><numFmt numFmtId='200' formatCode='dd.mm.yyyy'/></numFmts><cellXfs>"
    )
    book = "<workbook><sheets><sheet name='Salaries 2026' state='veryHidden'/></sheets></workbook>"
    hidden = "<worksheet><row><c t='inlineStr'><is><t>in a hidden sheet</t></is></c></row></worksheet>"
    pivot = "<d><cacheField name='Owner'><sharedItems><s v='kept by a pivot'/></sharedItems></cacheField></d>"
    file = xlsx(
        sheet,
        **{
            "xl/sharedStrings.xml": "<sst><si><r><t>in a shared </t></r><r><t>text</t></r></si></sst>",
            "xl/styles.xml": styles,
            "xl/workbook.xml": book,
            "xl/worksheets/sheet2.xml": hidden,
            "xl/comments1.xml": "<comments><text><t>in a comment</t></text></comments>",
            "xl/threadedComments/threadedComment1.xml": "<T><text>in a thread</text></T>",
            "xl/connections.xml": "<c><dbPr connection='Server=db.example.com;Password=in-a-connection'/></c>",
            "xl/drawings/drawing1.xml": "<d><a:t xmlns:a='a'>in a text box</a:t></d>",
            "xl/pivotCache/pivotCacheDefinition1.xml": pivot,
            **PROPERTIES,
        },
    )
    text = read(readers, file, "a.xlsx")
    says(text, "in a shared text\t1984-05-03\t30805\t4929000000000000", "in a formula", "in the page header")
    says(text, "Salaries 2026", "in a hidden sheet", "in a comment", "in a thread", "Password=in-a-connection")
    says(text, "in a text box", "kept by a pivot", *TOLD)


def test_all_places_of_a_presentation(readers: Readers) -> None:
    parts = {
        f"ppt/{part}.xml": f"<p xmlns:a='a'><a:p><a:r><a:t>in {part}</a:t></a:r></a:p></p>"
        for part in ("slides/slide1", "slides/slide2", "notesSlides/notesSlide1", "slideMasters/slideMaster1",
                     "notesMasters/notesMaster1", "handoutMasters/handoutMaster1", "charts/chart1", "diagrams/data1")
    }  # fmt: skip
    parts["ppt/comments/comment1.xml"] = "<c><p:text xmlns:p='p'>in a comment</p:text></c>"
    text = read(readers, packed({"[Content_Types].xml": TYPES, **parts, **PROPERTIES}), "a.pptx")
    says(text, *(f"in {part[4:-4]}" for part in parts if "comment" not in part), "in a comment", *TOLD)


def test_an_open_document(readers: Readers) -> None:
    file = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": "<c><text:p xmlns:text='t'>in the body</text:p></c>",
            "meta.xml": "<m><creator>said by the author</creator></m>",
            "styles.xml": "<s><p>in the footer</p></s>",
        }
    )
    says(read(readers, file, "a.odt"), "in the body", "said by the author", "in the footer")


def test_all_places_of_a_pdf(readers: Readers) -> None:
    """Page, note, link, field, property and attached file; a page without text is told."""
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(account)/V(in a field)/Rect[0 0 9 9]>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>/Names<</EmbeddedFiles<</Names[(list.csv) 9 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R 11 0 R]/Count 2>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>"
        b"/Annots[6 0 R 7 0 R 8 0 R]>>",
        stream(b"BT /F 9 Tf 9 9 Td (on the page) Tj ET"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Annot/Subtype/Text/Contents(in a note)/Rect[0 0 9 9]>>",
        b"<</Type/Annot/Subtype/Link/A<</S/URI/URI(mailto:link@example.com)>>/Rect[0 0 9 9]>>",
        field,
        b"<</Type/Filespec/F(list.csv)/EF<</F 10 0 R>>>>",
        stream(b"in an attached file", b"/Type/EmbeddedFile"),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
        b"<</Title(in the title)/MSIP_Label_1_Name(Confidential)>>",
    ]
    file = pdf_of(objects).replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 12 0 R")
    result = readers.read(file, name="a.pdf")
    says(result.text, "on the page", "in a note", "mailto:link@example.com", "in a field", "list.csv")
    says(result.text, "in an attached file", "in the title", "MSIP_Label_1_Name: Confidential")
    assert result.reason == "read in part: 1 of 2 pages hold no text, only pictures"


def test_all_places_of_a_mail(readers: Readers) -> None:
    """Encoded headers, both bodies, an attachment with an encoded name, a mail inside the mail."""
    table = xlsx("<s><row><c t='inlineStr'><is><t>in an attached table</t></is></c></row></s>")
    import base64

    mail = (
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: b@example.com\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\n"
        b"msip_labels: MSIP_Label_1_Name=Confidential\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"die Stra=DFe\r\n"
        b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>in the <b>page</b></p>\r\n"
        b"--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="=?utf-8?q?L=C3=B6hne.xlsx?="\r\n\r\n'
        + base64.encodebytes(table)
        + b"\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@example.com\r\nSubject: the inner one\r\n\r\n"
        b"in the inner mail\r\n--x--\r\n"
    )
    text = read(readers, mail, "a.eml")
    says(text, "Jürgen", "Grüße", "die Straße", "in the page", "in an attached table")
    says(text, "the inner one", "in the inner mail", "MSIP_Label_1_Name=Confidential")


def test_a_page_shows_what_a_form_and_a_script_hold(readers: Readers) -> None:
    page = (
        b"<!doctype html><html><head><title>in the title</title><style>.a{color:red}</style>"
        b"<meta name='author' content='in a meta'></head><body><script>const key = 'in a script'</script>"
        b"<input type='hidden' value='in a hidden field'><a href='mailto:link@example.com'>x</a>"
        b"<td>one</td><td>two</td>AT&amp;T <!-- in a comment --> <p data-card='in a data field'>pass<b>word</b></p>"
    )
    text = read(readers, page, "a.html")
    says(text, "in the title", "in a meta", "in a script", "in a hidden field", "mailto:link@example.com", "AT&T")
    says(text, "in a comment", "in a data field", "password")
    assert "one\ttwo" in text.replace(" ", "")
    assert "color:red" not in text


def test_a_notebook_with_its_results(readers: Readers) -> None:
    cells = [
        {"source": "in the source", "outputs": [{"text": ["in a print"]}, {"traceback": ["in a trace"]}]},
        {"source": [], "outputs": [{"data": {"text/html": "<td>in a table</td>", "image/png": "iVBOR"}}]},
    ]
    result = readers.read(json.dumps({"cells": cells}).encode(), name="a.ipynb")
    says(result.text, "in the source", "in a print", "in a trace", "in a table")
    assert result.reason == "read in part: pictures inside it were not read"


def test_rich_text(readers: Readers) -> None:
    file = (
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\info{\author in the author}}\f0 pass\b word\b0  is "
        rb"M\'fcller\u8364 ?\par next\cell cell {\pict 89504e47}}"
    )
    text = read(readers, file, "a.rtf")
    says(text, "in the author", "password", "Müller€", "next\tcell")
    assert "89504e" not in text
    assert "Arial" not in text


@pytest.mark.parametrize(
    ("name", "pack"), [("a.csv.gz", gzip.compress), ("a.csv.bz2", bz2.compress), ("a.csv.xz", lzma.compress)]
)
def test_compressed_files_are_read_to_their_last_stream(readers: Readers, name: str, pack) -> None:  # type: ignore[no-untyped-def]
    """Logs are often several compressed streams one after the other."""
    text = read(readers, pack(b"the first\n") + pack(b"the second\n"), name)
    says(text, "the first", "the second")


def test_archives_of_tar(readers: Readers) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in (("folder/a.txt", b"in a text"), ("b.docx", docx("<w:p><w:t>in a document</w:t></w:p>"))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    says(read(readers, buffer.getvalue(), "a.tgz"), "folder/a.txt", "in a text", "in a document")


def test_names_inside_an_archive_are_labelled_even_if_no_file_in_it_can_be_read() -> None:
    """The file counts as not read all the same."""
    with Labeller(b"k") as labeller:
        labels, file = labeller.label_file(packed({"SSN 781-05-5433.png": b"\x89PNG\r\n"}), name="a.zip")
    assert file.unreadable
    assert (
        file.reason == "could not read a file: a file inside it was not read: it is an image, and images are not read"
    )
    assert "GOV_ID" in labels.categories


def test_a_sensitivity_label_of_an_office_document_is_a_mark() -> None:
    name = "MSIP_Label_f42aa342-8706-4288-bd11-ebb85995028c_Name"
    custom = f"<P><property name='{name}'><lpwstr>Confidential</lpwstr></property></P>".encode()
    with Labeller(b"k") as labeller:
        labels, _ = labeller.label_file(docx("<w:p/>", **{"docProps/custom.xml": custom}), name="a.docx")
    assert "CONFIDENTIAL_MARK" in labels.categories


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 99, "it is an archive of a kind that is not read"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 99, "it is sound or video, which is not read"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 99, "it is an image, and images are not read"),
        (b"\x7fELF" + bytes(range(256)), "it is of a kind that cannot be read"),
        (packed({"mimetype": "application/vnd.oasis", "content.xml": "\x01",
                 "META-INF/manifest.xml": "<encryption-data/>"}), "it is protected by a password"),
    ],
    ids=["7z", "film", "picture", "program", "protected"],
)  # fmt: skip
def test_what_cannot_be_read_says_why(readers: Readers, data: bytes, reason: str) -> None:
    result = readers.read(data, name="a")
    assert result.reason == f"could not read a file: {reason}"
    assert result.unreadable
