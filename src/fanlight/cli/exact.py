"""`fanlight exact`: hash a table of the company's own rows where it lies, for exact data match."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home

_KEY_BYTES = 32


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="exact", help="Hash a table of your own rows, so that two cells of one row are recognized.")
    group.command(_key, name="key")
    group.command(_hash, name="hash")
    app.command(group)


def _key(file: Path, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Write this tenant's key for hashed lists to a new file, readable by you alone, to carry to where the table is.

    Whoever has it can try values against the list: destroy the file when the table is hashed.
    """
    from fanlight.pipeline.categories import exact_key

    key = exact_key(open_home(home, tenant))
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        end(Exit.USAGE, f"The file {file.name} cannot be made: {problem.strerror}.")
    with os.fdopen(handle, "w") as stream:
        stream.write(key.hex() + "\n")
    print(f"Wrote the key to {file.name}. Destroy it when the table is hashed.")


def _hash(
    table: Path,
    /,
    *,
    key_file: Path,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    columns: str = "",
    delimiter: str = ",",
) -> None:
    """Hash a CSV table with a title row into a list that holds no value of it. Needs no home and no network.

    Parameters
    ----------
    table:
        The table, in UTF-8; its first line names the columns.
    key_file:
        The file of `fanlight exact key`.
    output:
        The list to write, for `[category.exact] list = …`.
    columns:
        Only these columns, by their titles, with commas between; all when not given.
    delimiter:
        What stands between cells.
    """
    from fanlight.labels.custom.definitions import CategoryProblem
    from fanlight.labels.custom.exact import hash_table

    named = [name.strip() for name in columns.split(",") if name.strip()]
    try:
        done = hash_table(table, output, _read_key(key_file), named, delimiter)
    except CategoryProblem as problem:
        end(Exit.USAGE, str(problem))
    print(
        f"Hashed {done.cells:,} cells of {done.rows:,} rows ({', '.join(done.columns)}) into {output.name}, "
        f"{done.bytes / 1e6:.1f} MB; {done.left_out:,} cells are too short, too long or too common to tell a row."
    )


def _read_key(path: Path) -> bytes:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            end(Exit.USAGE, f"The key file {path.name} can be read by others; make it readable by you alone.")
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        end(Exit.USAGE, f"{path.name} is no key file of `fanlight exact key`.")
    return key
