"""Make the weights of the name model: `python benchmarks/labels_train.py --names DIR [--check]`.

Learns from sentences of our own (`labels_sentences.yml`) and from the texts of the shared label collection whose
licences allow it (MIT, Apache-2.0, CC BY 4.0, own work; no share-alike text, nothing composed from such), with names
replaced by names of other countries from the lists of the `faker` package (MIT) and of the US census (public domain,
package `names`). `--check` leaves out a third of the templates, three times, and prints precision and recall a word on
them before the final weights are made. Only weights are written, no text.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from labels_sentences import WORDS, Slots

from fanlight.labels.detectors.names import BITS, Lexicon, candidates_of, features_of, lexicon
from fanlight.labels.text import view_of
from fanlight.labels.tokens import words_of

REPOSITORY = Path(__file__).resolve().parents[1]
WEIGHTS = REPOSITORY / "src/fanlight/labels/weights/names.npz"
LEXICON = WEIGHTS.with_name("lexicon.npz")
SHARED = Path(os.environ.get("FANLIGHT_SHARED", REPOSITORY.parent / "shared"))
COMMON = (
    "en_US", "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "sv_SE", "tr_TR",
    "en_IN", "ja_JP", "ko_KR", "zh_CN",
)  # fmt: skip
"""Locales of which every other name comes."""
LOCALES: list[str] = []
"""All locales of the package `faker` whose names are written with capitals or in Han or Hangul; see `read_names`."""
WITH_NAMES = (
    "presidio-research",
    "gen-contact",
    "gen-customers",
    "gen-govid",
    "gen-finance",
    "pl-pii-bench",
    "pii-nano",
)
WITHOUT_NAMES = ("accord-templates", "commonpaper", "code", "tech-prose", "gen-lookalike", "gen-card", "gen-password")

WEAK = ("chat-fill", "mts-dialog", "aci-bench", "gretel-fin-kr")
"""Sources whose names are not marked: words that the lists know as names, or that follow a title, are left out."""
TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "doctor",
        "prof",
        "professor",
        "mister",
        "herr",
        "frau",
        "monsieur",
        "madame",
        "signor",
        "signora",
        "señor",
        "señora",
        "sr",
        "sra",
        "pan",
        "pani",
    ]
)

Row = tuple[str, list[tuple[int, int]], bool]
"""Text, spans of names, and whether its names are not marked (weak)."""


def read_names(folder: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(locale, first name) and (locale, last name) of all locales."""
    sys.path.insert(0, str(folder))
    person = importlib.import_module("faker.providers.person")
    LOCALES[:] = sorted(m.name for m in pkgutil.iter_modules(person.__path__) if len(m.name) == 5)
    first: list[tuple[str, str]] = []
    last: list[tuple[str, str]] = []
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute, target in (
            ("first_names", first),
            ("first_names_male", first),
            ("first_names_female", first),
            ("first_romanized_names", first),
            ("last_names", last),
            ("last_names_male", last),
            ("last_names_female", last),
            ("last_romanized_names", last),
        ):
            values: Any = getattr(provider, attribute, ())
            if not isinstance(values, property):
                target += [(locale, str(value)) for value in values if _is_written_as_name(str(value).strip())]
    names = Path(str(importlib.import_module("names").__file__)).parent
    for file, target in (("dist.all.last", last), ("dist.female.first", first), ("dist.male.first", first)):
        rows = (names / file).read_text().split("\n")[:6000]
        target += [("en_US", row.split()[0].title()) for row in rows if row.strip()]
    return first, last


def _is_written_as_name(value: str) -> bool:
    """With a capital, or in a script of East Asia; other scripts without capitals the model does not look at."""
    return bool(value) and (value[0].isupper() or "\u3040" <= value[0] <= "\u9fff" or "\uac00" <= value[0] <= "\ud7a3")


def read_lexicon(first: list[tuple[str, str]], last: list[tuple[str, str]], texts: list[str]) -> Lexicon:
    """Hashes of names, of words that are written small somewhere, of places, companies' and calendar words."""
    words: Counter[str] = Counter()
    for text in texts:
        words.update(word for word in re.findall(r"[^\W\d_]+", text) if word.islower())
    for module in (
        "argparse",
        "http.server",
        "logging",
        "email.message",
        "unittest.case",
        "asyncio.tasks",
        "decimal",
        "statistics",
        "calendar",
    ):
        words.update(
            word
            for word in re.findall(
                r"[a-z]{2,}", Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
            )
        )
    small = {word for word, n in words.items() if n >= 2}
    places: set[str] = set()
    for locale in LOCALES:
        for kind, attributes in (
            ("lorem", ("word_list",)),
            ("address", ("cities", "countries", "states", "city_names", "provinces", "regions")),
            ("job", ("jobs",)),
            ("date_time", ("MONTH_NAMES", "DAY_NAMES")),
        ):
            try:
                provider = importlib.import_module(f"faker.providers.{kind}.{locale}").Provider
            except ImportError:
                continue
            for attribute in attributes:
                values = getattr(provider, attribute, ())
                values = values.values() if isinstance(values, dict) else values
                for value in values:
                    found = [
                        w.lower()
                        for w in re.findall(
                            r"[^\W\d_]+", value if isinstance(value, str) else " ".join(map(str, value))
                        )
                    ]
                    (small if kind in {"lorem", "job"} else places).update(found)
    places |= {word.lower() for word in (*CALENDAR.split(), *WORDS["products"])}
    small |= {word.lower() for word in (*WORDS["business"], *WORDS["german"])}
    small |= {word for line in WORDS["sentences"] for word in re.findall(r"[^\W\d_]{2,}", line) if word.islower()}
    names_first = {w.lower() for _, n in first for w in re.findall(r"[^\W\d_]+", n)}
    names_last = {w.lower() for _, n in last for w in re.findall(r"[^\W\d_]+", n)}
    return Lexicon(tuple(hashes_of(values) for values in (names_first, names_last, small, places)))


CALENDAR = (
    "January February March April May June July August September October November December Monday Tuesday "
    "Wednesday Thursday Friday "
    "Saturday Sunday Januar Februar März Mai Juni Juli Oktober Dezember Montag Dienstag Mittwoch Donnerstag "
    "Freitag Samstag Sonntag "
    "Internet Google Microsoft Amazon Apple Windows Linux Python Java Docker Kubernetes English German French "
    "Spanish Italian Polish "
    "Europe European America American Asia Africa Germany France Spain Italy Poland Sweden Turkey Japan Korea "
    "China India Canada Brazil "
    "Mexico Russia Ukraine Australia Berlin London Paris Madrid Rome Warsaw Stockholm Istanbul Tokyo Seoul "
    "Beijing Washington Chicago Boston"
)


def hashes_of(values: set[str]) -> np.ndarray:
    """Sorted short hashes of single words."""
    ordered = sorted(values)
    found = []
    for begin in range(0, len(ordered), 2000):
        view = view_of(" ".join(ordered[begin : begin + 2000]))
        words = words_of(view, 0, len(view.text))
        found.append((words.hashes >> np.uint64(32)).astype(np.uint32))
    return np.unique(np.concatenate(found))


def made_sentences(
    draw: random.Random, first: dict[str, list[str]], last: dict[str, list[str]], places: list[str], count: int
) -> list[Row]:
    """Sentences of our own in several languages, with names, places and capitalised words that are no names."""
    rows: list[Row] = []
    slots = Slots(places, [name for locale in COMMON[:-3] for name in last[locale]])
    for _ in range(count):
        out, spans = "", []
        for piece in re.split(r"(\{\w\})", draw.choice(WORDS["sentences"])):
            if piece in {"{n}", "{g}", "{f}"}:
                name = random_name(draw, first, last, piece[1])
                spans.append((len(out), len(out) + len(name)))
                out += name
            else:
                out += slots.fill(draw, piece[1]) if len(piece) == 3 and piece[0] == "{" else piece
        kind = draw.random()
        if kind < 0.02 and len(out.upper()) == len(out):
            out = out.upper()
        elif kind < 0.04 and len(out.lower()) == len(out):
            out = out.lower()
        rows.append((out, spans, False))
    return rows


def read_places() -> list[str]:
    """Cities, regions and countries of all locales, as they are written."""
    found: set[str] = set()
    for locale in LOCALES:
        try:
            provider = importlib.import_module(f"faker.providers.address.{locale}").Provider
        except ImportError:
            continue
        for attribute in ("cities", "countries", "states", "city_names", "provinces", "regions"):
            values = getattr(provider, attribute, ())
            values = values.values() if isinstance(values, dict) else values
            found.update(v for value in values for v in ((value,) if isinstance(value, str) else value[-1:]))
    kept = sorted(place for place in found if isinstance(place, str) and place[:1].isupper() and len(place) > 3)
    return kept + CALENDAR.split()[19:] * 5


def random_name(draw: random.Random, first: dict[str, list[str]], last: dict[str, list[str]], kind: str = "n") -> str:
    """A name as people write it (`n`), a given name (`g`) or a family name (`f`)."""
    locale = draw.choice(COMMON) if draw.random() < 0.5 else draw.choice(LOCALES)
    given, family = draw.choice(first[locale]), draw.choice(last[locale])
    east = given[0] > "\u3000"
    while (family[0] > "\u3000") != east:
        family = draw.choice(last[locale])
    if kind == "g" or (kind == "f" and east):
        return given
    if kind == "f":
        return family
    if east:
        return family + (" " if draw.random() < 0.4 else "") + given
    if locale in MIXED and draw.random() < 0.5:
        family = draw.choice(last[draw.choice(COMMON[:-3])])
    chance = draw.random()
    for limit, form in (
        (0.12, "{g}"), (0.16, "{f}"), (0.24, "{g} {i}. {f}"), (0.30, "{g} {h} {f}"), (0.34, "{f}, {g}"),
        (0.37, "{g} {f}-{k}"), (0.40, "{i}. {f}"), (0.42, "{g} {i}."),
    ):  # fmt: skip
        if chance < limit:
            other, initial = draw.choice(last[locale]), draw.choice("ABCDEFGHJKLMNPRSTW")
            return form.format(g=given, f=family, h=draw.choice(first[locale]), k=other, i=initial)
    return f"{given} {family}"


MIXED = frozenset({"en_US", "en_GB"})
"""Countries whose people have family names of everywhere."""


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
        elif gold["source"] in (*WITHOUT_NAMES, *WEAK) or (gold["source"] == "maison-dlp" and not gold["labels"]):
            rows.append((gold["source"], gold["group"], text[:6000], []))
    return rows


def with_other_names(row: Row, draw: random.Random, first: dict[str, list[str]], last: dict[str, list[str]]) -> Row:
    """The same text with every name replaced, the same one by the same one."""
    text, spans, weak = row
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
    return "".join(out), marks, weak


def to_features(rows: list[Row], forget: float = 0.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Feature indices and answers of all candidate words. `forget` hides a share of the names from the lexicon, so that
    the model also learns to do without it."""
    features, labels = [], []
    known = lexicon()
    generator = np.random.default_rng(seed)
    for text, spans, weak in rows:
        view = view_of(text)
        if view.origin is not None or len(view.text) != len(text):
            continue
        words = words_of(view, 0, min(len(text), 60000))
        codes = known.codes(words.hashes)
        hidden = generator.random(len(codes)) < forget if forget else None
        if hidden is not None:
            codes = np.where(hidden, codes & np.uint64(12), codes)
        at = candidates_of(view, words)
        if not len(at):
            continue
        inside = np.zeros(len(text) + 1, dtype=bool)
        for start, end in spans:
            inside[start:end] = True
        if weak:
            named = ((codes & np.uint64(3)) > 0) & ((codes & np.uint64(12)) == 0)
            after_title = np.array(
                [False, *(text[a:b].lower() in TITLES for a, b in zip(words.starts[:-1], words.ends[:-1], strict=True))]
            )
            after_two = np.concatenate(([False], after_title[:-1]))
            at = at[~(named | after_title | after_two)[at]]
            if not len(at):
                continue
        features.append(features_of(view, words, at, hidden))
        labels.append(inside[words.starts[at]])
    return np.concatenate(features), np.concatenate(labels).astype(np.float32)


def fit(x: np.ndarray, y: np.ndarray, *, epochs: int, seed: int, drop: float = 0.25) -> tuple[np.ndarray, float]:
    """Logistic regression by Adagrad; a word's own features are dropped now and then so that context is learned."""
    generator = np.random.default_rng(seed)
    weights = np.zeros(1 << BITS, dtype=np.float64)
    past = np.full(1 << BITS, 1e-8)
    bias, bias_past = 0.0, 1e-8
    own = [0, 1, 2, 3, 4, 5, 22, 23, 24, 27]
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


def check(rows: list[Any], draw: random.Random, expand: Any) -> None:
    """Train without a third of the templates, three times, and say how words of those are judged."""
    groups = sorted({row[1] for row in rows})
    draw.shuffle(groups)
    right = {t: [0.0, 0.0] for t in (0.3, 0.5, 0.7, 0.85)}
    total = 0.0
    for part in range(3):
        held = set(groups[part::3])
        x, y = to_features(expand([r for r in rows if r[1] not in held]), forget=0.2)
        weights, bias = fit(x, y, epochs=3, seed=part)
        x, y = to_features([(text, spans, source in WEAK) for source, group, text, spans in rows if group in held])
        found = score(weights, bias, x)
        total += y.sum()
        for threshold, counts in right.items():
            hit = found >= threshold
            counts[0] += float((hit & (y > 0)).sum())
            counts[1] += float(hit.sum())
    for threshold, (good, all_hits) in right.items():
        print(
            f"templates left out, words, threshold {threshold}: P {good / max(1.0, all_hits):.3f} R "
            f"{good / max(1.0, total):.3f} of {int(total)}"
        )


LEARNED_FROM = frozenset({*WITH_NAMES, *WITHOUT_NAMES, *WEAK, "maison-dlp"})


class Workshop:
    """Everything that the weights are made of; makes them of all sources, or without one."""

    def __init__(self, names: Path, *, copies: int = 6, count: int = 45_000) -> None:
        self._copies, self._count = copies, count
        self._firsts, self._lasts = read_names(names)
        self._first = {locale: sorted({n for k, n in self._firsts if k == locale}) for locale in LOCALES}
        self._last = {locale: sorted({n for k, n in self._lasts if k == locale}) for locale in LOCALES}
        LOCALES[:] = [locale for locale in LOCALES if self._first[locale] and self._last[locale]]
        self._places = read_places()
        self.rows = read_rows()

    def lexicon_of(self, rows: list[Any]) -> Lexicon:
        """Known names and words, of the lists and of the texts of `rows`."""
        texts = [text for source, _, text, _ in rows if source != "presidio-research"]
        return read_lexicon(self._firsts, self._lasts, texts)

    def expander(self, draw: random.Random) -> Any:
        """A function that adds copies with other names, and sentences of our own."""

        def expand(chosen: list[tuple[str, str, str, list[tuple[int, int]]]]) -> list[Row]:
            out: list[Row] = []
            for source, _, text, spans in chosen:
                row = (text, spans, source in WEAK)
                out.append(row)
                if spans:
                    copies = self._copies if len(text) < 3000 else 2
                    out += [with_other_names(row, draw, self._first, self._last) for _ in range(copies)]
                elif source in {"tech-prose", "maison-dlp", "gen-lookalike"}:
                    out += [row] * 2
            return out + made_sentences(draw, self._first, self._last, self._places, self._count)

        return expand

    @contextmanager
    def without(self, source: str) -> Iterator[None]:
        """Inside, the name model is one that was made without a source."""
        rows = [row for row in self.rows if row[0] != source]
        module = importlib.import_module("fanlight.labels.detectors.names")
        here = sys.modules[__name__]
        before = module.lexicon, module._weights
        built = self.lexicon_of(rows)
        module.lexicon = here.lexicon = lambda: built  # type: ignore[attr-defined]
        try:
            x, y = to_features(self.expander(random.Random(11))(rows), forget=0.2)
            weights, bias = fit(x, y, epochs=4, seed=2)
            kept = np.where(np.abs(weights) > 0.02, weights, 0).astype(np.float16).astype(np.float32)
            module._weights = lambda: (kept, float(bias))  # type: ignore[attr-defined]
            yield
        finally:
            module.lexicon, module._weights = before  # type: ignore[attr-defined]
            here.lexicon = before[0]  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=Path, required=True, help="folder with the packages faker and names")
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    draw = random.Random(11)
    shop = Workshop(arguments.names, copies=arguments.copies)
    rows, expand = shop.rows, shop.expander(draw)
    built = shop.lexicon_of(rows)
    LEXICON.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(LEXICON, **dict(zip(("first", "last", "word", "place"), built.sets, strict=True)))
    lexicon.cache_clear()
    print("lexicon:", [len(known) for known in built.sets], f"{LEXICON.stat().st_size / 1000:.0f} kB")
    if arguments.check:
        check(rows, draw, expand)
    x, y = to_features(expand(rows), forget=0.2)
    print(f"{len(y)} words, {int(y.sum())} in names")
    weights, bias = fit(x, y, epochs=4, seed=2)
    index = np.flatnonzero(np.abs(weights) > 0.02)
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        WEIGHTS, index=index.astype(np.uint32), value=weights[index].astype(np.float16), bias=np.float32(bias)
    )
    print(f"{WEIGHTS.name}: {len(index)} weights, {WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
