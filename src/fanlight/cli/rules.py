"""`fanlight rules`: validate, test, match and count detection rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, print_rows

if TYPE_CHECKING:
    from fanlight.detections.rulefile import RuleSet

__all__ = ["register"]

RulesOption = Annotated[
    list[Path] | None,
    Parameter(name="--rules", help="Folder or file of rules; default those of the product and of the home."),
]
ListsOption = Annotated[
    Path | None, Parameter(name="--lists", help="YAML or JSON file of named lists for the `expand` modifier.")
]


def register(app: App) -> None:
    """Add the `rules` group to the command line."""
    group = App(name="rules", help="Work with detection rules.")
    group.command(_validate, name="validate")
    group.command(_test, name="test")
    group.command(_match, name="match")
    group.command(_backtest, name="backtest")
    group.command(_diff, name="diff")
    group.command(_coverage, name="coverage")
    app.command(group)


def _validate(
    *,
    rules: RulesOption = None,
    lists: ListsOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",  # noqa: ARG001  every command takes it; a home has one set of rules
    format: FormatOption = "table",
) -> None:
    """Check rules: syntax, fields of known events, tests, doubles, unreachable conditions. Exit 1 on errors."""
    from fanlight.detections.validate import validate

    loaded = _load(rules, lists, home)
    problems = validate(loaded, own=rules is None, theirs=None if rules else _home_rules(home))
    rows = [
        {"rule": found.rule, "where": found.where, "severity": found.severity, "sentence": found.sentence}
        for found in problems
    ]
    if format == "table":
        for found in problems:
            sys.stdout.write(f"{found.where}: {found.severity}: {found.sentence}\n")
    else:
        print_rows(rows, format)
    errors = sum(found.severity == "error" for found in problems)
    _say(f"{len(loaded.rules)} rules, {errors} errors, {len(problems) - errors} warnings.")
    if errors:
        end(Exit.FOUND)


def _test(
    *names: str,
    rules: RulesOption = None,
    lists: ListsOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",  # noqa: ARG001  every command takes it; a home has one set of rules
    format: FormatOption = "table",
) -> None:
    """Run the tests inside rule files, all or those of the named rules. Exit 1 when one fails."""
    from fanlight.detections.ruletests import run
    from fanlight.detections.scenario import run_tests

    loaded = _load(rules, lists, home)
    _complain(loaded)
    chosen = [rule for rule in loaded.rules if not names or rule.name in names or rule.id in names]
    missing = set(names) - {rule.name for rule in chosen} - {rule.id for rule in chosen}
    if missing:
        end(Exit.USAGE, f"No rule is called {sorted(missing)[0]}.")
    results = run(chosen, run_tests, loaded.rules)
    failed = [result for result in results if not result.passed]
    if format == "table":
        for item in failed:
            sys.stdout.write(f"{item.rule}: {item.name}: {item.sentence}\n")
    else:
        print_rows(
            (
                {"rule": item.rule, "test": item.name, "passed": item.passed, "sentence": item.sentence}
                for item in results
            ),
            format,
        )
    _say(f"{len(results)} tests of {len(chosen)} rules, {len(failed)} failed.")
    if failed or loaded.errors:
        end(Exit.FOUND)


def _match(
    *,
    events: Annotated[Path, Parameter(help="JSON Lines; `-` reads standard input.", allow_leading_hyphen=True)],
    rules: RulesOption = None,
    engine: Literal["stream", "batch", "spark"] = "stream",
    lists: ListsOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",  # noqa: ARG001  every command takes it; a home has one set of rules
) -> None:
    """Print {"rule_id","line"} for every rule that matches the event on a line (from 1)."""
    from fanlight.detections.match import EngineMissing, Outcome, match_lines

    loaded = _load(rules, lists, home)
    _complain(loaded)
    if str(events) != "-" and not events.is_file():
        end(Exit.USAGE, f"{events} is not a file; give a file of JSON Lines.")
    outcome = Outcome()
    try:
        print_rows(
            {"rule_id": hit.rule_id, "line": hit.line} for hit in match_lines(loaded, _lines(events), engine, outcome)
        )
    except EngineMissing as problem:
        end(Exit.USAGE, str(problem))
    except OSError as problem:
        end(Exit.USAGE, f"{events} cannot be read: {problem.strerror}.")
    if outcome.unreadable:
        shown = ", ".join(str(number) for number in outcome.unreadable[:5])
        _say(f"{len(outcome.unreadable)} of {outcome.lines} lines are not JSON objects: line {shown}.")
    for rule_id, line in list(outcome.unknown_rules.items())[:5]:
        _say(f"Line {line} asks for rule {rule_id}, which is not loaded.")


SinceOption = Annotated[str, Parameter(name="--since", help="How far back, such as 90d, or a time.")]
UntilOption = Annotated[str | None, Parameter(name="--until", help="End of the window; default the newest event.")]


def _backtest(
    *names: str,
    rules: RulesOption = None,
    since: SinceOption = "30d",
    until: UntilOption = None,
    findings: Annotated[bool, Parameter(help="Print every finding instead of a line a rule.")] = False,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "table",
) -> None:
    """Run rules over stored history: how often each would have spoken. Nothing is stored, nobody is told."""
    from fanlight.cli import _backtest as backtest
    from fanlight.detections.rulefile import with_parts

    loaded = _load(rules, None, home)
    _complain(loaded)
    chosen = [rule for rule in loaded.rules if not names or rule.name in names or rule.id in names]
    if not chosen:
        end(Exit.USAGE, "No rule has that name.")
    judged = with_parts(chosen, loaded.rules)
    [found], seconds, window = backtest.history([judged], since, until, home, tenant)
    if findings:
        print_rows((backtest.finding_row(item) for item in found), format)
    else:
        print_rows(backtest.summary(chosen, found, window), format)
    _say(f"{len(found)} findings of {len(chosen)} rules in {seconds:.1f} s.")


def _diff(
    before: Path,
    after: Path,
    /,
    *,
    since: SinceOption = "30d",
    until: UntilOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "table",
) -> None:
    """Show how findings over stored history change between two versions of rules (files or folders).

    Exit 1 when they differ.
    """
    from fanlight.cli import _backtest as backtest

    sets = [_load([path], None) for path in (before, after)]
    for loaded in sets:
        _complain(loaded)
    (old, new), _, _ = backtest.history([loaded.rules for loaded in sets], since, until, home, tenant)
    rows = backtest.differences(old, new)
    print_rows(rows, format)
    _say(f"{len(old)} findings before, {len(new)} after, {len(rows)} differences.")
    if rows:
        end(Exit.FOUND)


def _coverage(
    *,
    rules: RulesOption = None,
    lists: ListsOption = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",  # noqa: ARG001  every command takes it; a home has one set of rules
    format: FormatOption = "table",
) -> None:
    """ATT&CK techniques and data sources that the rules look at."""
    from fanlight.detections.coverage import coverage

    loaded = _load(rules, lists, home)
    _complain(loaded)
    print_rows(
        (
            {"technique": row.technique, "product": row.product, "rules": len(row.rules), "names": ", ".join(row.rules)}
            for row in coverage(loaded)
        ),
        format,
    )


def _home_rules(home: Path | None) -> Path:
    """Where the operator's own rules lie. The home is not opened: rules are read without one, and may not be there."""
    from fanlight.pipeline.home import default_home

    return (home or default_home()) / "rules"


def _load(paths: list[Path] | None, lists: Path | None, home: Path | None = None) -> RuleSet:
    """The rules at the paths; without any, those that are in force: Fanlight's and the home's."""
    from fanlight.detections.rulefile import load_rules, own_rules

    for path in paths or ():
        if not path.exists():
            end(Exit.USAGE, f"There is no file or folder {path}; check the path of the rules.")
    if not paths:
        theirs = _home_rules(home)
        paths = [own_rules(), *([theirs] if theirs.is_dir() else [])]
    try:
        return load_rules(paths, _lists(lists))
    except ValueError as problem:
        end(Exit.USAGE, str(problem))


def _lists(path: Path | None) -> dict[str, list[str]]:
    import yaml

    if path is None:
        return {}
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as problem:
        end(Exit.USAGE, f"{path} cannot be read: {problem.strerror}.")
    except (yaml.YAMLError, UnicodeDecodeError):
        end(Exit.USAGE, f"{path} is neither YAML nor JSON; write `name: [entry, entry]`.")
    if not isinstance(data, dict) or not all(isinstance(entries, list) for entries in data.values()):
        end(Exit.USAGE, f"{path} must map names to lists; write `name: [entry, entry]`.")
    return {str(name): [str(entry) for entry in entries] for name, entries in data.items()}


def _lines(path: Path) -> Iterator[bytes]:
    if str(path) == "-":
        yield from sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield from file


def _complain(loaded: RuleSet) -> None:
    for error in loaded.errors:
        _say(str(error))


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
