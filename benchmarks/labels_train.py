"""Make the weights of the name model: `python benchmarks/labels_train.py --names DIR [--check]`.

Learns from the texts of the shared label collection whose licences allow it (MIT, Apache-2.0, CC BY 4.0, own work; no
share-alike text, and nothing composed from such), with names replaced by names of other countries from the lists of
the `faker` package (MIT) and of the US census (public domain, package `names`). `--check` holds out a fifth of the templates and prints
precision and recall a word on them before the final weights are made. Only weights are written, no text.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.labels.detectors.names import BITS, candidates_of, features_of
from fanlight.labels.text import view_of
from fanlight.labels.tokens import words_of

REPOSITORY = Path(__file__).resolve().parents[1]
WEIGHTS = REPOSITORY / "src/fanlight/labels/weights/names.npz"
SHARED = Path(os.environ.get("FANLIGHT_SHARED", REPOSITORY.parent / "shared"))
LOCALES = (
    "en_US en_GB en_AU en_IN de_DE fr_FR es_ES es_MX it_IT pt_BR pt_PT nl_NL pl_PL sv_SE tr_TR da_DK no_NO fi_FI cs_CZ ro_RO "
    "hu_HU hr_HR ja_JP ko_KR zh_CN zh_TW ru_RU uk_UA el_GR"
).split()
WITH_NAMES = ("presidio-research", "gen-contact", "gen-customers", "gen-govid", "gen-finance", "pl-pii-bench", "pii-nano")
WITHOUT_NAMES = ("accord-templates", "commonpaper", "code", "tech-prose", "gen-lookalike", "gen-card", "gen-password")

Row = tuple[str, list[tuple[int, int]]]


def read_names(folder: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(locale, first name) and (locale, last name) of all locales."""
    sys.path.insert(0, str(folder))
    first: list[tuple[str, str]] = []
    last: list[tuple[str, str]] = []
    for locale in LOCALES:
        try:
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        except ImportError:
            continue
        for attribute, target in (("first_names", first), ("first_names_male", first), ("first_names_female", first), ("last_names", last), ("last_names_male", last), ("last_names_female", last)):
            values: Any = getattr(provider, attribute, ())
            target += [(locale, str(value)) for value in values if str(value).strip()]
    names = Path(str(importlib.import_module("names").__file__)).parent
    for file, target in (("dist.all.last", last), ("dist.female.first", first), ("dist.male.first", first)):
        rows = (names / file).read_text().split("\n")[:4000]
        target += [("en_US", row.split()[0].title()) for row in rows if row.strip()]
    return first, last


def random_name(draw: random.Random, first: dict[str, list[str]], last: dict[str, list[str]]) -> str:
    locale = draw.choice(LOCALES)
    given, family = draw.choice(first[locale]), draw.choice(last[locale])
    kind = draw.random()
    if locale in {"ja_JP", "ko_KR", "zh_CN", "zh_TW"}:
        if any(ord(c) < 128 for c in given + family):
            return f"{given} {family}"
        return family + (" " if draw.random() < 0.4 else "") + given
    if kind < 0.18:
        return given
    if kind < 0.24:
        return family
    if kind < 0.30:
        return f"{given} {draw.choice('ABCDEFGHJKLMNPRSTW')}. {family}"
    if kind < 0.36:
        return f"{given} {draw.choice(first[locale])} {family}"
    if kind < 0.40:
        return f"{family}, {given}"
    if kind < 0.43:
        return f"{given} {family}-{draw.choice(last[locale])}"
    return f"{given} {family}"


def read_rows() -> list[tuple[str, str, str, list[tuple[int, int]]]]:
    """(source, group, text, spans of names) of the documents that may be learned from."""
    folder = SHARED / "label-eval"
    texts = {}
    for line in (folder / "docs.jsonl").open(encoding="utf-8"):
        record = json.loads(line)
        texts[record["id"]] = record["text"]
    rows = []
    for line in (folder / "gold.jsonl").open(encoding="utf-8"):
        gold = json.loads(line)
        if "SA" in str(gold["license"]) or gold.get("parts") or gold["kind"] == "bare":
            continue
        text = texts[gold["id"]]
        spans = sorted((s["start"], s["end"]) for s in gold["spans"] if s["type"] == "PERSON")
        if gold["source"] in WITH_NAMES and "PERSON" in gold["span_scope"]:
            rows.append((gold["source"], gold["group"], text, spans))
        elif gold["source"] in WITHOUT_NAMES or (gold["source"] == "maison-dlp" and not gold["labels"]):
            rows.append((gold["source"], gold["group"], text[:6000], []))
    return rows


def with_other_names(row: Row, draw: random.Random, first: dict[str, list[str]], last: dict[str, list[str]]) -> Row:
    """The same text with every name replaced, the same one by the same one."""
    text, spans = row
    chosen: dict[str, str] = {}
    out: list[str] = []
    marks: list[tuple[int, int]] = []
    place = size = 0
    for start, end in spans:
        if start < place:
            continue
        out.append(text[place:start])
        size += start - place
        name = chosen.setdefault(text[start:end], random_name(draw, first, last))
        if text[start:end].islower():
            name = name.lower()
        elif text[start:end].isupper() and end - start > 3:
            name = name.upper()
        out.append(name)
        marks.append((size, size + len(name)))
        size += len(name)
        place = end
    out.append(text[place:])
    return "".join(out), marks


def to_features(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    features, labels = [], []
    for text, spans in rows:
        view = view_of(text)
        if view.origin is not None or len(view.text) != len(text):
            continue
        words = words_of(view, 0, min(len(text), 60000))
        at = candidates_of(view, words)
        if not len(at):
            continue
        inside = np.zeros(len(text) + 1, dtype=bool)
        for start, end in spans:
            inside[start:end] = True
        features.append(features_of(view, words, at))
        labels.append(inside[words.starts[at]])
    return np.concatenate(features), np.concatenate(labels).astype(np.float32)


def fit(x: np.ndarray, y: np.ndarray, *, epochs: int, seed: int, drop: float = 0.25) -> tuple[np.ndarray, float]:
    """Logistic regression by Adagrad; features of the word itself are dropped now and then so that context is learned."""
    generator = np.random.default_rng(seed)
    weights = np.zeros(1 << BITS, dtype=np.float64)
    past = np.full(1 << BITS, 1e-8)
    bias, bias_past = 0.0, 1e-8
    own = [0, 1, 2, 3, 4, 5, 22]
    context = [6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 21]
    for _ in range(epochs):
        order = generator.permutation(len(y))
        for begin in range(0, len(y), 256):
            rows = order[begin : begin + 256]
            columns = np.ones(x.shape[1], dtype=bool)
            chance = generator.random()
            if chance < drop:
                columns[own] = False
            elif chance < 2 * drop:
                columns[context] = False
            index = x[rows][:, columns]
            score = weights[index].sum(axis=1) + bias
            error = 1 / (1 + np.exp(-np.clip(score, -30, 30))) - y[rows]
            gradient = np.zeros(0)
            flat = index.ravel()
            gradient = np.repeat(error, index.shape[1])
            unique, inverse = np.unique(flat, return_inverse=True)
            total = np.bincount(inverse, weights=gradient) / 16 + 2e-5 * weights[unique]
            past[unique] += total**2
            weights[unique] -= 0.12 * total / np.sqrt(past[unique])
            step = error.mean()
            bias_past += step**2
            bias -= 0.05 * step / np.sqrt(bias_past)
    return weights, bias


def score(weights: np.ndarray, bias: float, x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(weights[x].sum(axis=1) + bias, -30, 30))))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=Path, required=True, help="folder with the packages faker and names")
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    draw = random.Random(11)
    pairs_first, pairs_last = read_names(arguments.names)
    first = {locale: sorted({n for k, n in pairs_first if k == locale}) for locale in LOCALES}
    last = {locale: sorted({n for k, n in pairs_last if k == locale}) for locale in LOCALES}
    LOCALES[:] = [locale for locale in LOCALES if first[locale] and last[locale]]
    rows = read_rows()

    def expand(chosen: list[tuple[str, str, str, list[tuple[int, int]]]]) -> list[Row]:
        out: list[Row] = []
        for source, _, text, spans in chosen:
            out.append((text, spans))
            copies = arguments.copies if len(text) < 3000 else 2
            if spans:
                out += [with_other_names((text, spans), draw, first, last) for _ in range(copies)]
            elif source in {"tech-prose", "maison-dlp", "gen-lookalike"}:
                out += [(text, spans)] * 2
        return out

    if arguments.check:
        groups = sorted({row[1] for row in rows})
        draw.shuffle(groups)
        held = set(groups[: len(groups) // 5])
        train, test = [r for r in rows if r[1] not in held], [r for r in rows if r[1] in held]
        x, y = to_features(expand(train))
        weights, bias = fit(x, y, epochs=3, seed=1)
        x, y = to_features([(text, spans) for _, _, text, spans in test])
        found = score(weights, bias, x)
        for threshold in (0.3, 0.5, 0.7):
            hit = found >= threshold
            right = float((hit & (y > 0)).sum())
            print(f"held-out templates, words, threshold {threshold}: P {right / max(1, hit.sum()):.3f} R {right / max(1.0, y.sum()):.3f} of {int(y.sum())}")
    x, y = to_features(expand(rows))
    print(f"{len(y)} words, {int(y.sum())} in names")
    weights, bias = fit(x, y, epochs=4, seed=2)
    index = np.flatnonzero(np.abs(weights) > 0.02)
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(WEIGHTS, index=index.astype(np.uint32), value=weights[index].astype(np.float16), bias=np.float32(bias))
    print(f"{WEIGHTS.name}: {len(index)} weights, {WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
