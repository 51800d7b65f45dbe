"""Texts that were written before any rule was looked at, with the values in them made up while the test runs."""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parents[1] / "labels" / "unseen"
_MARK = re.compile(r"§([a-zA-Z0-9]+?_?)(\d*)§")
_ALPHABETS = {
    "hex": "0123456789abcdef", "HEX": "0123456789ABCDEF", "an": string.ascii_letters + string.digits,
    "low": string.ascii_lowercase + string.digits, "up": string.ascii_uppercase + string.digits,
    "dig": string.digits, "let": string.ascii_letters, "b64_": string.ascii_letters + string.digits + "+/",
    "b64u_": string.ascii_letters + string.digits + "-_", "b32_": string.ascii_uppercase + "234567",
    "mix": string.ascii_letters + string.digits + "!@#^&*(-_=+)",
}  # fmt: skip
_WORDS = (
    "Kestrel",
    "Harbour",
    "Juniper",
    "Sommer",
    "Leuchtturm",
    "Montagne",
    "Gatto",
    "Verano",
    "Zima",
    "Orchid",
    "Falcon",
)
_SMALL = ("copper", "violin", "harbor", "maple", "tundra", "saddle", "pickle", "quartz", "ribbon", "lantern")


@dataclass(frozen=True, slots=True)
class Unseen:
    """One text, what it is asked for, whether it holds that, and whether rules were mended by looking at it."""

    label: str
    text: str
    holds: bool
    looked_at: bool

    def is_in(self, categories: Collection[str]) -> bool:
        """Whether the label, or one of the labels, was given."""
        return any(label in categories for label in self.label.removeprefix("any of ").split(", "))


def unseen(name: str, seeds: int = 2) -> Iterator[Unseen]:
    """The texts of one file, each with as many different values as there are seeds."""
    raw = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    for holds, kind in ((True, "positives"), (False, "negatives")):
        for index, template in enumerate(raw[kind]):
            for seed in range(seeds if "§" in template else 1):
                draw = random.Random(f"{name} {kind} {index} {seed}")
                text = _MARK.sub(
                    lambda match, draw=draw: _value(draw, match.group(1), int(match.group(2) or 0)), template
                )
                yield Unseen(raw["label"], text, holds, looked_at=index % 2 == 0 or bool(raw.get("all_looked_at")))


def _value(draw: random.Random, kind: str, size: int) -> str:
    if kind in _ALPHABETS:
        return "".join(draw.choices(_ALPHABETS[kind], k=size))
    if kind == "pin":
        return draw.choice("123456789") + "".join(draw.choices(string.digits, k=size - 1))
    if kind == "uuid":
        found = "".join(draw.choices("0123456789abcdef", k=32))
        return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"
    if kind == "jwt":
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(f'{{"sub":"{draw.randint(1000, 9999)}","exp":1893456000}}'.encode()).decode()
        return f"{head}.{body.rstrip('=')}.{_value(draw, 'b64u_', 43)}"
    if kind == "basic":
        return base64.b64encode(f"svc:{_password(draw, 'pwr')}".encode()).decode()
    if kind == "phrase":
        return "-".join(draw.sample(_SMALL, 4))
    return _password(draw, kind)


def _password(draw: random.Random, kind: str) -> str:
    """As people choose them (`pww`), as programs make them (`pwr`), for use in an address (`pwu`), or any (`pw`)."""
    word, number, sign = draw.choice(_WORDS), draw.randint(10, 9999), draw.choice("!#*?%+")
    wordy = draw.choice(
        (
            f"{word}{sign}{number}",
            f"{word}{number}{sign}",
            f"{word.lower()}{number}",
            f"{word}-{number}",
            f"{word}{number}",
        ),
    )
    if kind == "pww":
        return wordy
    plain = string.ascii_letters + string.digits
    signs = {"pwu": "-_.", "pwr": "-_.+!"}.get(kind, "!@#%^&*?+=~")
    made = "".join(
        draw.choices(plain, k=draw.randint(9, 16))
        + draw.choices(signs, k=draw.randint(0, 2))
        + [draw.choice("abcxyz"), draw.choice("23456789")]
    )
    return wordy if kind == "pw" and draw.random() < 0.5 else made
