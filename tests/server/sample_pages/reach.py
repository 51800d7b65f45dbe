"""Who reaches most in a company that never existed."""

from __future__ import annotations

from fanlight.server.pages.reach import Opener, OpenProject, ReachAsk, Reacher, ReachView
from server.sample_views import NOW


def sample(ask: ReachAsk, *, empty: bool) -> ReachView:
    """Twelve people, two projects, two that open them."""
    people = [] if empty else [
        Reacher(id="i-jane" if at == 0 else f"i-{at}", name="Jane Doe" if at == 0 else f"Person {at}",
                department="Finance", projects=143 - at, resources=4206 - at, sensitive=318 - at)
        for at in range(12)
    ]  # fmt: skip
    projects = [] if empty else [
        OpenProject(id="q2", name="Q2 close", sensitivity="high", people=2318, wide="the whole organization",
                    things=61, sensitive=8),
        OpenProject(id="pay", name="Payroll EU 2026", sensitivity="high", people=6, things=47, sensitive=40),
    ]  # fmt: skip
    openers = [] if empty else [
        Opener(pivot="organization:o1", name="Example Instruments", kind="organization", people=2318, projects=133,
               sensitive=18),
        Opener(pivot="group:g1", name="Finance-EU", kind="group", people=23, projects=7, sensitive=5),
    ]  # fmt: skip
    return ReachView(
        summary="0 identities, 0 projects, 0 of them sensitive" if empty
        else "2,318 identities, 1,146 projects, 204 of them sensitive",
        as_of=NOW, people=people[: ask.rows], people_line="12 of 2,318, who reaches most that is sensitive first",
        projects=projects[: ask.rows], projects_line="2 of 1,146, sensitive and widest first",
        openers=openers[: ask.rows], openers_line="2 of 2, most sensitive projects first",
    )  # fmt: skip
