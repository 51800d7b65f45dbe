"""The receiver's HTTP side: who sends, reading within limits, and one answer after the commit."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from fanlight.inputs.acks import Acknowledgements
from fanlight.inputs.batch import Batch, Refused
from fanlight.inputs.bodies import Room, read_body, unpack
from fanlight.inputs.commits import Committer
from fanlight.inputs.hec import read_events, read_raw
from fanlight.inputs.records import Arrived, Mapper
from fanlight.inputs.senders import OTLP, Doorkeeper, Sender
from fanlight.pipeline.home import Home
from fanlight.sources.native import read_moment

__all__ = ["Receiver", "Request"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, Mapping[str, Any] | bytes, Mapping[str, str]]

_LOG = logging.getLogger("fanlight.inputs")
_BUSY_SECONDS = "1"
_NOTHING_STORED = "Nothing of this request could be stored now; send it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a route needs to know of a request besides its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def channel(self) -> str:
        """The acknowledgement channel, empty when there is none."""
        return self.headers.get("x-splunk-request-channel", "") or self.query.get("channel", "")


class Receiver:
    """An ASGI application over one home. Mapping and labelling run in threads of their own: nobody holds up others."""

    def __init__(self, home: Home, committer: Committer, room: Room | None = None) -> None:
        from fanlight.inputs.otlp import TelemetryReader

        self._home = home
        self._committer = committer
        self._door = Doorkeeper(home)
        self._mapper = Mapper(home)
        self._telemetry = TelemetryReader(home)
        self._acks = Acknowledgements(home)
        self._room = room or Room()
        self._mapping = ThreadPoolExecutor(1, thread_name_prefix="map")
        self._labelling = ThreadPoolExecutor(1, thread_name_prefix="label")  # slower by far, and for few senders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = _request(scope)
        try:
            status, body, headers = await self._answer(request, receive)
        except Refused as problem:
            status, body, headers = _refusal(request, problem)
        except Exception as problem:  # noqa: BLE001 - its text may quote what was sent, so only its kind is told
            _LOG.error("A request was not stored (%s).", type(problem).__name__)
            status, body, headers = _refusal(request, Refused(_NOTHING_STORED, status=503, code=9))
        await _reply(send, status, body, headers)

    def close(self) -> None:
        """Let what is being mapped end."""
        for pool in (self._mapping, self._labelling):
            pool.shutdown(wait=True, cancel_futures=True)
        self._telemetry.close()
        self._mapper.close()

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        path = request.path.rstrip("/")
        if path in ("/services/collector/health", "/services/collector/health/1.0", "/health"):
            healthy = not self._committer.broken.is_set()
            text = {"text": "HEC is healthy", "code": 17} if healthy else {"text": "HEC is unhealthy", "code": 18}
            return (200 if healthy else 503), text, {}
        take = self._route(path)
        if take is None:
            raise Refused("There is no such address here; see docs/inputs.md.", status=404, code=6)
        if request.method != "POST" and not path.startswith("/services/collector/ack"):
            raise Refused("This address takes POST.", status=405, code=6)
        sender = self._sender(request)
        with self._room.stay(sender.name) as reserve:
            body = await read_body(receive, reserve)
            return await take(request, sender, body, reserve)

    def _route(self, path: str) -> Callable[[Request, Sender, bytes, Callable[[int], None]], Awaitable[Answer]] | None:
        if path in ("/services/collector", "/services/collector/event", "/services/collector/event/1.0"):
            return self._take_events
        if path in ("/services/collector/raw", "/services/collector/raw/1.0"):
            return self._take_raw
        if path in ("/services/collector/ack", "/services/collector/ack/1.0"):
            return self._tell_acks
        if path == "/ingest" or path.startswith("/ingest/"):
            return self._take_lines
        if path in ("/v1/logs", "/v1/traces", "/v1/metrics"):
            return self._take_telemetry
        return None

    def _sender(self, request: Request) -> Sender:
        header = request.headers.get("authorization", "")
        if not header:
            raise Refused("Token is required", status=401, code=2)
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() == "basic":
            token = _basic(token)
        elif scheme.lower() not in ("splunk", "bearer"):
            raise Refused("Invalid authorization", status=401, code=3)
        if not token:
            raise Refused("Invalid authorization", status=401, code=3)
        sender = self._door.by_token(token)
        if sender is None:
            raise Refused("Invalid token", status=403, code=4)
        return sender

    async def _take_events(
        self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None]
    ) -> Answer:
        return await self._collect(request, sender, body, reserve, read_events)

    async def _take_raw(self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None]) -> Answer:
        moment = read_moment(request.query.get("time"))
        return await self._collect(request, sender, body, reserve, lambda data: read_raw(data, moment))

    async def _take_lines(
        self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None]
    ) -> Answer:
        asked = request.path.removeprefix("/ingest").strip("/")
        if asked and asked not in (sender.source, sender.name):
            raise Refused(f"This token belongs to {sender.source}, not to the address's source.", status=403, code=4)
        records, new = await self._store_records(request, sender, body, reserve, lambda data: read_raw(data, None))
        return 200, {"records": records, "new": new}, {}

    async def _collect(
        self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None],
        read: Callable[[bytes], list[Arrived]],
    ) -> Answer:  # fmt: skip
        await self._store_records(request, sender, body, reserve, read)
        answer: dict[str, Any] = {"text": "Success", "code": 0}
        if request.channel:
            answer["ackId"] = self._acks.give(request.channel)
        return 200, answer, {}

    async def _store_records(
        self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None],
        read: Callable[[bytes], list[Arrived]],
    ) -> tuple[int, int]:  # fmt: skip
        if sender.kind == OTLP:
            raise Refused("This token is for telemetry of agents (/v1/logs), not for records.", status=403, code=4)
        now = self._home.clock.now()

        def work() -> tuple[int, Batch]:
            data = unpack(body, request.headers.get("content-encoding", ""))
            reserve(max(0, len(data) - len(body)))
            arrived = read(data)
            return len(arrived), self._mapper.batch(sender, self._mapper.map(sender, arrived, now), now)

        records, batch = await asyncio.wrap_future(self._mapping.submit(work))
        return records, await self._stored(batch)

    async def _take_telemetry(
        self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None]
    ) -> Answer:
        if sender.kind != OTLP:
            raise Refused(f"This token is for records of the kind {sender.kind}, not for telemetry.", status=403)
        as_json = _is_json(request)
        signal = request.path.rstrip("/").rpartition("/")[2]
        now = self._home.clock.now()

        def work() -> tuple[int, Batch]:
            data = unpack(body, request.headers.get("content-encoding", ""))
            reserve(max(0, len(data) - len(body)))
            return self._telemetry.read(signal, data, sender, now, as_json=as_json)

        rejected, batch = await asyncio.wrap_future(self._labelling.submit(work))
        if batch.events:
            await self._stored(batch)
        answer = self._telemetry.answer(signal, rejected, as_json=as_json)
        kind = "application/json" if as_json else "application/x-protobuf"
        return 200, answer, {"content-type": kind}

    async def _tell_acks(self, request: Request, sender: Sender, body: bytes, reserve: Callable[[int], None]) -> Answer:
        del sender, reserve
        if not request.channel:
            raise Refused("Data channel is missing", code=10)
        try:
            asked = orjson.loads(body)["acks"]
            told = {str(number): self._acks.given(request.channel, number) for number in asked}
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise Refused("Invalid data format", code=6) from None
        return 200, {"acks": told}, {}

    async def _stored(self, batch: Batch) -> int:
        promised: Future[int] = self._committer.offer(batch)
        return await asyncio.wrap_future(promised)


def _request(scope: Scope) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = {name: values[-1] for name, values in parse_qs(scope.get("query_string", b"").decode("latin-1")).items()}
    return Request(method=scope["method"], path=scope["path"], headers=headers, query=query)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-protobuf", "application/protobuf"):
        return False
    if kind == "application/json":
        return True
    raise Refused("Telemetry is read as application/x-protobuf or application/json.", status=415)


def _basic(text: str) -> str:
    """The password of basic authorization: some senders put the token there."""
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refusal(request: Request, problem: Refused) -> Answer:
    headers = {"retry-after": _BUSY_SECONDS} if problem.status in (429, 503) else {}
    if request.path.startswith("/v1/"):
        return problem.status, {"code": problem.status, "message": str(problem)}, headers
    if not request.path.startswith("/services/"):
        return problem.status, {"sentence": str(problem)}, headers
    body: dict[str, Any] = {"text": str(problem), "code": problem.code}
    if problem.number is not None:
        body["invalid-event-number"] = problem.number
    return problem.status, body, headers


async def _reply(send: Send, status: int, body: Mapping[str, Any] | bytes, headers: Mapping[str, str]) -> None:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {"content-type": "application/json", "content-length": str(len(data)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
    )
    await send({"type": "http.response.body", "body": data})
