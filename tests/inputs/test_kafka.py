"""Kafka against librdkafka's own cluster: each message once, through restarts and commits that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanlight.inputs.commits import Committer
from fanlight.inputs.senders import SenderProblem, add_sender
from fanlight.model import Event
from fanlight.pipeline.home import Home
from fanlight.state import schema

kafka = pytest.importorskip("confluent_kafka")

Produce = Callable[[bytes], None]


@pytest.fixture
def committer(home: Home) -> Iterator[Committer]:
    running = Committer(home, home.state.take_lease("inputs", 600), linger=0.01)
    yield running
    running.close()


@pytest.fixture
def cluster() -> Iterator[tuple[str, Any]]:
    """Address and producer of a cluster inside this process, with four partitions a topic."""
    producer = kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "x", "log_level": 2})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}", producer
    producer.flush(10)


def line(number: int) -> bytes:
    return json.dumps({"epochtime": 1795144442, "recordid": number, "login": "a@example.com"}).encode()


def numbers(home: Home) -> list[int]:
    with home.reader() as reader:
        return sorted(int(event.event_id.rpartition(":")[2]) for event in reader.rows(Event))


def test_each_message_is_stored_once_through_restarts_and_failed_commits(
    home: Home, committer: Committer, cluster: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fanlight.inputs.kafka import Topic

    address, producer = cluster
    sender, token = add_sender(home, "stream", "zscaler_zia", topic=f"{address}/proxy")
    assert token == ""
    for number in range(1, 201):
        producer.produce("proxy", line(number), partition=number % 4)
    producer.produce("proxy", b"plain secret words", partition=0)
    producer.flush(10)
    topic = Topic(home, committer, sender)
    with monkeypatch.context() as broken:
        broken.setattr("fanlight.inputs.commits._commit", _full)
        while True:
            try:
                topic.look(0.5)
            except OSError:
                break
    found = 0
    for _ in range(40):
        found += topic.look(0.5)
        if found == 200:
            break
    topic.close()
    assert numbers(home) == list(range(1, 201))
    for number in range(201, 241):
        producer.produce("proxy", line(number), partition=number % 4)
    producer.flush(10)
    again = Topic(home, committer, sender)
    for _ in range(40):
        found += again.look(0.5)
        if found == 240:
            break
    again.close()
    assert numbers(home) == list(range(1, 241))
    cursor = json.loads(home.state.cursor("stream", "kafka/stream") or "")
    assert sum(cursor.values()) == 241
    with home.state.view() as connection:
        sentences = [row.sentence for row in connection.execute(schema.notices.select())]
    assert len(sentences) == 1
    assert "secret" not in sentences[0]


@pytest.mark.parametrize("address", ["proxy", "host/proxy", "host:9092/", "host:9092"])
def test_a_topic_needs_brokers_and_a_name(home: Home, address: str) -> None:
    with pytest.raises(SenderProblem):
        add_sender(home, "stream", "zscaler_zia", topic=address)


def _full(*_: object) -> None:
    raise OSError("full")
