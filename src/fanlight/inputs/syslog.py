"""Syslog: RFC 5424 and 3164 over TCP (octet counting and lines) and, when asked for, UDP.

Syslog has no acknowledgement. Over TCP a sender is read only as fast as commits go, so it keeps what is not read; what
was read and not committed when this process dies is lost, which is why HTTP is the better road. UDP loses by nature.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fanlight.inputs.batch import Batch
from fanlight.inputs.commits import Committer
from fanlight.inputs.records import Arrived, Mapped, Mapper
from fanlight.inputs.senders import Doorkeeper, Sender
from fanlight.inputs.texts import records_of_line
from fanlight.model import DAY, Micros
from fanlight.pipeline.home import Home
from fanlight.sources.contract import Notice
from fanlight.sources.files import Unread
from fanlight.sources.native import read_moment
from fanlight.state import LeaseLost

__all__ = ["Framing", "Message", "parse_message", "serve_syslog"]

_LONGEST = 1024 * 1024
_MOST = 5_000
_WAIT_SECONDS = 0.2
_AGAIN_SECONDS = 1.0
_MOST_DATAGRAMS = 20_000
_CHUNK = 64 * 1024

_PRIORITY = re.compile(r"<(\d{1,3})>")
_RFC5424 = re.compile(r"1 (\S+) (\S+) (\S+) (\S+) (\S+) ")
_DATA = re.compile(r"(?:-|(?:\[(?:[^\]\\\"]|\"(?:[^\"\\]|\\.)*\"|\\.)*\])+)\s?")
_RFC3164 = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\S+) ")
_TAG = re.compile(r"([A-Za-z0-9_./\-]{1,48})(?:\[\d+\])?: ?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LOG = logging.getLogger("fanlight.inputs")


@dataclass(frozen=True, slots=True)
class Message:
    """One syslog message: what its header says, and the payload."""

    payload: str
    moment: Micros | None
    header: Mapping[str, Any]


class Framing:
    """Cuts a TCP stream into messages: `LENGTH SP MESSAGE`, or lines, decided message by message (RFC 6587)."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False
        self.too_long = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete with these bytes."""
        self._rest += data
        found: list[bytes] = []
        while self._rest:
            counted = not self._skipping and b"1" <= self._rest[:1] <= b"9"
            if not (self._counted(found) if counted else self._line(found)):
                break
        return found

    def end(self) -> list[bytes]:
        """What is left when the sender closes: a last line without its end."""
        last = bytes(self._rest).strip()
        self._rest.clear()
        return [last] if last and not self._skipping and not last[:1].isdigit() else []

    def _counted(self, found: list[bytes]) -> bool:
        blank = self._rest.find(b" ", 0, 9)
        digits = bytes(self._rest[: blank if blank >= 0 else 8])
        if not digits.isdigit():
            return self._line(found)  # a line that begins with a digit, for example a date
        if blank < 0:
            return False if len(self._rest) < 9 else self._line(found)
        length = int(digits)
        if length > _LONGEST:
            return self._line(found)
        end = blank + 1 + length
        if len(self._rest) < end:
            return False
        found.append(bytes(self._rest[blank + 1 : end]).strip(b"\r\n\0"))
        del self._rest[:end]
        return True

    def _line(self, found: list[bytes]) -> bool:
        end = self._rest.find(b"\n")
        if end < 0:
            if len(self._rest) > _LONGEST:
                self.too_long += not self._skipping
                self._skipping = True
                self._rest.clear()
            return False
        line = bytes(self._rest[:end]).strip(b"\r\0 ")
        del self._rest[: end + 1]
        if self._skipping:
            self._skipping = False
        elif line:
            found.append(line)
        return True


def parse_message(data: bytes, now: Micros) -> Message:
    """Header and payload of a message; one without any header is payload alone."""
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    head: dict[str, Any] = {}
    if found := _PRIORITY.match(text):
        head["priority"] = int(found[1])
        text = text[found.end() :]
    if found := _RFC5424.match(text):
        moment = read_moment(found[1]) if found[1] != "-" else None
        head |= {name: value for name, value in zip(("host", "app", "process", "message_id"), found.groups()[1:],
                                                    strict=True) if value != "-"}  # fmt: skip
        text = text[found.end() :]
        if data_part := _DATA.match(text):
            text = text[data_part.end() :]
        return Message(text.lstrip("\ufeff"), moment, head | {"time": found[1]})
    if found := _RFC3164.match(text):
        head |= {"host": found[4], "time": f"{found[1]} {found[2]} {found[3]}"}
        text = text[found.end() :]
        if tag := _TAG.match(text):
            head["app"] = tag[1]
            text = text[tag.end() :]
        return Message(text, _of_month(found[1], found[2], found[3], now), head)
    if "priority" in head and (tag := _TAG.match(text)):
        head["app"] = tag[1]
        text = text[tag.end() :]
    return Message(text, None, head)


def _of_month(month: str, day: str, clock: str, now: Micros) -> Micros | None:
    """A time without year and zone: UTC, in the year that puts it nearest before tomorrow."""
    if month not in _MONTHS:
        return None
    year = datetime.fromtimestamp(now / 1_000_000, UTC).year
    for candidate in (year, year - 1):
        moment = read_moment(f"{candidate}-{_MONTHS.index(month) + 1:02}-{int(day):02} {clock}")
        if moment is not None and moment <= now + DAY:
            return moment
    return None


class _Line:
    """What one sender sends over one connection (or by datagrams), gathered and committed in turn."""

    def __init__(self, home: Home, committer: Committer, mapper: Mapper) -> None:
        self._home = home
        self._committer = committer
        self._mapper = mapper

    async def store(self, sender: Sender, messages: Sequence[bytes], lost: int = 0) -> None:
        """Commit these messages; tries again until it works or the worker ends."""
        batch = await asyncio.to_thread(self._map, sender, messages, lost)
        while not self._committer.broken.is_set():
            try:
                await asyncio.wrap_future(self._committer.offer(batch))
            except LeaseLost:
                return
            except Exception as problem:  # noqa: BLE001 - its text may quote what was sent
                _LOG.error("Syslog messages wait to be stored (%s).", type(problem).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    def _map(self, sender: Sender, messages: Sequence[bytes], lost: int) -> Batch:
        now = self._home.clock.now()
        taken = Mapped()
        unread = lost
        for data in messages:
            message = parse_message(data, now)
            found = records_of_line("syslog", 0, message.payload.strip().encode("utf-8", "replace"))
            if isinstance(found, Unread):
                unread += 1
                continue
            for record in found:
                whole = {**record, "collector": message.header} if "collector" not in record else record
                mapped = self._mapper.map_one(sender, Arrived(whole, message.moment), now)
                if mapped is None:
                    unread += 1
                else:
                    taken.add(mapped)
        notices = [_notice(sender, now)] if unread else []
        return self._mapper.batch(sender, taken, now, rejected=unread, notices=notices)


def _notice(sender: Sender, now: Micros) -> Notice:
    sentence = f"Some lines that {sender.name} sends are not of the kind {sender.kind} and are not stored."
    return Notice(kind="drift", sentence=sentence, at=now)


@asynccontextmanager
async def serve_syslog(
    home: Home,
    committer: Committer,
    listening: socket.socket | None,
    datagrams: socket.socket | None,
    context: ssl.SSLContext | None,
) -> AsyncIterator[None]:
    """Take syslog on these sockets while the block runs; without sockets, nothing."""
    if listening is None:
        yield
        return
    mapper = Mapper(home)
    door, line = Doorkeeper(home), _Line(home, committer, mapper)
    open_lines: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            open_lines.add(task)
            task.add_done_callback(open_lines.discard)
        sender = door.by_address(writer.get_extra_info("peername")[0])
        try:
            if sender is not None:
                await _read(reader, line, sender)
        finally:
            writer.close()

    server = await asyncio.start_server(take, sock=listening, ssl=context, limit=_CHUNK)
    inbox = _Inbox(door)
    loop = asyncio.get_running_loop()
    drain = None
    if datagrams is not None:
        await loop.create_datagram_endpoint(lambda: inbox, sock=datagrams)
        drain = asyncio.create_task(_drain(inbox, line))
    try:
        yield
    finally:
        server.close()
        for task in (*open_lines, *([drain] if drain is not None else [])):
            task.cancel()
        await asyncio.gather(*open_lines, *([drain] if drain is not None else []), return_exceptions=True)
        mapper.close()


async def _read(reader: asyncio.StreamReader, line: _Line, sender: Sender) -> None:
    """Read, gather for a moment, commit, read on: while a commit runs nothing more is read."""
    framing = Framing()
    waiting: list[bytes] = []
    ended = False
    while not ended:
        try:
            deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
            while len(waiting) < _MOST:
                left = deadline - asyncio.get_running_loop().time()
                data = await asyncio.wait_for(reader.read(_CHUNK), None if not waiting else max(0.001, left))
                if not data:
                    waiting += framing.end()
                    ended = True
                    break
                if not waiting:
                    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
                waiting += framing.feed(data)
        except TimeoutError:
            pass
        except (ConnectionError, asyncio.CancelledError):
            ended = True
        if waiting or framing.too_long:
            await line.store(sender, waiting, framing.too_long)
            waiting, framing.too_long = [], 0


class _Inbox(asyncio.DatagramProtocol):
    """Datagrams that wait, by sender; what does not fit is lost and counted."""

    def __init__(self, door: Doorkeeper) -> None:
        self._door = door
        self.waiting: dict[Sender, list[bytes]] = {}
        self.lost: dict[Sender, int] = {}

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        sender = self._door.by_address(str(address[0]))
        if sender is None:
            return
        waiting = self.waiting.setdefault(sender, [])
        if len(waiting) < _MOST_DATAGRAMS:
            waiting.append(data.strip(b"\r\n\0"))
        else:
            self.lost[sender] = self.lost.get(sender, 0) + 1


async def _drain(inbox: _Inbox, line: _Line) -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(_WAIT_SECONDS)
        waiting, inbox.waiting = inbox.waiting, {}
        lost, inbox.lost = inbox.lost, {}
        for sender, messages in waiting.items():
            await line.store(sender, messages, lost.get(sender, 0))
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return
