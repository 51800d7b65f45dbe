"""Every bomb through the whole labeller: the service keeps its memory, its time and its answer to the next file."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fanlight.labels import Labeller
from fanlight.labels.files import Readers
from support.bombs import BOMBS, GIANTS, corruptions, docx, samples

pytestmark = pytest.mark.long

GIBIBYTE = 1 << 30
CARD = docx("<w:p><w:r><w:t>my card is 4916 3380 6082 7832</w:t></w:r></w:p>")
ALL = {**BOMBS, **GIANTS}


@pytest.fixture(scope="module")
def labeller() -> Iterator[Labeller]:
    with Labeller(b"a key of the tests", workers=2) as made:
        made.label_text("warm")
        yield made


def own_memory() -> int:
    """Most memory this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_service_is_unharmed(labeller: Labeller, name: str) -> None:
    """Own memory grows by less than a gibibyte, the reader's never passes one, and a card is found right after."""
    bomb = ALL[name]()
    before, started = own_memory(), time.monotonic()
    labels, file = labeller.label_file(bomb, name=name)
    assert time.monotonic() - started < 120
    assert own_memory() - before < GIBIBYTE
    assert file.reason == "" or file.reason.startswith(("could not read a file: ", "read in part: "))
    assert file.unreadable == file.reason.startswith("could not read")
    assert not file.unreadable or not labels.spans
    assert "PAYMENT_CARD" in labeller.label_file(CARD, name="card.docx")[0].categories


def test_a_reader_never_holds_more_than_a_gibibyte() -> None:
    """Watched from outside while the giants are read."""
    readers = Readers()
    most, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            for worker in list(readers._idle) or [w for w in [current[0]] if w is not None]:
                try:
                    status = Path(f"/proc/{worker._process.pid}/status").read_text("ascii")
                except OSError:
                    continue
                most[0] = max([most[0], *(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)])

    current: list[object] = [None]
    take = readers._take

    def taken() -> object:
        current[0] = take()
        return current[0]

    readers._take = taken  # type: ignore[method-assign,assignment]
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for make in ALL.values():
            readers.read(make(), name="bomb")
    finally:
        stop.set()
        watcher.join()
        readers.close()
    assert 0 < most[0] * 1024 <= GIBIBYTE


def test_bombs_do_not_hold_up_the_other_reader(labeller: Labeller) -> None:
    """While one of two readers chews on a bomb, cards are found by the other."""
    with ThreadPoolExecutor(2) as pool:
        chewing = pool.submit(labeller.label_file, GIANTS["objects.pdf"](), name="objects.pdf")
        found = [labeller.label_file(CARD, name="card.docx")[0].categories for _ in range(5)]
        assert chewing.result()[1].unreadable
    assert all("PAYMENT_CARD" in categories for categories in found)


@pytest.mark.parametrize("every", [5, 23, 101, 499])
@pytest.mark.parametrize("name", sorted(samples()))
def test_a_file_broken_at_every_nth_byte_is_answered(labeller: Labeller, name: str, every: int) -> None:
    for broken in corruptions(samples()[name] * 3 if name.endswith((".eml", ".html")) else samples()[name], every):
        labels, file = labeller.label_file(broken, name=name)
        assert file.unreadable or labels.characters or file.reason or name == "a.rtf"  # a broken head hides all
