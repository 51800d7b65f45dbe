"""The cost of a text grows with its length and with nothing else. `tests/long/test_label_cost_long.py` asks more."""

import random
import time

import pytest

from fanlight.labels.engine import Engine
from fanlight.labels.recognizers import recognizers

SIZE = 12_000
SLOWEST = 100e-6
"""Seconds of processor a character that no text may need, on a busy machine."""
REPEATED = [
    "7", "a", "A", "aB3", '"', "'", "=", "key=", "secret ", "password: ", "password=abc123 ", " ", "\n", "@", "a@",
    "a.", "a-", "://", "http://a:b@", "1 2 3 4 ", "eyJ", "-----BEGIN PRIVATE KEY-----", "address ", "12 Garden Road ",
    "Anna Miller ", "x = f(a);\n", "a,b,1234567\n", "doctor: patient ", "\u200b", "張", "\U0001f600", "confidential ",
    "Basic ", "server=a;password=", "born ", "deadbeef0123", "newrelickey-", "mixpanelapikey:",
    "piazza exchangeratesapiCarcinomaPlease update the file of the employee, cpf 829.247.208-85. ",
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine(b"k")
    made.label("Anna Miller, 4111 1111 1111 1111")
    return made


def seconds(engine: Engine, text: str) -> float:
    started = time.process_time()
    engine.label(text)
    return time.process_time() - started


@pytest.mark.parametrize("unit", REPEATED)
def test_no_repetition_is_slow(engine, unit):
    text = (unit * SIZE)[:SIZE]
    assert min(seconds(engine, text) for _ in range(2)) < SLOWEST * SIZE


def test_no_words_of_recognizers_are_slow_together(engine):
    draw = random.Random(20)
    literals = sorted({anchor for recognizer in recognizers() for anchor in recognizer.anchors})
    bits = [*literals, *"\"'=:/ \n\t.,-_@|;()<>0aZ", "4111 1111 1111 1111", "a1B2c3D4e5F6g7H8"]
    for _ in range(60):
        unit = "".join(draw.choices(bits, k=draw.randint(1, 6)))
        text = (unit * SIZE)[:SIZE]
        assert min(seconds(engine, text) for _ in range(2)) < SLOWEST * SIZE, unit


@pytest.mark.parametrize("unit", ["a", "key=", "1 2 ", "a@b.co ", "the Garden of Anna Miller is 12 km away. "])
def test_ten_times_the_text_takes_ten_times_the_time(engine, unit):
    """Room for the noise of a busy machine; the exact figure is measured in the long test."""
    small, large = (unit * 40_000)[:40_000], (unit * 400_000)[:400_000]
    few = min(seconds(engine, small) for _ in range(3))
    many = min(seconds(engine, large) for _ in range(2))
    assert many < 18 * few + 0.02
