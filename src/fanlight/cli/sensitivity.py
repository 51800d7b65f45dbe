"""`fanlight sensitivity`: what each type of data weighs, and what a change would move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclopts import App

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="sensitivity", help="See and change what each type of data weighs.")
    group.command(_show, name="show")
    group.command(_preview, name="preview")
    group.command(_apply, name="apply")
    group.command(_reset, name="reset")
    app.command(group)


def _show(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """The weights in force as JSON; `changed` holds what differs from those of Fanlight."""
    import orjson

    from fanlight.pipeline.label_policy import weights_now

    shown = weights_now(open_home(home, tenant))
    print(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())


def _preview(
    file: Path, /, *, format: FormatOption = "table", home: HomeOption = None, tenant: TenantOption = "default"
) -> None:
    """What the weights of a TOML file would move, without saving them and without reading any content."""
    from fanlight.pipeline.label_policy import PolicyProblem, preview_weights

    try:
        moves = preview_weights(open_home(home, tenant), _read(file))
    except PolicyProblem as problem:
        end(Exit.USAGE, str(problem))
    if format == "table":
        for move in moves:
            things = move.kind if move.count == 1 else f"{move.kind}s"
            print(f"{move.count:,} {things.replace('_', ' ')} {'up' if move.up else 'down'}: "
                  f"{move.before} to {move.after}")  # fmt: skip
        if not moves:
            print("Nothing would move.")
        return
    print_rows(({"kind": m.kind, "from": m.before, "to": m.after, "count": m.count} for m in moves), format)


def _apply(file: Path, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Put the weights of a TOML file in force, replacing earlier changes. Nothing is read again for it."""
    from fanlight.pipeline.label_policy import PolicyProblem, change_weights, preview_weights

    opened, table = open_home(home, tenant), _read(file)
    try:
        moves = preview_weights(opened, table)
        change_weights(opened, table, "operator")
    except PolicyProblem as problem:
        end(Exit.USAGE, str(problem))
    up = sum(move.count for move in moves if move.up)
    down = sum(move.count for move in moves if not move.up)
    print(f"In force: {up:,} objects moved up, {down:,} down. The next sync judges with them.")


def _reset(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Bring back the weights that come with Fanlight."""
    from fanlight.pipeline.label_policy import change_weights

    change_weights(open_home(home, tenant), {}, "operator")
    print("The weights that come with Fanlight are in force.")


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        end(Exit.USAGE, f"The file {file.name} cannot be read as TOML.")
