"""Whatever dies while content is in its hands, nothing of the content is left behind: no dump, no log, no file."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from fanlight.labels import Labeller
from fanlight.labels.engine import Engine
from fanlight.labels.files import Readers
from fanlight.labels.files.readers import FileText
from fanlight.labels.values import LabelError
from fanlight.model import Reading, Sealed
from fanlight.simulator import http
from fanlight.sources.contract import ContentPart, ContentRef
from support.canaries import find_leaks_apart
from support.crash_in_labels import arm
from support.told_world import ToldWorld, open_told_home

CANARY = "canary-93b1-Quellwolke"
CARD = "4916 3380 6082 7832"
SPOKEN = f"The code word is {CANARY}, my card is {CARD}, password: Hollunder-{CANARY}"
NEEDLES = (CANARY, CARD, CARD.replace(" ", ""), "Quellwolke", "Hollunder", "The code word is")
DEADLY = {"segfault": -signal.SIGSEGV, "abort": -signal.SIGABRT, "kill": -signal.SIGKILL}


@pytest.fixture(scope="module")
def vendors() -> Iterator[http.RunningSimulator]:
    """Somebody says the canary in a chat and uploads it in two files, one of which a worker reads."""
    files = {f"{CANARY}.csv": SPOKEN.encode(), "plan.docx": docx(SPOKEN)}
    with http.serve(ToldWorld(["hello there", SPOKEN], files), rate=0) as running:  # type: ignore[arg-type]
        yield running


def docx(text: str, paragraphs: int = 1) -> bytes:
    """A document of Word with the text in each of its paragraphs."""
    body = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" * paragraphs
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>')
    return buffer.getvalue()


def run(folder: Path, *words: str) -> int:
    """A command that may dump as much core as it likes, in a folder that is searched afterwards; its return code."""

    def allow_dumps() -> None:
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))

    tests = str(Path(__file__).parents[1])
    loud = {"FANLIGHT_DEBUG": "1", "PYTHONFAULTHANDLER": "1", "PYTHONPATH": tests, "TMPDIR": str(folder)}
    with (folder / "said.log").open("ab") as said:
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=folder, stdout=said, stderr=said, preexec_fn=allow_dumps,
            env={**os.environ, **loud}, timeout=120,
        )  # fmt: skip
    return done.returncode


def test_crashes_inside_the_labeller_leave_nothing_of_what_was_said(
    tmp_path: Path, vendors: http.RunningSimulator
) -> None:
    """The worst case: debugging is on, the shell allows core dumps, and the failure's text quotes the content."""
    home = open_told_home(tmp_path, vendors)
    words = ("sync", "--until-caught-up", "--home", str(home.path))
    for how, code in DEADLY.items():
        assert run(tmp_path, "support.crash_in_labels", how, CANARY, *words) == code
        assert [path.name for path in tmp_path.rglob("core*")] == []
    assert find_leaks_apart([tmp_path, *Path("/").glob("core*")], NEEDLES) == []
    assert run(tmp_path, "fanlight.cli.main", *words) == 0
    with home.reader() as reader:
        types = {row["type"] for row in reader.query("SELECT DISTINCT type FROM matches").to_pylist()}
    assert {"CREDIT_CARD_NUMBER", "PASSWORD"} <= types
    assert find_leaks_apart([tmp_path], NEEDLES) == []


@pytest.mark.parametrize("how", ["error", "panic"])
def test_a_failure_whose_text_quotes_the_content_is_told_without_it(
    tmp_path: Path, vendors: http.RunningSimulator, how: str
) -> None:
    """The rest is read, the failed part is counted, and nothing of it is in the log."""
    home = open_told_home(tmp_path, vendors)
    assert run(tmp_path, "support.crash_in_labels", how, CANARY, "sync", "--home", str(home.path)) in {0, 2}
    with home.reader() as reader:
        reasons = {row.reason for row in reader.rows(Reading) if row.outcome != "read"}
    assert reasons == {"the labeller could not finish a part"}
    assert (tmp_path / "said.log").stat().st_size > 0
    assert find_leaks_apart([tmp_path], NEEDLES) == []


def test_a_label_error_holds_nothing_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in its own words nor in any failure that it would bring along."""
    monkeypatch.setattr(Engine, "_label", Engine._label)
    arm("error", CANARY)
    with Labeller(b"k") as labeller, pytest.raises(LabelError) as caught:
        labeller.label_text(SPOKEN)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert not any(needle in str(caught.value) for needle in NEEDLES)


@pytest.mark.parametrize("how", ["error", "memory", "decoding", "panic"])
def test_a_failure_of_the_engine_is_a_reason_without_content(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """The reading says that a part could not be finished; the other parts are labelled."""
    monkeypatch.setattr(Engine, "_label", Engine._label)  # what `arm` changes is put back afterwards
    arm(how, CANARY)
    parts = [
        ContentPart(part_id=str(n), part_kind="message", sealed=Sealed(text))
        for n, text in enumerate([SPOKEN, "call +49 30 901820 about it", SPOKEN])
    ]
    with Labeller(b"k") as labeller:
        labelled = labeller.read_parts(
            ContentRef(kind="chat", object_id="c"), parts, tenant="t", source="s", now=1_000_000
        )
    assert all(part.sealed.dropped for part in parts)
    assert labelled.reading.outcome == "partly_read"
    assert labelled.reading.reason == "the labeller could not finish a part"
    assert {match.part_id for match in labelled.matches} == {"1"}
    assert not any(needle in repr(labelled) for needle in NEEDLES)


SIGNALS = [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS]


@pytest.mark.parametrize("how", SIGNALS, ids=lambda how: how.name)
def test_a_worker_that_dies_in_the_middle_of_a_file_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    """Ended while it holds the file: a plain reason, no dump, nothing written, and the next file is read."""
    monkeypatch.chdir(tmp_path)
    before = set(Path("/").glob("core*"))
    readers = Readers()
    try:
        assert readers.read(docx("warm")).text
        process = readers._idle[-1]._process
        answers: list[FileText] = []
        reading = threading.Thread(target=lambda: answers.append(readers.read(docx(SPOKEN, 300_000))))
        start = cpu_ticks(process.pid)
        reading.start()
        wait_until_busy(process.pid, start)
        os.kill(process.pid, how)
        reading.join(60)
        assert [answer.reason for answer in answers] == [
            "could not read a file: its reader ran over its limits and was ended"
        ]
        assert process.returncode == -how
        assert CANARY in readers.read(docx(SPOKEN)).text
    finally:
        readers.close()
    assert set(Path("/").glob("core*")) == before  # the worker's folder, where a dump would lie
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_runs_out_of_memory_says_so_without_content() -> None:
    """A text of 60 million different characters in one PDF does not fit a gibibyte together with its copies."""
    with_stream = greedy_pdf(SPOKEN)
    readers = Readers()
    try:
        answer = readers.read(with_stream, name="big.pdf")
        assert not any(needle in repr(answer) for needle in NEEDLES)
        assert answer.unreadable or answer.text
        assert CANARY in readers.read(docx(SPOKEN)).text
    finally:
        readers.close()


def test_a_worker_cannot_dump_core() -> None:
    readers = Readers()
    try:
        assert readers.read(docx("warm")).text
        limits = Path(f"/proc/{readers._idle[-1]._process.pid}/limits").read_text("ascii")
    finally:
        readers.close()
    assert re.search(r"Max core file size +0 +0", limits)


def test_fanlights_own_process_cannot_be_dumped(tmp_path: Path) -> None:
    """Also where a kernel pipes dumps to a program, which the limit alone does not stop."""
    code = (
        "import ctypes, resource, sys\n"
        "import fanlight.cli.main as command\n"
        "command.build = lambda: lambda: print(resource.getrlimit(resource.RLIMIT_CORE), "
        "ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
        "command.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "(0, 0) 0\n"


def cpu_ticks(pid: int) -> int:
    """Processor time of a process in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def wait_until_busy(pid: int, start: int) -> None:
    """Until the process has worked for a fifth of a second since `start`."""
    deadline = time.monotonic() + 30
    while cpu_ticks(pid) < start + os.sysconf("SC_CLK_TCK") // 5:
        assert time.monotonic() < deadline, "the worker did not begin to read"


def greedy_pdf(text: str) -> bytes:
    """A PDF whose one page says the text a hundred thousand times."""
    import zlib

    said = b"BT /F 9 Tf 9 9 Td " + f"({text}) Tj ".encode() * 100_000 + b"ET"
    stream = zlib.compress(said)
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length " + str(len(stream)).encode() + b">>stream\n" + stream
        + b"\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n"
    )  # fmt: skip
