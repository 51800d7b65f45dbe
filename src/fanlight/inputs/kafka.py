"""Kafka topics: each message once, by offsets that move in the transaction that stores the rows.

The broker's own idea of what was consumed is not used: partitions are assigned by hand at the stored offsets, and the
broker only says what it still has. One process reads a topic.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import orjson

from fanlight.inputs.commits import Committer
from fanlight.inputs.records import Arrived, Mapped, Mapper
from fanlight.inputs.senders import Sender, SenderProblem, read_settings
from fanlight.inputs.texts import records_of_line
from fanlight.inputs.watching import watch_senders
from fanlight.model import Micros
from fanlight.pipeline.home import Home
from fanlight.sources.contract import Notice
from fanlight.sources.files import Unread

__all__ = ["Topic", "need_kafka", "split_address", "watch_topics"]

_MOST = 5_000
_WAIT_SECONDS = 1.0
_PARTITIONS_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_AGAIN_SECONDS = 5.0
_LOG = logging.getLogger("fanlight.inputs")


def need_kafka() -> None:
    """Raises `SenderProblem` when the client library is not installed."""
    try:
        import confluent_kafka  # noqa: F401
    except ImportError:
        raise SenderProblem("Kafka needs the package confluent-kafka: pip install 'fanlight[kafka]'.") from None


def split_address(text: str) -> tuple[str, str, str]:
    """Brokers, topic and the reference of a settings file (or nothing) of `BROKER:PORT,…/TOPIC[?REFERENCE]`."""
    address, _, reference = text.partition("?")
    brokers, mark, topic = address.rpartition("/")
    if not mark or not topic or not all(":" in broker for broker in brokers.split(",")):
        raise SenderProblem("A topic is given as BROKER:PORT/TOPIC, several brokers with commas between them.")
    return brokers, topic, reference


class Topic:
    """One sender's topic. `look` takes what is there; call it again and again, then `close`."""

    def __init__(self, home: Home, committer: Committer, sender: Sender) -> None:
        from confluent_kafka import Consumer

        self._home = home
        self._committer = committer
        self._sender = sender
        self._mapper = Mapper(home)
        brokers, self._topic, reference = split_address(sender.where)
        self._gap = False
        self._consumer: Any = Consumer(
            {
                **read_settings(home, reference, "Kafka"),
                "bootstrap.servers": brokers,
                "group.id": f"fanlight-{home.tenant}-{sender.name}",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "log_level": 2,
            }
        )
        cursor = home.state.cursor(sender.source, sender.stream)
        self._offsets: dict[int, int] = {int(key): value for key, value in orjson.loads(cursor or "{}").items()}
        self._assigned: frozenset[int] = frozenset()
        self._looked_at = float("-inf")

    def look(self, wait: float = _WAIT_SECONDS) -> int:
        """Take up to a few thousand messages; returns how many events were new. Raises what the commit raises."""
        self._assign()
        messages: list[Any] = self._consumer.consume(_MOST, wait)
        if not messages:
            return 0
        now = self._home.clock.now()
        taken = Mapped()
        offsets = dict(self._offsets)
        unread, gap, self._gap = 0, self._gap, False
        for message in messages:
            if message.error() is not None:
                continue
            partition, offset = message.partition(), message.offset()
            offsets[partition] = offset + 1
            mapped = self._map(message.value() or b"", message.timestamp()[1], now)
            if mapped is None:
                unread += 1
            else:
                taken.add(mapped)
        cursor = orjson.dumps({str(key): value for key, value in sorted(offsets.items())}).decode()
        notices = self._notices(unread, gap, now)
        batch = self._mapper.batch(self._sender, taken, now, cursor=cursor, rejected=unread, notices=notices)
        try:
            new = self._committer.offer(batch).result()
        except BaseException:
            self._assigned = frozenset()  # read again from the stored offsets
            self._looked_at = float("-inf")
            raise
        self._offsets = offsets
        return new

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()
        self._mapper.close()

    def _assign(self) -> None:
        from confluent_kafka import TopicPartition

        if time.monotonic() - self._looked_at < _PARTITIONS_SECONDS:
            return
        about = self._consumer.list_topics(self._topic, timeout=_ANSWER_SECONDS).topics[self._topic]
        self._looked_at = time.monotonic()
        partitions = frozenset(about.partitions)
        if partitions != self._assigned:
            places = [TopicPartition(self._topic, number, self._start(number)) for number in sorted(partitions)]
            self._consumer.assign(places)
            self._assigned = partitions

    def _start(self, partition: int) -> int:
        """Where to go on: at the stored offset, unless the topic no longer has it or was made anew."""
        from confluent_kafka import TopicPartition

        low, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), _ANSWER_SECONDS)
        stored = self._offsets.get(partition)
        if stored is None or stored > high:
            return int(low)
        self._gap = self._gap or low > stored
        return max(stored, int(low))

    def _map(self, data: bytes, written: int, now: Micros) -> Mapped | None:
        found = records_of_line(self._topic, 0, data)
        if isinstance(found, Unread):
            return None
        taken = Mapped()
        for record in found:
            mapped = self._mapper.map_one(self._sender, Arrived(record, written * 1_000 if written > 0 else None), now)
            if mapped is None:
                return None
            taken.add(mapped)
        return taken

    def _notices(self, unread: int, gap: bool, now: Micros) -> list[Notice]:
        name, kind = self._sender.name, self._sender.kind
        told = []
        if unread:
            told.append(
                Notice(kind="drift", sentence=f"Some messages of {name} are not of the kind {kind} and are not stored.",
                       at=now)
            )  # fmt: skip
        if gap:
            sentence = f"The topic of {name} no longer has messages that were not read yet; what they told is unknown."
            told.append(Notice(kind="coverage", sentence=sentence, at=now))
        return told


def watch_topics(home: Home, committer: Committer, stop: threading.Event) -> None:
    """Read every sender's topic until told to stop."""
    watch_senders(home, stop, committer.broken, "kafka", lambda sender: Topic(home, committer, sender))
