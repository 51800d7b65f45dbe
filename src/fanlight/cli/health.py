"""`fanlight health`: how the sources are doing, and what nobody sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.pipeline.health import HealthReport

Part = Literal["sources", "streams", "gaps", "drift", "credentials", "coverage"]
_TIMES = ("at", "newest_at", "caught_up_at", "since", "until", "first_seen", "last_seen", "expires_at")


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="health", help="How the sources are doing, what is new in them, and what nobody sees.")
    group.default(_health)
    group.command(_accept, name="accept")
    app.command(group)


def _health(
    part: Annotated[Part | None, Parameter(show=True)] = None,
    /,
    *,
    format: FormatOption = "table",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Say how the sources are doing; exit code 1 when somebody should act.

    Parameters
    ----------
    part:
        sources, streams, gaps, drift, credentials or coverage; all of them in words when not given.
    """
    from fanlight.pipeline.health import source_health

    report = source_health(open_home(home, tenant))
    if part is not None:
        print_rows(_ROWS[part](report), format)
    elif format == "table":
        for line in _told(report):
            print(line)
    else:
        print_rows(({"part": name, **row} for name, rows in _ROWS.items() for row in rows(report)), format)
    end(Exit.FOUND if report.needs_attention else Exit.OK)


def _accept(
    types: Annotated[tuple[str, ...], Parameter(show=True)],
    /,
    *,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Take new activity types off the list after looking at them.

    Parameters
    ----------
    types:
        Names of types, or product:type where two products share a name.
    """
    from fanlight.pipeline.drift import mark_looked_at

    taken = mark_looked_at(open_home(home, tenant), types)
    if not taken:
        end(Exit.USAGE, "None of these types is on the list; fanlight health drift shows it.")
    print(f"Looked at: {', '.join(taken)}. They stay collected and are no longer on the list.")


def _sources(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    for one in report.sources:
        yield _row(
            {
                "source": one.name,
                "kind": one.kind,
                "state": one.standing,
                "events": one.events,
                "newest_at": one.newest_at,
                "lag_p50_s": _seconds(one.lag.half) if one.lag else None,
                "lag_p95_s": _seconds(one.lag.p95) if one.lag else None,
                "late_rows": one.lag.late_rows if one.lag else None,
                "events_24h": one.amount.events,
                "usual_24h": one.amount.usual,
                "against_usual": one.amount.verdict,
                "sentence": one.sentence,
            }
        )


def _streams(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    for one in report.sources:
        for stream in one.streams:
            yield _row({"source": one.name, "stream": stream.name, **_plain(stream, "name")})


def _drift(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    for one in report.new_types:
        yield _row({"what": "type", **_plain(one)})
    for field in report.new_fields:
        yield _row({"what": "field", **_plain(field)})


def _gaps(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    return (_row(asdict(one)) for one in report.gaps)


def _credentials(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    return (_row(asdict(one)) for one in report.credentials)


def _coverage(report: HealthReport) -> Iterable[Mapping[str, Any]]:
    return (_row(asdict(one)) for one in report.coverage)


_ROWS: Mapping[Part, Callable[[HealthReport], Iterable[Mapping[str, Any]]]] = {
    "sources": _sources,
    "streams": _streams,
    "gaps": _gaps,
    "drift": _drift,
    "credentials": _credentials,
    "coverage": _coverage,
}


def _plain(value: Any, *without: str) -> dict[str, Any]:
    return {name: inner for name, inner in asdict(value).items() if name not in without}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    from fanlight.model import format_time

    return {
        name: format_time(value) if name in _TIMES and isinstance(value, int) else value for name, value in row.items()
    }


def _seconds(span: int) -> float:
    return round(span / 1_000_000, 1)


def _told(report: HealthReport) -> Iterable[str]:
    """The report in sentences, what matters first."""
    for one in report.sources:
        lag = f", lag p95 {_span(one.lag.p95)}" if one.lag else ""
        usual = f" (usual {one.amount.usual:,.0f})" if one.amount.usual is not None else ""
        yield f"{one.name} ({one.kind}): {one.standing}; {one.amount.events:,} events in 24 h{usual}{lag}"
        if one.sentence:
            yield f"  {one.sentence}"
        for problem in one.problems[:3]:
            if problem != one.sentence:
                yield f"  - {problem}"
    if not report.sources:
        yield "No source is connected and nothing was imported."
    if report.new_types:
        yield ""
        yield f"New activity types this month: {report.new_this_month}; to look at: {len(report.new_types)}"
        for new in report.new_types[:12]:
            yield (
                f"  {new.risk_guess:<6} {new.product}:{new.type}  {new.events:,} events by {new.actors}; "
                f"looks like {new.family_guess.replace('_', ' ')}; {new.risk_reason}"
            )
        yield "  Off the list after looking: fanlight health accept TYPE"
    if report.new_fields:
        yield ""
        yield f"Fields that the documentation does not name: {len(report.new_fields)} (fanlight health drift)"
    if report.credentials:
        yield ""
        yield "Credentials:"
        for key in report.credentials:
            yield f"  {key.source} {key.option} ({key.reference}): {key.state}. {key.sentence}"
    if report.coverage:
        yield ""
        yield "What nobody sees:"
        for gap in report.coverage:
            of = f" ({gap.source})" if gap.source else ""
            yield f"  {gap.weight:<6} {gap.name}{of}: {gap.costs} {gap.close}"


def _span(span: int) -> str:
    seconds = span / 1_000_000
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
