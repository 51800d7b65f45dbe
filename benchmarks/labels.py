"""MB of text a second of processor time, labels room: `python benchmarks/labels.py [--without-names]`.

Dense: short texts with an item every few hundred bytes. Sparse: ordinary chat and documentation prose. Both are made
here; the shared label collection is measured too where it is present. Also prints start-up with and without a cache of
compiled patterns, and memory. `labels.py quality` measures what is found, `labels.py unseen` what is found in texts
that no rule was written against, `labels.py peers` compares with others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from fanlight.labels import Labeller

SHARED = Path(os.environ.get("FANLIGHT_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "label-eval"
WORDS = """the a of to and in is for that this with on as it be are we you can from or an by not at have will has our
your all new more about which when how what use data team time work plan project week people make report first system
change need way help good next part list email page order file write review short long draft question answer example
model""".split()  # noqa: SIM905


def sentence(draw: random.Random) -> str:
    chosen = [draw.choice(WORDS) for _ in range(draw.randint(6, 18))]
    return " ".join(chosen).capitalize() + draw.choice(".....?!")


def item(draw: random.Random) -> str:
    digits = "".join(draw.choices("0123456789", k=10))
    letters = "".join(draw.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=36))
    return draw.choice(
        (
            f"Call me at 415-555-{digits[:4]}.",
            f"My mail is user{digits[:4]}@example.com.",
            f"order {digits} is late",
            f"the password is Summer-{digits[:4]}!",
            "Please charge 4111 1111 1111 1111.",
            f"token ghp_{letters}",
            f"request {letters} took {digits[:3]} ms",
            f"invoice 2024-{digits[:6]}",
            "SSN 781-05-5433",
            f"api_key={letters}",
            "IBAN DE89 3704 0044 0532 0130 00",
            f"Anna Example lives at {digits[:2]} Garden Road",
        )
    )


def texts(draw: random.Random, megabytes: float, size: int, chance: float) -> list[str]:
    made: list[str] = []
    total = 0
    while total < megabytes * 1e6:
        parts: list[str] = []
        length = 0
        while length < size:
            part = item(draw) if draw.random() < chance else sentence(draw)
            parts.append(part)
            length += len(part) + 1
        made.append("\n".join(parts))
        total += length
    return made


def measure(labeller: Labeller, name: str, chosen: list[str]) -> None:
    size = sum(len(text.encode()) for text in chosen)
    labeller.label_text(chosen[0])
    started = time.process_time()
    spans = sum(len(labeller.label_text(text).spans) for text in chosen)
    used = time.process_time() - started
    print(
        f"{name:<34} {size / 1e6:6.1f} MB {len(chosen):6} texts {spans:7} spans "
        f"{size / 1e6 / used:7.2f} MB per CPU second"
    )


def main() -> None:
    modules = {"quality": "label_quality", "peers": "labels_peers", "unseen": "labels_unseen"}
    if sys.argv[1:2] and sys.argv[1] in modules:
        module = importlib.import_module(modules[sys.argv[1]])
        raise SystemExit(module.main(sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-names", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for label in ("start-up, nothing cached", "start-up, patterns cached"):
            started = time.perf_counter()
            labeller = Labeller(b"benchmark", cache=Path(folder), names=not arguments.without_names)
            labeller.label_text("Anna Example, 1")
            print(f"{label:<34} {time.perf_counter() - started:.2f} s")
        draw = random.Random(1)
        measure(labeller, "dense, 800 characters each", texts(draw, 2, 800, 0.35))
        measure(labeller, "dense, 20,000 characters each", texts(draw, 3, 20_000, 0.35))
        measure(labeller, "sparse, 2,000 characters each", texts(draw, 4, 2_000, 0.005))
        measure(labeller, "sparse, 50,000 characters each", texts(draw, 5, 50_000, 0.005))
        if SHARED.exists():
            lines = (SHARED / "docs.jsonl").read_text("utf-8").splitlines()
            measure(labeller, "label collection, developers' half", [json.loads(line)["text"] for line in lines])
        print(f"{'most memory':<34} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


if __name__ == "__main__":
    main()
