"""Fills the sentences of `labels_sentences.yml`, of which the name model learns; the slots are told there."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

__all__ = ["WORDS", "Slots"]

WORDS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
"""Sentences, and words of each kind."""


class Slots:
    """Fills everything in a sentence that is no name. `family` are family names, for companies and streets."""

    def __init__(self, places: list[str], family: list[str]) -> None:
        lists = {"t": "business", "k": "german", "d": "days", "j": "jobs", "l": "languages"}
        self._lists = {slot: WORDS[name] for slot, name in lists.items()} | {"p": places, "F": family}
        self._made: Mapping[str, Callable[[random.Random], str]] = {
            "o": self._company, "x": self._product, "s": self._street, "T": self._title, "i": _number, "e": self._email,
        }  # fmt: skip

    def fill(self, draw: random.Random, slot: str) -> str:
        """Words for one slot."""
        made = self._made.get(slot)
        return made(draw) if made is not None else draw.choice(self._lists[slot])

    def _product(self, draw: random.Random) -> str:
        return draw.choice(WORDS["products"]) + (f" {self.fill(draw, 't')}" if draw.random() < 0.15 else "")

    def _title(self, draw: random.Random) -> str:
        return " ".join(draw.sample(WORDS["business"], draw.choice((2, 2, 3, 4))))

    def _email(self, draw: random.Random) -> str:
        return f"{self.fill(draw, 't').lower()}{draw.randint(1, 99)}@example.com"

    def _company(self, draw: random.Random) -> str:
        one, two, three = (self.fill(draw, "F") for _ in range(3))
        firm, word = draw.choice(WORDS["firms"]), self.fill(draw, "t")
        kind = draw.random()
        if kind < 0.35:
            return f"{one} {firm}"
        if kind < 0.5:
            return f"{one} & {draw.choice(('Sons', 'Co', two))}"
        if kind < 0.6:
            return draw.choice((f"{one}-{two}", f"{one}, {two} and {three}")) + draw.choice(("", " Ltd", " Inc"))
        return f"{word} {firm}" if kind < 0.8 else draw.choice(WORDS["products"])

    def _street(self, draw: random.Random) -> str:
        name = self.fill(draw, draw.choice("Ftp"))
        number, street = draw.randint(1, 2400), draw.choice(WORDS["streets"])
        return draw.choice((
            f"{number} {name} {street}", f"{name}straße {number}", f"rue {name} {number}", f"Via {name} {number}",
            f"Calle {name} {number}",
        ))  # fmt: skip


def _number(draw: random.Random) -> str:
    return str(draw.choice((draw.randint(1, 99), draw.randint(100, 9999), draw.randint(10**6, 10**9))))
