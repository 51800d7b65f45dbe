"""What every command shares: opening a home, printing rows, ending with a meaningful code."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import orjson
from cyclopts import Parameter

if TYPE_CHECKING:
    from fanlight.pipeline.home import Home

__all__ = ["Exit", "Format", "FormatOption", "HomeOption", "TenantOption", "end", "open_home", "print_rows"]

Format = Literal["jsonl", "csv", "table"]
HomeOption = Annotated[
    Path | None, Parameter(name="--home", help="Data folder; default $FANLIGHT_HOME or ~/.fanlight.")
]
TenantOption = Annotated[str, Parameter(name="--tenant", help="Company inside this home.")]
FormatOption = Annotated[Format, Parameter(name="--format", help="jsonl, csv or table.")]
_FILE_WIDTH = 240  # columns of a table that goes to a file or another program


class Exit(IntEnum):
    """Exit codes of every command (design section 10)."""

    OK = 0
    FOUND = 1
    USAGE = 2
    UNFINISHED = 3


def open_home(path: Path | None, tenant: str = "default") -> Home:
    """Open the home a command was pointed at; ends with exit code 2 when that is not possible."""
    from fanlight.pipeline import home  # heavy; `fanlight --help` must stay quick
    from fanlight.state.vault import KeyProblem

    try:
        return home.open_home(path, tenant)
    except (KeyProblem, ValueError) as problem:
        end(Exit.USAGE, str(problem))
    except OSError as problem:
        end(Exit.USAGE, f"The home folder cannot be used: {problem.strerror}.")


def end(code: Exit, sentence: str = "") -> NoReturn:
    """Say one sentence on standard error and leave with a code."""
    if sentence:
        print(sentence, file=sys.stderr)
    raise SystemExit(int(code))


def print_rows(rows: Iterable[Mapping[str, Any]], format: Format = "jsonl", out: IO[str] | None = None) -> int:
    """Print rows in the asked form; nested values are JSON inside csv and table. Returns how many."""
    stream = out or sys.stdout
    if format == "jsonl":
        count = 0
        for row in rows:
            stream.write(orjson.dumps(row).decode() + "\n")
            count += 1
        return count
    listed = [{key: _flat(value) for key, value in row.items()} for row in rows]
    names = list(dict.fromkeys(key for row in listed for key in row))
    if format == "csv":
        writer = csv.DictWriter(stream, fieldnames=names)
        writer.writeheader()
        writer.writerows(listed)
        return len(listed)
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")  # an id cut short is of no use
    for row in listed:
        table.add_row(*(row.get(name, "") for name in names))
    console = Console(file=stream)
    if not console.is_terminal:
        console.width = max(console.width, _FILE_WIDTH)
    console.print(table)
    return len(listed)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
