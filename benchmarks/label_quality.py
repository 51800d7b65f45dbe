"""Quality of the labels, measured: `python benchmarks/labels.py quality [--leave-out NAMES] [--write]`.

Reads the shared label collection (developers' half) and its scorer; prints Markdown tables: every score against every
target, spans, sources, languages, sensitivity of texts without anything sensitive, precision at a base rate of 5 %,
and how far confidence can be trusted. `--leave-out DIR` (the folder with the packages `faker` and `names`) also makes
the weights of the name model again for each source without that source, and scores the source with them. `--write`
puts the tables between the marks of `docs/label-evaluation.md`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanlight.labels import Labeller
from fanlight.labels.sensitivity import of_matches
from fanlight.labels.taxonomy import taxonomy
from fanlight.model import Sealed
from fanlight.sources.contract import ContentPart, ContentRef

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("FANLIGHT_SHARED") or REPOSITORY.parent / "shared") / "label-eval"
PAGE = REPOSITORY / "docs" / "label-evaluation.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

CATEGORIES = ("CONFIDENTIAL_MARK", "CUSTOMER_DATA", "FINANCIAL", "GOV_ID", "HEALTH", "LEGAL", "PAYMENT_CARD",
              "PERSON_NAME", "PII", "SECRET", "SOURCE_CODE")  # fmt: skip
TARGETS: tuple[tuple[str, float, float, str], ...] = (
    # measure, bar, stretch, which of both is asked for
    ("micro F1", 0.88, 0.93, "stretch"),
    ("macro F1", 0.88, 0.93, "stretch"),
    ("hard negatives with a false label", 0.03, 0.015, "stretch"),
    ("PII F1", 0.88, 0.93, "bar"),
    ("PERSON_NAME F1", 0.86, 0.90, "bar"),
    ("GOV_ID F1", 0.92, 0.96, "stretch"),
    ("PAYMENT_CARD F1", 0.96, 0.98, "stretch"),
    ("FINANCIAL F1", 0.93, 0.96, "bar"),
    ("HEALTH F1", 0.93, 0.96, "bar"),
    ("SECRET F1", 0.82, 0.88, "stretch"),
    ("SECRET false-positive rate", 0.01, 0.01, "bar"),
    ("SOURCE_CODE F1", 0.94, 0.97, "bar"),
    ("LEGAL F1", 0.94, 0.97, "bar"),
    ("CUSTOMER_DATA F1", 0.98, 0.99, "bar"),
    ("CONFIDENTIAL_MARK F1", 0.90, 0.95, "bar"),
    ("texts without anything sensitive that reach moderate", 0.005, 0.005, "bar"),
)
"""Notes on labelling, section 7, and the acceptance of issue 3."""
FEWEST = 30
"""Fewer documents than this measure nothing."""


@dataclass(slots=True)
class Counts:
    """Documents of one category: found, wrongly found, missed, rightly left."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def add(self, is_there: bool, was_found: bool) -> None:
        """Take one document."""
        self.tp += is_there and was_found
        self.fp += not is_there and was_found
        self.fn += is_there and not was_found
        self.tn += not is_there and not was_found

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else math.nan

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else math.nan

    @property
    def f1(self) -> float:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fn else math.nan

    @property
    def false_rate(self) -> float:
        return self.fp / (self.fp + self.tn) if self.fp + self.tn else math.nan


@dataclass(slots=True)
class Collection:
    """Texts, gold and predictions by id."""

    texts: dict[str, str] = field(default_factory=dict)
    gold: list[dict[str, Any]] = field(default_factory=list)
    found: dict[str, dict[str, float]] = field(default_factory=dict)
    spans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def load_score() -> Any:
    """The collection's own scorer."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_collection() -> Collection:
    """Documents and gold; naked values are left out, as the scorer does."""
    made = Collection()
    with (SHARED / "gold.jsonl").open(encoding="utf-8") as lines:
        made.gold = [gold for line in lines if (gold := json.loads(line))["kind"] != "bare"]
    wanted = {gold["id"] for gold in made.gold}
    with (SHARED / "docs.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["id"] in wanted:
                made.texts[record["id"]] = record["text"]
    return made


def predict(labeller: Labeller, collection: Collection, ids: Iterable[str]) -> None:
    """Label the texts; kept as `fanlight label --jsonl` prints them."""
    groups = taxonomy().groups
    for key in ids:
        labels = labeller.label_text(collection.texts[key])
        collection.found[key] = dict(labels.categories)
        collection.spans[key] = [
            {"start": s.start, "end": s.end, "type": groups[s.group].span, "score": s.confidence} for s in labels.spans
        ]


def tally(gold: Iterable[Mapping[str, Any]], found: Mapping[str, Mapping[str, float]]) -> dict[str, Counts]:
    """Counts of each category, on the documents where its presence is known."""
    counts: dict[str, Counts] = {}
    for document in gold:
        for category in document["scope"]:
            if category in CATEGORIES:
                there, was_found = category in document["labels"], category in found[document["id"]]
                counts.setdefault(category, Counts()).add(there, was_found)
    return counts


def together(counts: Mapping[str, Counts]) -> Counts:
    """Micro counts."""
    total = Counts()
    for each in counts.values():
        total = total.plus(each)
    return total


def number(value: float, digits: int = 3) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def targets(collection: Collection, counts: Mapping[str, Counts], moderate: float) -> str:
    """Each target with what was reached."""
    hard = [g for g in collection.gold if (g["hard"] is True or str(g["hard"]).startswith("neg")) and not g["labels"]]
    alarms = sum(bool(set(collection.found[g["id"]]) & set(g["scope"])) for g in hard)
    reached: dict[str, float] = {f"{name} F1": each.f1 for name, each in counts.items()}
    reached["micro F1"] = together(counts).f1
    reached["macro F1"] = sum(each.f1 for each in counts.values()) / len(counts)
    reached["hard negatives with a false label"] = alarms / len(hard)
    reached["SECRET false-positive rate"] = counts["SECRET"].false_rate
    reached["texts without anything sensitive that reach moderate"] = moderate
    rows = []
    for name, bar, stretch, asked in TARGETS:
        limit = stretch if asked == "stretch" else bar
        low_is_good = " F1" not in name
        value = reached[name]
        held = value <= limit if low_is_good else value >= limit
        rows.append((name, f"{value:.4f}" if low_is_good else number(value), bar, stretch, asked,
                     "yes" if held else "**no**"))  # fmt: skip
    return table(("measure", "reached", "bar", "stretch", "asked for", "held"), rows)


def categories(counts: Mapping[str, Counts]) -> str:
    """Each category, with what its precision would be where only one document in twenty has it."""
    rows = []
    for name in CATEGORIES:
        each = counts[name]
        worst = upper(each.fp, each.fp + each.tn)
        rows.append((name, each.tp + each.fn, each.fp + each.tn, number(each.precision), number(each.recall),
                     number(each.f1), number(each.false_rate, 4), number(at_base_rate(each.recall, each.false_rate)),
                     number(at_base_rate(each.recall, worst))))  # fmt: skip
    head = ("category", "with", "without", "P", "R", "F1", "false-positive rate", "P at 5 %", "P at 5 %, pessimistic")
    return table(head, rows)


def at_base_rate(recall: float, false_rate: float, base: float = 0.05) -> float:
    """Precision where a share `base` of the documents has the category."""
    found = recall * base
    return found / (found + false_rate * (1 - base)) if found else math.nan


def upper(hits: int, total: int, z: float = 1.645) -> float:
    """The upper end of a one-sided 95 % interval of a share (Wilson)."""
    if not total:
        return math.nan
    share = hits / total
    middle = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle + reach) / (1 + z * z / total)


def grouped(collection: Collection, key: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for gold in collection.gold:
        groups[str(gold[key])].append(gold)
    return groups


def by_group(collection: Collection, key: str) -> str:
    """P and R over all categories for each source or language, the weakest first."""
    rows = []
    for name, documents in grouped(collection, key).items():
        counts = tally(documents, collection.found)
        total = together(counts)
        missed = sorted(counts.items(), key=lambda item: -(item[1].fn + item[1].fp))[:2]
        where = ", ".join(f"{c} {n.fn} missed, {n.fp} wrong" for c, n in missed if n.fn + n.fp)
        rows.append((total.f1, name, len(documents), total, where))
    cells: list[tuple[object, ...]] = []
    for _, name, n, total, where in sorted(rows, key=lambda row: (row[2] < FEWEST, math.isnan(row[0]), row[0], row[1])):
        if n < FEWEST:
            cells.append((name, n, "not measured", "", "", ""))
        else:
            said = [number(value) for value in (total.precision, total.recall, total.f1)]
            cells.append((name, n, *said, where))
    return table((key, "n", "P", "R", "F1", "most errors"), cells)


def span_table(collection: Collection) -> str:
    """Spans by the collection's scorer."""
    score = load_score()
    predictions = {key: (set(found), collection.spans[key]) for key, found in collection.found.items()}
    rows = []
    for group, (hit, wrong, missed) in sorted(score.span_table(collection.gold, predictions).items()):
        p, r, f = score.prf(hit, wrong, missed)
        rows.append((group, hit + missed, number(p), number(r), number(f)))
    return table(("span", "gold", "P", "R", "F1"), rows)


def sensitivity_of(labeller: Labeller, text: str) -> str:
    """Of one text as a message, by the default weights."""
    part = ContentPart(part_id="1", part_kind="message", sealed=Sealed(text))
    read = labeller.read_parts(ContentRef(kind="chat", object_id="1"), [part], tenant="t", source="s", now=1_000_000)
    return of_matches(read.matches)


def harmless(collection: Collection, labeller: Labeller) -> tuple[float, str]:
    """Share of texts without any gold label, all categories known, that reach moderate; and which levels they have."""
    clean = [g for g in collection.gold if not g["labels"] and set(CATEGORIES) <= set(g["scope"])]
    levels: dict[str, int] = defaultdict(int)
    reached = []
    for gold in clean:
        level = sensitivity_of(labeller, collection.texts[gold["id"]])
        levels[level] += 1
        if level in {"moderate", "high"}:
            reached.append((gold["id"], gold["source"], level, ", ".join(collection.found[gold["id"]])))
    share = sum(levels[level] for level in ("moderate", "high")) / len(clean)
    unlabelled = [g for g in collection.gold if not g["labels"]]
    high = [
        g["source"] for g in unlabelled
        if sensitivity_of(labeller, collection.texts[g["id"]]) in {"moderate", "high"} and g not in clean
    ]  # fmt: skip
    lines = [
        f"{len(clean):,} documents whose eleven categories are all known and none is there: "
        + ", ".join(f"{levels[level]:,} {level}" for level in ("none", "low", "moderate", "high"))
        + f"; moderate or above: {share:.2%} (95 % sure below {upper(len(reached), len(clean)):.2%}).",
        "",
        f"Of the {len(unlabelled):,} documents without any gold label, whatever is known of the other categories, "
        f"{len(high):,} reach moderate: " + ", ".join(f"{n} {k}" for k, n in Counter(high).most_common(8)) + ".",
    ]
    if reached:
        lines += ["", table(("document", "source", "level", "labels"), reached)]
    return share, "\n".join(lines)


def calibration(collection: Collection, counts: Mapping[str, Counts]) -> str:
    """How often a label of a confidence is right: as found here, and where one document in twenty has a category."""
    bins: dict[str, Reliability] = defaultdict(Reliability)
    for gold in collection.gold:
        for category, confidence in collection.found[gold["id"]].items():
            if category in gold["scope"] and category in counts:
                for name in _bands(confidence):
                    bins[name].add(category, confidence, category in gold["labels"])
    rows = [(name, each.n, number(each.mean), number(each.right), number(each.rare(counts)))
            for name, each in sorted(bins.items())]  # fmt: skip
    tenths = [each for name, each in bins.items() if name[0].isdigit()]
    total = sum(each.n for each in tenths)
    here = sum(abs(each.mean - each.right) * each.n for each in tenths) / total
    rare = sum(abs(each.mean - each.rare(counts)) * each.n for each in tenths) / total
    head = ("confidence", "labels", "mean confidence", "right here", "right at 5 %")
    return f"{table(head, rows)}\n\nMean gap to the confidence, over tenths: {here:.3f} here, {rare:.3f} at 5 %."


@dataclass(slots=True)
class Reliability:
    """Labels of like confidence, and how many of them were right."""

    n: int = 0
    said: float = 0.0
    hits: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, category: str, confidence: float, right: bool) -> None:
        """Take one label."""
        self.n += 1
        self.said += confidence
        self.hits[category][right] += 1

    @property
    def mean(self) -> float:
        return self.said / self.n

    @property
    def right(self) -> float:
        return sum(right for _, right in self.hits.values()) / self.n

    def rare(self, counts: Mapping[str, Counts], base: float = 0.05) -> float:
        """Share of right ones where a share `base` of the documents has each category."""
        right = wrong = 0.0
        for category, (false, true) in self.hits.items():
            known = counts[category]
            right += true / max(1, known.tp + known.fn) * base
            wrong += false / max(1, known.fp + known.tn) * (1 - base)
        return right / (right + wrong) if right + wrong else math.nan


def _bands(confidence: float) -> Iterator[str]:
    yield "high band" if confidence >= 0.85 else "medium band" if confidence >= 0.65 else "low band"
    yield f"{min(0.9, math.floor(confidence * 10) / 10):.1f} and more"


def leave_out(collection: Collection, names: Path) -> str:
    """The name model made again without each source that it learns from, and judged on that source."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    trainer = importlib.import_module("labels_train")
    made = trainer.Workshop(names, copies=3)
    rows = []
    by_source = grouped(collection, "source")
    for source, documents in sorted(by_source.items()):
        known = [g for g in documents if "PERSON_NAME" in g["scope"] and not g.get("parts")]
        if len(known) < FEWEST or source not in trainer.LEARNED_FROM:
            continue
        apart = Collection(texts=collection.texts, gold=known)
        with made.without(source), Labeller(b"quality") as labeller:
            predict(labeller, apart, (g["id"] for g in known))
        shipped, without = (tally(known, each.found)["PERSON_NAME"] for each in (collection, apart))
        cells = [number(v) for c in (shipped, without) for v in (c.precision, c.recall, c.f1)]
        rows.append((source, len(known), *cells))
    head = (
        "source left out",
        "n",
        "P, shipped",
        "R, shipped",
        "F1, shipped",
        "P, without",
        "R, without",
        "F1, without",
    )
    return table(head, rows)


def report(arguments: argparse.Namespace) -> str:
    """All tables."""
    collection = read_collection()
    with Labeller(b"quality") as labeller:
        started = time.process_time()
        predict(labeller, collection, collection.texts)
        used = time.process_time() - started
        share, told = harmless(collection, labeller)
    counts = tally(collection.gold, collection.found)
    size = sum(len(text.encode()) for text in collection.texts.values()) / 1e6
    parts = [
        ("Targets", targets(collection, counts, share)),
        ("Categories", categories(counts)),
        ("Spans", span_table(collection)),
        ("Texts without anything sensitive", told),
        ("Sources, the weakest first", by_group(collection, "source")),
        ("Languages, the weakest first", by_group(collection, "lang")),
        ("Confidence", calibration(collection, counts)),
    ]
    if arguments.leave_out:
        parts.append(("Names, each source left out of the learning", leave_out(collection, arguments.leave_out)))
    head = f"{len(collection.texts):,} documents, {size:.1f} MB, labelled in {used:.0f} s of processor time."
    return "\n\n".join([head, *(f"### {title}\n\n{body}" for title, body in parts)])


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="labels.py quality", description=__doc__)
    parser.add_argument("--leave-out", type=Path, metavar="NAMES", help="folder with the packages faker and names")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/label-evaluation.md")
    arguments = parser.parse_args(words)
    if not SHARED.is_dir():
        print("The shared label collection is not beside this checkout.", file=sys.stderr)
        return 2
    random.seed(1)
    told = report(arguments)
    print(told)
    if arguments.write:
        page = PAGE.read_text("utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
