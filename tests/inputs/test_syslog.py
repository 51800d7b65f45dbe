"""Syslog: framings, headers and payloads; who is not known is not heard."""

from __future__ import annotations

import json
import random
import socket
import threading
from typing import Any

import pytest

from fanlight.inputs.senders import remove_sender
from fanlight.inputs.syslog import Framing, parse_message
from fanlight.model import Event, parse_time
from fanlight.state import schema
from inputs.conftest import Listening

NOW = parse_time("2026-01-02T00:00:00Z")


def line(number: int) -> dict[str, Any]:
    return {"epochtime": 1795144442, "recordid": number, "action": "Allowed", "login": "ana.rao@example.com"}


def counted(data: bytes) -> bytes:
    return b"%d %s" % (len(data), data)


def test_both_framings_may_come_in_any_pieces() -> None:
    messages = [b"<134>1 - - - - - - one", b"<13>two\nlines", b"three " + b"x" * 5000, b"4 begins with a digit"]
    stream = counted(messages[0]) + counted(messages[1]) + messages[2] + b"\n" + counted(messages[3]) + b"<1>last\r\n"
    chance = random.Random(7)
    for _ in range(200):
        framing, found, at = Framing(), [], 0
        while at < len(stream):
            step = chance.choice((1, 2, 7, 100, 5000))
            found += framing.feed(stream[at : at + step])
            at += step
        assert [*found, *framing.end()] == [*messages, b"<1>last"]


def test_a_line_without_its_end_counts_when_the_sender_closes() -> None:
    framing = Framing()
    assert framing.feed(b"<134>abc\n<134>de") == [b"<134>abc"]
    assert framing.end() == [b"<134>de"]


def test_a_line_that_never_ends_is_dropped_and_the_next_one_is_read() -> None:
    framing = Framing()
    for _ in range(20):
        framing.feed(b"x" * 100_000)
    assert framing.feed(b"rest\n<134>next\n") == [b"<134>next"]
    assert framing.too_long == 1


@pytest.mark.parametrize(
    ("data", "payload", "moment", "host"),
    [
        (b"<134>1 2026-01-01T10:00:00Z nss zia - - - {}", "{}", "2026-01-01T10:00:00Z", "nss"),
        (b'<134>1 - - - - - [a@1 b="x]\\"y" c="d"][e@2] {}', "{}", None, None),
        ("<134>1 - h - - - - \ufeff{}".encode(), "{}", None, "h"),
        (b"<134>Jan  1 10:00:00 nss zia[12]: {}", "{}", "2026-01-01T10:00:00Z", "nss"),
        (b"<134>Dec 31 10:00:00 nss {}", "{}", "2025-12-31T10:00:00Z", "nss"),
        (b"<134>{}", "{}", None, None),
        (b'{"a": 1}', '{"a": 1}', None, None),
        (b"CEF:0|a|b|c|d|e|f|g=h", "CEF:0|a|b|c|d|e|f|g=h", None, None),
    ],
)
def test_headers_are_read_and_payloads_left_whole(
    data: bytes, payload: str, moment: str | None, host: str | None
) -> None:
    message = parse_message(data, NOW)
    assert message.payload == payload
    assert message.moment == (parse_time(moment) if moment else None)
    assert message.header.get("host") == host


def until(listening: Listening, number: int) -> list[Event]:
    """The stored events, once there are so many (at most twenty seconds later)."""
    waiting = threading.Event()
    for _ in range(200):
        if len(found := listening.stored()) >= number:
            return found
        waiting.wait(0.1)
    return listening.stored()


def test_messages_over_tcp_and_udp_become_events(listening: Listening) -> None:
    with socket.create_connection(("127.0.0.1", listening.syslog_port)) as connection:
        connection.sendall(b"<134>1 2026-11-20T03:14:02Z nss zia - - - " + json.dumps(line(1)).encode() + b"\n")
        connection.sendall(counted(b"<134>Nov 20 03:14:02 nss zia: " + json.dumps(line(2)).encode()))
        connection.sendall(b"2026-11-20 03:14:02\trecordid=3\tlogin=bo@example.com\taction=Blocked\n")
        connection.sendall(b"<134>just words\n")
        connection.sendall(b"<134>" + json.dumps(line(4)).encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<134>" + json.dumps(line(5)).encode(), ("127.0.0.1", listening.syslog_port))
    found = until(listening, 5)
    assert sorted(event.event_id.rpartition(":")[2] for event in found) == ["1", "2", "3", "4", "5"]
    assert {event.source for event in found} == {"appliance"}
    with listening.home.state.view() as connection_:
        notices = connection_.execute(schema.notices.select()).all()
    assert [notice.source for notice in notices] == ["appliance"]
    assert "words" not in notices[0].sentence


def test_who_is_not_known_is_not_heard(listening: Listening) -> None:
    remove_sender(listening.home, "appliance")
    with socket.create_connection(("127.0.0.1", listening.syslog_port)) as connection:
        connection.settimeout(20)
        assert connection.recv(10) == b""
    assert listening.stored() == []
