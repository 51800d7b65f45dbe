"""The command line in this process: as fast as a function call, with exit code and both outputs."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

from fanlight.cli.main import build


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


def command(*arguments: str | object, stdin: bytes = b"") -> Answer:
    """Run `fanlight ARGUMENTS…`."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    given = io.TextIOWrapper(io.BytesIO(stdin))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), patch.object(sys, "stdin", given):
        try:
            _call([str(argument) for argument in arguments])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def _call(arguments: Sequence[str]) -> None:
    build()(list(arguments))
