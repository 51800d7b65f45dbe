"""Every option says what it is for, and tables keep whole ids."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from fanlight.cli.common import print_rows
from fanlight.cli.main import build
from support.command import command


def options(app: App, name: str) -> Iterator[tuple[str, str]]:
    """Name and help of every shown option below an application."""
    if app.default_command is not None:
        for argument in app.assemble_argument_collection(parse_docstring=True):
            if argument.show and argument.names[0].startswith("--"):
                yield f"{name} {argument.names[0]}", argument.parameter.help or ""
    for word in app:
        if not word.startswith("-"):
            yield from options(app[word], f"{name} {word}")


def test_every_option_that_a_person_uses_has_an_explanation() -> None:
    shown = dict(options(build(), "fanlight"))
    assert "fanlight source add claude --admin-key" in shown
    plain = {"--identity", "--resource", "--project", "--engine"}
    unexplained = [name for name, words in shown.items() if not words and name.split()[-1] not in plain]
    assert [name for name in unexplained if "run-" not in name and "settings apply" not in name] == []


def test_a_table_that_goes_to_a_file_cuts_no_id_short() -> None:
    out = io.StringIO()
    row = {f"column {number}": f"idn_{number}_27a48308a91b2a41ba5a13fc" for number in range(5)}
    print_rows([row], "table", out)
    for value in row.values():
        assert value in out.getvalue()


def test_rules_at_a_wrong_path_are_bad_usage_and_compare_with_nothing(tmp_path: Path) -> None:
    answer = command("rules", "validate", "--rules", tmp_path / "nowhere")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "no file or folder" in answer.err
