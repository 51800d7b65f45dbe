"""Custom categories of an installation: proving, saving, opening; hashed lists lie in the home's `exact` folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fanlight.labels.custom import CategoryProblem, CustomCategories
from fanlight.labels.custom.definitions import Written, read_definitions
from fanlight.labels.custom.exact import ExactList
from fanlight.labels.custom.samples import Proof, prove
from fanlight.labels.custom.store import Change, active_definitions, put_category, retire_category
from fanlight.lake.lake import GRACE
from fanlight.pipeline.home import Home
from fanlight.pipeline.label_policy import note_change

__all__ = [
    "Saved",
    "add_categories",
    "exact_key",
    "open_categories",
    "prove_categories",
    "remove_category",
    "with_categories",
]


@dataclass(frozen=True, slots=True)
class Saved:
    """One category after saving."""

    name: str
    version: int
    change: Change
    proof: Proof


def exact_key(home: Home) -> bytes:
    """The tenant's key for lists of hashed rows."""
    return home.vault.tenant_key("exact data")


def open_categories(home: Home) -> tuple[CustomCategories, list[str]]:
    """The categories in force, compiled, and a sentence for each that cannot be used (its list is missing)."""
    usable, problems = [], []
    for one in active_definitions(home.state):
        try:
            if one.exact:
                _open_list(home, one.exact)
            usable.append(one)
        except CategoryProblem as problem:
            problems.append(f"Category {one.name}: {problem}")
    return CustomCategories(usable, lambda digest: _open_list(home, digest), cache=home.path / "cache"), problems


def prove_categories(written: Sequence[Written], key: bytes) -> list[tuple[Written, Proof]]:
    """Compile each category, try its expressions for speed and run its samples. `key` is that of hashed lists.

    Raises `CategoryProblem` when one cannot be compiled. Returns each category with its list named by content.
    """
    proven = []
    for one in written:
        listed: ExactList | None = None
        if one.exact_list is not None:
            listed = ExactList(one.exact_list, key)
            one = replace(one, definition=replace(one.definition, exact=_digest(one.exact_list)))  # noqa: PLW2901
        compiled = CustomCategories([one.definition], partial(_given, listed), check_speed=True)
        proven.append((one, prove(one, compiled, _sample_key(key))))
    return proven


def with_categories(home: Home, path: Path) -> CustomCategories:
    """The home's categories with those of a file, which are only tried. Raises `CategoryProblem`."""
    written = read_definitions(path)
    names = {one.definition.name for one in written}
    kept = [one for one in open_categories(home)[0].definitions if one.name not in names]
    lists = {str(one.exact_list): one.exact_list for one in written if one.exact_list is not None}

    def open_list(named: str) -> ExactList:
        return ExactList(lists[named], exact_key(home)) if named in lists else _open_list(home, named)

    return CustomCategories([*kept, *(one.definition for one in written)], open_list)


def add_categories(home: Home, written: Sequence[Written], actor: str) -> list[Saved]:
    """Save categories whose samples all pass, all or none. Raises `CategoryProblem` otherwise.

    A hashed list is copied and synced before the tick that names it: a kill leaves a file that nobody uses.
    """
    proven = prove_categories(written, exact_key(home))
    if problems := [problem for _, proof in proven for problem in proof.problems]:
        raise CategoryProblem(" ".join(problems))
    for one, _ in proven:
        if one.exact_list is not None:
            _keep_list(home, one.exact_list, one.definition.exact)
    saved = []
    with home.state.tick() as tick:
        for one, proof in proven:
            version, change = put_category(tick, one.definition, proof.hashes, actor)
            saved.append(Saved(one.definition.name, version, change, proof))
        note_change(tick)
    _sweep_lists(home)
    return saved


def remove_category(home: Home, name: str, actor: str) -> None:
    """Take a category out of force: its matches stop counting at once, nothing is read again."""
    with home.state.tick() as tick:
        retire_category(tick, name, actor)
        note_change(tick)
    _sweep_lists(home)


def _given(listed: ExactList | None, _digest: str) -> ExactList:
    assert listed is not None  # a definition that names a list was read with it
    return listed


def _sample_key(key: bytes) -> bytes:
    return hashlib.blake2b(b"samples of categories", key=key, digest_size=32).digest()


def _folder(home: Home) -> Path:
    return home.path / "exact" / home.tenant


def _open_list(home: Home, digest: str) -> ExactList:
    path = _folder(home) / f"{digest}.list"
    if not path.is_file():
        raise CategoryProblem(f"The list {digest[:12]} of hashed rows is missing; add its category again.")
    return ExactList(path, exact_key(home))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep_list(home: Home, source: Path, digest: str) -> None:
    folder = _folder(home)
    target = folder / f"{digest}.list"
    if target.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = folder / f"{digest}.{os.getpid()}.part"
    try:
        with source.open("rb") as given, scratch.open("xb") as kept:
            shutil.copyfileobj(given, kept, 1 << 20)
            kept.flush()
            os.fsync(kept.fileno())
        scratch.replace(target)
    except OSError as problem:
        scratch.unlink(missing_ok=True)
        raise CategoryProblem(f"The list {source.name} cannot be copied: {problem.strerror}.") from None
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_lists(home: Home) -> None:
    """Remove lists that no category in force names, and what a killed copy left; not one that is just being added."""
    named = {f"{one.exact}.list" for one in active_definitions(home.state) if one.exact}
    if not _folder(home).is_dir():
        return
    for path in _folder(home).iterdir():
        with suppress(OSError):
            if path.name not in named and path.stat().st_mtime_ns // 1000 + GRACE < home.clock.now():
                path.unlink()
