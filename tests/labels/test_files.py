"""Documents are read in a sandbox; hostile ones end in a sentence, not in harm."""

import gzip
import io
import os
import signal
import time
import zipfile
from pathlib import Path

import pytest

from fanlight.labels.files import Readers
from fanlight.labels.files.worker import _SMALL_PDF


@pytest.fixture(scope="module")
def readers():
    made = Readers()
    yield made
    made.close()


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def docx(body, **more):
    document = f'<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>'
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **more})


def test_a_document_with_header_comment_and_properties(readers):
    file = docx(
        "in the body",
        **{
            "word/header1.xml": '<w:hdr xmlns:w="w"><w:t>in the header</w:t></w:hdr>',
            "word/comments.xml": '<w:comments xmlns:w="w"><w:t>in a comment</w:t></w:comments>',
            "docProps/custom.xml": '<P><property name="MSIP_Label_1_Name"><lpwstr>Confidential</lpwstr></property></P>',
        },
    )
    text = readers.read(file).text
    for part in ("in the body", "in the header", "in a comment", "MSIP_Label_1_Name: Confidential"):
        assert part in text


def test_slides_with_speaker_notes(readers):
    file = packed(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/slides/slide1.xml": '<p xmlns:a="a"><a:t>on the slide</a:t></p>',
            "ppt/notesSlides/notesSlide1.xml": '<p xmlns:a="a"><a:t>in the notes</a:t></p>',
        }
    )
    text = readers.read(file).text
    assert "on the slide" in text
    assert "in the notes" in text


def test_a_page_of_pdf(readers):
    assert "a small page of text" in readers.read(_SMALL_PDF, name="a.pdf").text


def test_mail_with_an_attachment(readers):
    mail = (
        b"From: a@example.com\r\nTo: b@example.com\r\nSubject: the subject\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nthe body\r\n'
        b"--x\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; "
        b'filename="list.csv"\r\n\r\nname,mail\r\n--x--\r\n'
    )
    text = readers.read(mail, name="m.eml").text
    for part in ("the subject", "the body", "list.csv", "name,mail"):
        assert part in text


def test_a_page_of_html_with_what_it_hides(readers):
    page = (
        b"<html><head><style>p{}</style></head><body><p>seen</p><!-- a comment --><input value='a value'></body></html>"
    )
    text = readers.read(page, name="p.html").text
    assert "seen" in text
    assert "a comment" in text
    assert "a value" in text
    assert "p{}" not in text


def test_a_notebook(readers):
    notebook = b'{"cells": [{"source": ["x = 1\\n", "print(x)"], "outputs": [{"text": ["42\\n"]}]}]}'
    assert readers.read(notebook, name="n.ipynb").text == "x = 1\nprint(x)\n\n42\n"


def test_archives_inside_archives(readers):
    text = readers.read(packed({"a.txt": "outer", "b.zip": packed({"c.csv": "inner"})})).text
    assert "outer" in text
    assert "inner" in text


def test_plain_text_needs_no_worker():
    readers = Readers()
    assert readers.read("Grüße".encode("utf-16")).text == "Grüße"
    assert readers.read("Grüße".encode("latin-1")).text == "Grüße"
    assert readers.holds == ()


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        (
            "sheet of 300 MB",
            lambda: packed({"[Content_Types].xml": "<T/>", "xl/worksheets/sheet1.xml": b"\0" * 300_000_000}),
            "times its size",
        ),
        (
            "entities",
            lambda: packed(
                {"[Content_Types].xml": "<T/>", "word/document.xml": '<!DOCTYPE l [<!ENTITY a "aaaa">]><w>&a;</w>'}
            ),
            "entities",
        ),
        (
            "deep",
            lambda: packed({"a.zip": packed({"b.zip": packed({"c.zip": packed({"d.zip": packed({"e.txt": "x"})})})})}),
            "deep",
        ),
        ("members", lambda: packed({f"{n}": b"" for n in range(10_001)}), "files or parts"),
        ("zeros", lambda: gzip.compress(b"\0" * 120_000_000), "times its size"),
        ("damaged", lambda: b"PK\x03\x04" + b"\xff" * 500, "damaged"),
        ("bad pdf", lambda: b"%PDF-1.7\n" + b"\xff" * 2000, "damaged"),
        ("image", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image"),
        ("unknown", lambda: bytes(range(256)) * 40, "kind"),
    ],
)
def test_bombs_and_damage_end_in_a_sentence(readers, name, make, reason):
    result = readers.read(make(), name=name)
    assert result.unreadable or result.reason
    assert result.reason.startswith(("could not read a file", "read in part"))
    assert reason in result.reason


def test_the_death_of_the_reader_is_an_answer(readers):
    """A killed worker gives a reason, and the next file is read by a new one."""
    readers.read(docx("warm"))
    process = readers._idle[-1]._process
    os.kill(process.pid, signal.SIGKILL)
    assert readers.read(docx("lost")).reason == "could not read a file: its reader ran over its limits and was ended"
    assert "back again" in readers.read(docx("back again")).text


def test_the_worker_gives_up_its_rights(readers):
    """Limits hold everywhere; Landlock and seccomp where the kernel has them."""
    readers.read(docx("x"))
    assert "limits" in readers.holds
    pid = readers._idle[-1]._process.pid
    limits = Path(f"/proc/{pid}/limits").read_text("ascii")
    assert "Max address space         1073741824" in limits
    assert "Max file size             0" in limits
    if os.geteuid() != 0:
        pytest.skip("what a process holds that cannot be dumped is shown to root only")
    assert Path(f"/proc/{pid}/environ").read_bytes() in {b"", b"LC_ALL=C.UTF-8\0"}
    targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert [t for t in targets if not t.startswith(("pipe:", "/dev/null", "anon_inode:", "socket:"))] == []


def test_six_hundred_small_documents_in_under_twenty_seconds(readers):
    file = docx("small")
    started = time.process_time(), time.monotonic()
    assert all(readers.read(file).text for _ in range(600))
    assert time.monotonic() - started[1] < 20
