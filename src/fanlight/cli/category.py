"""`fanlight category`: what sensitive means at this company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.labels.custom.samples import Proof


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="category", help="Say what sensitive means at this company, beside the eleven categories.")
    group.command(_add, name="add")
    group.command(_test, name="test")
    group.command(_list, name="list")
    group.command(_show, name="show")
    group.command(_remove, name="remove")
    app.command(group)


def _add(file: Path, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Save the categories of a TOML file, all or none; refused unless every sample in it passes.

    The samples are run and forgotten: only a keyed hash of each is stored.
    """
    from fanlight.labels.custom import CategoryProblem
    from fanlight.labels.custom.definitions import read_definitions
    from fanlight.pipeline.categories import add_categories

    opened = open_home(home, tenant)
    try:
        saved = add_categories(opened, read_definitions(file), "operator")
    except CategoryProblem as problem:
        end(Exit.USAGE, f"Nothing was saved. {problem}")
    for one in saved:
        print(f"{one.name}, version {one.version}: {one.change}; {_counts(one.proof)} pass.")
        _print_notes(one.proof)
    if any(one.change in ("new", "finders changed") for one in saved):
        print("What is read from now on is labelled with it; `fanlight relabel` shows what was read before.")


def _test(file: Path, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Run the samples of a TOML file of categories; nothing is saved. Ends with 1 when one fails."""
    from fanlight.labels.custom import CategoryProblem
    from fanlight.labels.custom.definitions import read_definitions
    from fanlight.pipeline.categories import exact_key, prove_categories

    opened = open_home(home, tenant)
    try:
        proven = prove_categories(read_definitions(file), exact_key(opened))
    except CategoryProblem as problem:
        end(Exit.USAGE, str(problem))
    for written, proof in proven:
        state = "ok" if not proof.problems else "fails"
        print(f"{written.definition.name}: {state}, {_counts(proof)}.")
        for sentence in proof.problems:
            print(f"  {sentence}")
        _print_notes(proof)
    end(Exit.FOUND if any(proof.problems for _, proof in proven) else Exit.OK)


def _list(*, home: HomeOption = None, tenant: TenantOption = "default", format: FormatOption = "table") -> None:
    """The categories in force, and removed ones."""
    from fanlight.labels.custom.store import stored_categories

    def rows() -> Iterator[dict[str, Any]]:
        for stored in stored_categories(opened.state):
            one = stored.definition
            yield {
                "name": one.name,
                "state": "in force" if stored.active else "removed",
                "version": one.version,
                "label": one.label,
                "sensitivity": one.sensitivity,
                "finds by": ", ".join(one.finders),
                "samples": f"{stored.positives} + {stored.negatives}",
                "title": one.title,
            }

    opened = open_home(home, tenant)
    print_rows(rows(), format)


def _show(name: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """One category as it is stored, as JSON; samples are not among it."""
    import orjson

    from fanlight.labels.custom.store import stored_categories

    for stored in stored_categories(open_home(home, tenant).state):
        if stored.definition.name == name:
            body = {**stored.definition.body(), "version": stored.definition.version, "in_force": stored.active}
            print(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
            return
    end(Exit.USAGE, f"There is no category {name}; `fanlight category list` shows those there are.")


def _remove(name: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Take a category out of force: its matches stop counting at once, nothing is read again."""
    from fanlight.labels.custom import CategoryProblem
    from fanlight.pipeline.categories import remove_category

    try:
        remove_category(open_home(home, tenant), name, "operator")
    except CategoryProblem as problem:
        end(Exit.USAGE, str(problem))
    print(f"{name} is out of force; what it found no longer counts.")


def _counts(proof: Proof) -> str:
    return f"{proof.positives} positive and {proof.negatives} negative samples"


def _print_notes(proof: Proof) -> None:
    shown: Sequence[str] = proof.notes
    for note in shown:
        print(f"  note: {note}")
