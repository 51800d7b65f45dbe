"""Who may send: one entry a sender, bound to one kind of record. Tokens are kept as a keyed hash only."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from sqlalchemy import delete, select

from fanlight.model import Micros
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import importable, is_name
from fanlight.state import schema
from fanlight.state.vault import KeyProblem

__all__ = [
    "OTLP",
    "Doorkeeper",
    "Sender",
    "SenderProblem",
    "Way",
    "add_sender",
    "list_senders",
    "read_settings",
    "remove_sender",
    "standing_of",
]

Way = Literal["token", "folder", "syslog", "kafka", "bucket"]

OTLP = "claude_telemetry"
"""Kind of the senders of OpenTelemetry logs: agents on people's machines."""

_PREFIX = "sender/"
_RELOAD_SECONDS = 2.0
_SHORTEST_TOKEN = 16


class SenderProblem(ValueError):
    """A sender cannot be added or found; the text is one sentence to the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One system that sends. `where` is a folder, a network or a topic, by its way; `digest` stands for its token."""

    name: str
    kind: str
    source: str
    """Name under which its events are kept."""
    way: Way
    where: str = ""
    digest: str = ""
    added_at: Micros = 0

    @property
    def stream(self) -> str:
        """Name of its line in the table of cursors."""
        return f"{self.way}/{self.name}"


def add_sender(
    home: Home,
    name: str,
    kind: str,
    *,
    source: str | None = None,
    folder: Path | None = None,
    network: str | None = None,
    topic: str | None = None,
    bucket: str | None = None,
    token: str | None = None,
) -> tuple[Sender, str]:
    """Let a system send; returns it and its token (empty where it needs none). Raises `SenderProblem`.

    The token is made here and shown once, unless the sender brings its own.
    """
    _check(home, name, kind, source)
    way: Way = "token"
    where = ""
    if folder is not None:
        if not folder.is_dir():
            raise SenderProblem(f"There is no folder {folder}; make it first.")
        way, where = "folder", str(folder.resolve())
    if network is not None:
        way, where = "syslog", _network(network)
    if topic is not None:
        from fanlight.inputs.kafka import need_kafka, split_address

        need_kafka()
        split_address(topic)
        way, where = "kafka", topic
    if bucket is not None:
        from fanlight.inputs.buckets import open_bucket

        way, where = "bucket", bucket
        open_bucket(home, bucket).close()
    if kind == OTLP and way != "token":
        raise SenderProblem("Telemetry of agents comes over HTTP with a token; leave the rest out.")
    given = ""
    if way == "token":
        given = token or str(uuid.uuid4())
        if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isprintable():
            raise SenderProblem(f"A token has at least {_SHORTEST_TOKEN} printable ASCII characters.")
    digest = _digest(home.vault.tenant_key("senders"), given) if given else ""
    if digest and any(known.digest == digest for known in list_senders(home)):
        raise SenderProblem("Another sender has this token already; each sender needs one of its own.")
    with home.state.tick() as tick:
        sender = Sender(
            name=name, kind=kind, source=source or name, way=way, where=where, digest=digest, added_at=tick.now
        )
        tick.set_fact(_PREFIX + name, orjson.dumps(asdict(sender)).decode())
        tick.audit("operator", "sender added", name, f"{kind} by {way}")
    return sender, given


def read_settings(home: Home, reference: str, what: str) -> Mapping[str, Any]:
    """Settings with secrets out of a file that only we can read; none without a reference. Raises `SenderProblem`."""
    if not reference:
        return {}
    try:
        found = orjson.loads(home.vault.read(reference))
    except (KeyProblem, orjson.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        raise SenderProblem(f"The settings for {what} cannot be read: one JSON object, readable by you alone.")
    return found


def remove_sender(home: Home, name: str) -> None:
    """Refuse what this sender sends from now on; what it brought stays. Raises `SenderProblem`."""
    table = schema.facts
    with home.state.tick() as tick:
        gone = tick.connection.execute(
            delete(table).where(table.c.tenant == home.tenant, table.c.name == _PREFIX + name)
        ).rowcount
        if not gone:
            raise SenderProblem(f"There is no sender named {name}; `fanlight sender list` shows those there are.")
        tick.audit("operator", "sender removed", name)


def list_senders(home: Home) -> list[Sender]:
    """All senders of the tenant by name."""
    table = schema.facts
    with home.state.view() as connection:
        rows = connection.execute(
            select(table.c.value)
            .where(table.c.tenant == home.tenant, table.c.name.startswith(_PREFIX, autoescape=True))
            .order_by(table.c.name)
        ).scalars()
        return [Sender(**orjson.loads(row)) for row in rows]


class Doorkeeper:
    """Finds the sender of a token or of an address. Who is added counts at once, who is removed within two seconds."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._key = home.vault.tenant_key("senders")
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._by_digest: Mapping[str, Sender] = {}
        self._networks: Sequence[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Sender]] = ()

    def by_token(self, token: str) -> Sender | None:
        """The sender that has this token."""
        digest = _digest(self._key, token)
        self._refresh(_RELOAD_SECONDS)
        if digest not in self._by_digest:
            self._refresh(0.0)  # it may have been made a moment ago
        return self._by_digest.get(digest)

    def by_address(self, address: str) -> Sender | None:
        """The syslog sender whose network, the narrowest, holds this address."""
        self._refresh(_RELOAD_SECONDS)
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return next((sender for network, sender in self._networks if found in network), None)

    def _refresh(self, age: float) -> None:
        with self._lock:
            if time.monotonic() - self._read_at < age:
                return
            senders = list_senders(self._home)
            self._by_digest = {sender.digest: sender for sender in senders if sender.way == "token"}
            networks = [(ipaddress.ip_network(s.where), s) for s in senders if s.way == "syslog"]
            self._networks = sorted(networks, key=lambda pair: -pair[0].prefixlen)
            self._read_at = time.monotonic()


def _check(home: Home, name: str, kind: str, source: str | None) -> None:
    for text in (name, source or name):
        if not is_name(text):
            raise SenderProblem("A name has letters, digits, dots, dashes and underscores, 63 at most.")
    known = sorted(set(importable()) - {"directory"})
    if kind not in known:
        raise SenderProblem(f"Records of the kind {kind} are not known; these are: {', '.join(known)}.")
    if any(sender.name == name for sender in list_senders(home)):
        raise SenderProblem(f"There is already a sender named {name}; remove it first or choose another name.")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise SenderProblem(f"{text} is not an address or a network such as 192.0.2.0/24.") from None


def _digest(key: bytes, token: str) -> str:
    return hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def standing_of(home: Home, sender: Sender) -> tuple[int, Micros | None, Micros | None]:
    """How many events a sender brought, the newest's time, and when the last commit was."""
    table = schema.cursors
    with home.state.view() as connection:
        row = connection.execute(
            select(table.c.rows, table.c.newest_at, table.c.updated_at).where(
                table.c.tenant == home.tenant, table.c.source == sender.source, table.c.stream == sender.stream
            )
        ).first()
    return (int(row.rows), row.newest_at, row.updated_at) if row is not None else (0, None, None)
