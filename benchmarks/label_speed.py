"""Speed of the text engine: `python benchmarks/label_speed.py [--large]`.

MB of UTF-8 text a second of processor time, on texts that are made here and on the shared label collection where it is
present, with and without the name model; start-up; memory; and how the time grows with the length (`--large`: 100 MB).
The `loop` column is the processor time of a fixed Python loop beside each measurement: how busy the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from pathlib import Path

from fanlight.labels import Labeller

SHARED = Path(os.environ.get("FANLIGHT_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "label-eval"
WORDS = (
    "the", "a", "of", "to", "and", "in", "is", "for", "that", "this", "with", "on", "as", "it", "be", "are", "we",
    "you", "can", "from", "or", "an", "by", "not", "at", "have", "will", "has", "our", "your", "all", "new", "more",
    "about", "which", "when", "how", "data", "team", "time", "work", "plan", "project", "week", "people", "report",
    "first", "system", "change", "need", "way", "good", "next", "part", "list", "page", "order", "file", "write",
    "review", "short", "draft", "question", "answer", "example", "model",
)  # fmt: skip


def sentence(draw: random.Random) -> str:
    chosen = [draw.choice(WORDS) for _ in range(draw.randint(6, 18))]
    return " ".join(chosen).capitalize() + draw.choice(".....?!")


def item(draw: random.Random) -> str:
    digits = "".join(draw.choices("0123456789", k=10))
    letters = "".join(draw.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=36))
    return draw.choice((
        f"Call me at 415-555-{digits[:4]}.", f"My mail is user{digits[:4]}@example.com.", f"order {digits} is late",
        f"the password is Summer-{digits[:4]}!", "Please charge 4111 1111 1111 1111.", f"token ghp_{letters}",
        f"request {letters} took {digits[:3]} ms", f"invoice 2024-{digits[:6]}", "SSN 781-05-5433",
        f"api_key={letters}", "IBAN DE89 3704 0044 0532 0130 00", f"Anna Example lives at {digits[:2]} Garden Road",
    ))  # fmt: skip


def texts(draw: random.Random, megabytes: float, size: int, chance: float) -> list[str]:
    made: list[str] = []
    total = 0
    while total < megabytes * 1e6:
        parts: list[str] = []
        length = 0
        while length < size:
            parts.append(item(draw) if draw.random() < chance else sentence(draw))
            length += len(parts[-1]) + 1
        made.append("\n".join(parts))
        total += length
    return made


def loop() -> float:
    started = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    return time.process_time() - started


def measure(labeller: Labeller, name: str, chosen: list[str]) -> None:
    size = sum(len(text.encode()) for text in chosen)
    labeller.label_texts(chosen[:20])
    best = 1e9
    busy = loop()
    for _ in range(3):
        started = time.process_time()
        for begin in range(0, len(chosen), 500):
            labeller.label_texts(chosen[begin : begin + 500])
        best = min(best, time.process_time() - started)
    speed = f"{size / 1e6 / best:7.1f} MB/s   loop {busy * 1e3:.0f} ms"
    print(f"  {name:<36} {size / 1e6:6.1f} MB {len(chosen):6} texts {speed}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", action="store_true", help="also 10 and 100 MB in one text")
    arguments = parser.parse_args()
    draw = random.Random(1)
    chosen = {
        "dense, 800 characters each": texts(draw, 2, 800, 0.35),
        "dense, 20,000 characters each": texts(draw, 3, 20_000, 0.35),
        "sparse, 2,000 characters each": texts(draw, 4, 2_000, 0.005),
        "sparse, 50,000 characters each": texts(draw, 5, 50_000, 0.005),
    }
    if SHARED.exists():
        lines = (SHARED / "docs.jsonl").read_text("utf-8").splitlines()
        chosen["label collection, developers' half"] = [json.loads(line)["text"] for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        for label in ("nothing cached", "patterns cached"):
            started = time.process_time()
            Labeller(b"benchmark", cache=Path(folder)).label_text("Anna Example, 1")
            print(f"start-up, {label}: {time.process_time() - started:.2f} s of processor")
        for names in (True, False):
            print("with names" if names else "without names")
            with Labeller(b"benchmark", cache=Path(folder), names=names) as labeller:
                for name, made in chosen.items():
                    measure(labeller, name, made)
        print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB (texts included)")
        if arguments.large:
            grow(Labeller(b"benchmark", cache=Path(folder)))


def grow(labeller: Labeller) -> None:
    unit = "\n".join(texts(random.Random(2), 1, 50_000, 0.005))
    for copies in (10, 100):
        text = unit * copies
        started = time.process_time()
        labeller.label_text(text)
        used = time.process_time() - started
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"one text of {len(text) / 1e6:.0f} MB: {used:.2f} s, most memory {most:.0f} MB")


if __name__ == "__main__":
    main()
