"""Does a category find what it must and leave the rest? Run before it is saved; the samples are then dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fanlight.labels.custom.compiled import CustomCategories
from fanlight.labels.custom.definitions import Sample, Written
from fanlight.labels.custom.properties import About
from fanlight.labels.text import view_of

__all__ = ["Proof", "prove"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What running the samples of one category told. Sentences name samples by number, never by their text."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    positives: int
    negatives: int
    hashes: tuple[str, ...]
    """Keyed hash of each sample: says later whether the same sample was run, and nothing else."""


def prove(written: Written, compiled: CustomCategories, key: bytes) -> Proof:
    """Run every sample through the compiled category, which must be the only one in `compiled`."""
    one = written.definition
    problems: list[str] = []
    shown: set[str] = set()
    rules: set[str] = set()
    for number, sample in enumerate(written.positives, 1):
        found = compiled.find(view_of(sample.text), _about(sample))
        if not found:
            problems.append(f"Category {one.name}: positive sample {number} is not found.")
        shown.update(find.finder for find in found)
        rules.update(find.rule for find in found if find.rule)
    for number, sample in enumerate(written.negatives, 1):
        if compiled.find(view_of(sample.text), _about(sample)):
            problems.append(f"Category {one.name}: negative sample {number} is found.")
    if not problems:
        problems += [
            f"Category {one.name}: no positive sample shows that its {finder} works."
            for finder in one.finders
            if finder not in shown
        ]
    notes = [note for file in compiled.rule_files.values() for note in file.unsupported]
    if compiled.rule_files:
        total = sum(len(file.rules) for file in compiled.rule_files.values())
        notes.append(f"{len(rules):,} of {total:,} rules are shown to work by a sample.")
    return Proof(
        tuple(problems), tuple(notes), len(written.positives), len(written.negatives),
        tuple(_hashes(written.positives, "+", key)) + tuple(_hashes(written.negatives, "-", key)),
    )  # fmt: skip


def _about(sample: Sample) -> About:
    is_file = bool(sample.name or sample.mime_type or sample.owner or sample.size is not None)
    size = sample.size if sample.size is not None else len(sample.text.encode()) if is_file else None
    return About(
        part_kind="file" if is_file else "message", name=sample.name, mime_type=sample.mime_type, size=size,
        owner=sample.owner or None,
    )  # fmt: skip


def _hashes(samples: Sequence[Sample], sign: str, key: bytes) -> list[str]:
    found = []
    for sample in samples:
        told = repr((sample.text, sample.name, sample.mime_type, sample.size, sample.owner)).encode()
        found.append(sign + hashlib.blake2b(told, key=key, digest_size=12).hexdigest())
    return found
