"""`fanlight posture`: ask the standing questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.pipeline.home import Home
    from fanlight.posture import PostureFacts

__all__ = ["register"]


def register(app: App) -> None:
    """Add the command."""
    app.command(posture)


def posture(
    *checks: Annotated[str, Parameter(help="Names of checks; all without.")],
    home: HomeOption = None,
    tenant: TenantOption = "default",
    format: FormatOption = "jsonl",
) -> None:
    """Ask how the company is set up: pass, fail or unknown. Ends with 1 when anything fails."""
    from fanlight.posture import judge_posture, posture_rows, questions

    known = {question.check.name for question in questions()}
    strange = sorted(set(checks) - known)
    if strange:
        end(Exit.USAGE, f"There is no check named {strange[0]}; known are {', '.join(sorted(known))}.")
    opened = open_home(home, tenant)
    try:
        results = judge_posture(_facts(opened), checks)
        print_rows(posture_rows(results), format)
    finally:
        opened.close()
    if any(result.status == "fail" for result in results):
        raise SystemExit(int(Exit.FOUND))


def _facts(opened: Home) -> PostureFacts:
    from fanlight.posture import load_facts
    from fanlight.posture.facts import leavers_of

    with opened.reader() as reader:
        return load_facts(reader, opened.tenant, opened.clock.now(), leavers=leavers_of(opened.settings))
