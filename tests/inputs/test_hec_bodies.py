"""Bodies of the event collector are read whole or refused whole, with the collector's own codes."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.inputs.batch import Refused
from fanlight.inputs.bodies import LARGEST_BODY, Room, read_body, unpack
from fanlight.inputs.hec import MOST_EVENTS, read_events, read_raw

ONE = {"event": {"a": 1}}


def joined(between: str, *envelopes: object) -> bytes:
    return between.join(json.dumps(envelope) for envelope in envelopes).encode()


@pytest.mark.parametrize("between", ["", "\n", "\r\n", "  ", "\n\n\t"])
def test_objects_may_follow_each_other_with_any_white_space(between: str) -> None:
    arrived = read_events(joined(between, *({"event": {"n": n}} for n in range(5))))
    assert [one.record for one in arrived] == [{"n": n} for n in range(5)]


@pytest.mark.parametrize("text", ["}{", "} {", "a}\n{b", '}{"event":{}}{', "\\}{"])
def test_a_text_that_looks_like_a_boundary_is_no_boundary(text: str) -> None:
    arrived = read_events(joined("", {"event": {"text": text}}, {"event": {"n": 2}}))
    assert [one.record for one in arrived] == [{"text": text}, {"n": 2}]


def test_commas_between_objects_change_no_text() -> None:
    arrived = read_events(b'{"event":{"t":"}{"}} , {"event":{"t":"},{"}}{"event":{"n":1}}')
    assert [one.record for one in arrived] == [{"t": "}{"}, {"t": "},{"}, {"n": 1}]


def test_lists_of_objects_inside_an_event_are_left_alone() -> None:
    event = {"target": [{"id": 1}, {"id": 2}], "deep": [[{"x": {}}, {"y": []}]]}
    assert read_events(joined("", {"event": event}, ONE))[0].record == event


def test_a_list_of_envelopes_is_taken_too() -> None:
    assert len(read_events(json.dumps([ONE, ONE]).encode())) == 2


@pytest.mark.parametrize("written", [1795144442, 1795144442.5, "1795144442.250"])
def test_the_envelope_tells_a_time(written: float | str) -> None:
    (one,) = read_events(joined("", {"time": written, "event": {"a": 1}}))
    assert one.moment == int(float(written) * 1_000_000)


def test_what_the_envelope_says_stays_beside_the_record() -> None:
    (one,) = read_events(joined("", {"host": "nss-1", "sourcetype": "web", "fields": {"site": "x"}, **ONE}))
    assert one.record == {"a": 1, "collector": {"host": "nss-1", "sourcetype": "web", "fields": {"site": "x"}}}


def test_an_event_may_be_text_in_a_form_that_is_known() -> None:
    texts = ['{"a": 1}', "2026-11-20 03:14:02\tlogin=ana\thost=claude.ai",
             "CEF:0|Vendor|Proxy|1|100|Web \\| access|5|suser=ana rao msg=a\\=b c dhost=claude.ai"]  # fmt: skip
    arrived = read_events(joined("", *({"event": text} for text in texts)))
    assert arrived[0].record == {"a": 1}
    assert arrived[1].record == {"datetime": "2026-11-20 03:14:02", "login": "ana", "host": "claude.ai"}
    cef = arrived[2].record
    assert (cef["suser"], cef["msg"], cef["dhost"], cef["name"]) == ("ana rao", "a=b c", "claude.ai", "Web | access")


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        (b"", 5, None),
        (b"  \n", 5, None),
        (b"no json", 6, 0),
        (joined("", ONE) + b"{", 6, 1),
        (joined("", ONE) + b"[1]", 6, 1),
        (joined("", ONE, {"time": 1}), 12, 1),
        (joined("", ONE, ONE, {"event": ""}), 13, 2),
        (joined("", {"event": None}), 13, 0),
        (joined("", {"event": "just words"}), 6, 0),
        (joined("", {"time": "yesterday", "event": {"a": 1}}), 15, 0),
        (b'{"event": "\xff"}', 6, 0),
        (b"[" * 100_000, 6, 0),
        (b'{"event":' * 100_000, 6, 0),
    ],
)
def test_one_bad_event_refuses_the_request_and_is_named(body: bytes, code: int, number: int | None) -> None:
    with pytest.raises(Refused) as refused:
        read_events(body)
    assert (refused.value.code, refused.value.number) == (code, number)


def test_a_refusal_never_quotes_what_was_sent() -> None:
    with pytest.raises(Refused) as refused:
        read_events(b'{"event": {"prompt": "the secret plan"')
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_too_many_events_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        read_events(b'{"event":{"a":1}}' * (MOST_EVENTS + 1))
    assert refused.value.status == 413


def test_raw_bodies_are_lines_or_documents() -> None:
    assert [one.record for one in read_raw(b'{"a":1}\n{"a":2}\n', None)] == [{"a": 1}, {"a": 2}]
    assert [one.record for one in read_raw(b'[{"a":1},{"a":2}]', 7)] == [{"a": 1}, {"a": 2}]
    assert [one.record for one in read_raw(b'{"Records":[{"a":1}]}', 7)] == [{"a": 1}]
    assert read_raw(b"CEF:0|v|p|1|2|n|3|suser=ana\n", None)[0].record["suser"] == "ana"
    with pytest.raises(Refused):
        read_raw(b'{"a":1}\nplain words\n', None)


def test_packed_bodies_are_unpacked() -> None:
    data = b'{"event":{"a":1}}' * 1000
    assert unpack(gzip.compress(data, mtime=0), "gzip") == data
    assert unpack(gzip.compress(data, mtime=0) + gzip.compress(data), "GZIP ") == data * 2
    assert unpack(zlib.compress(data), "deflate") == data
    assert unpack(zstandard.compress(data), "zstd") == data
    assert unpack(data, "") == data


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"plain", "gzip", 400),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "gzip", 400),
        (gzip.compress(b"\0" * (LARGEST_BODY + 1), mtime=0), "gzip", 413),
        (zstandard.compress(b"\0" * (LARGEST_BODY + 1)), "zstd", 413),
        (b"x", "br", 415),
    ],
)
def test_bodies_that_cannot_be_unpacked_or_are_bombs_are_refused(body: bytes, encoding: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        unpack(body, encoding)
    assert refused.value.status == status


def test_one_sender_cannot_take_all_the_room() -> None:
    room = Room(1000)
    with room.stay("loud") as take, room.stay("calm") as take_calm:
        take(500)
        with pytest.raises(Refused) as refused:
            take(1)
        assert (refused.value.status, refused.value.code) == (503, 9)
        take_calm(500)
    with room.stay("loud") as take:
        take(500)


def test_a_sender_that_falls_silent_is_let_go() -> None:
    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(Refused) as refused:
        asyncio.run(read_body(silent, lambda _: None, silence=0.01))
    assert refused.value.status == 408


def test_a_body_larger_than_allowed_is_refused_before_it_is_kept() -> None:
    async def endless() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    taken = 0

    def take(number: int) -> None:
        nonlocal taken
        taken += number

    with pytest.raises(Refused) as refused:
        asyncio.run(read_body(endless, take))
    assert refused.value.status == 413
    assert taken <= LARGEST_BODY


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(st.text(max_size=8), VALUES, min_size=1, max_size=4), min_size=1, max_size=5)


@settings(deadline=None)
@given(EVENTS, st.sampled_from(["", "\n", "\r\n", " ", "\t\n "]))
def test_what_was_put_in_comes_out_whatever_stands_in_the_texts(events: list[dict[str, Any]], between: str) -> None:
    events = [event for event in events if "collector" not in event]
    body = between.join(json.dumps({"event": event}, ensure_ascii=False) for event in events).encode()
    if events:
        assert [one.record for one in read_events(body)] == events


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text('{}[]",:ev1 \n\\', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Refused):
        read_events(body)
    with suppress(Refused):
        read_raw(body, None)
