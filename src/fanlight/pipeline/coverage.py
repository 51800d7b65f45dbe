"""What nobody sees, by name: each gap with what it costs and how to close it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from fanlight.enrich.geo_install import manifest
from fanlight.lake import Reader
from fanlight.model import DAY, Micros, day_of
from fanlight.pipeline.connections import Connection
from fanlight.pipeline.home import Home
from fanlight.pipeline.queue import backlog

__all__ = ["CoverageGap", "coverage_gaps"]

_DIRECTORIES = {"okta", "entra_id", "google_workspace"}
_TELEMETRY = {"claude_telemetry"}
_WEB = {"zscaler_zia"}
_DEVICES = {"crowdstrike", "defender"}
_ENOUGH = 0.05
"""Share from which a lack is worth a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageGap:
    """Something that is not seen."""

    name: str
    weight: Literal["high", "medium", "low"]
    costs: str
    """What cannot be told without it."""
    close: str
    """What to do, or that nothing can be done."""
    source: str | None = None


def coverage_gaps(home: Home, reader: Reader, connections: Iterable[Connection], now: Micros) -> list[CoverageGap]:
    """Every gap there is now, the weightiest first."""
    connected = list(connections)
    products = {row["product"] for row in reader.query("SELECT DISTINCT product FROM events").to_pylist()}
    kinds = {connection.kind for connection in connected} | products
    found = [
        *_missing_kinds(kinds, {connection.kind for connection in connected}),
        *_missing_keys(connected),
        *_missing_knowledge(home),
        *_unread(home, connected),
        *_without_people(reader),
        *_without_places(reader, now),
    ]
    return sorted(found, key=lambda gap: (("high", "medium", "low").index(gap.weight), gap.name))


def _missing_kinds(kinds: Collection[str], pulled: Collection[str]) -> Iterator[CoverageGap]:
    if "claude" not in kinds:
        yield CoverageGap(
            name="Claude Enterprise", weight="high", costs="Nothing of Claude is seen.",
            close="fanlight source add claude --key env:CLAUDE_KEY",
        )  # fmt: skip
    if _DIRECTORIES.isdisjoint(kinds):
        yield CoverageGap(
            name="Identity provider", weight="high",
            costs="Who left, who is a person, and whether a sign-in to Claude went through the company cannot be told.",
            close="Connect Okta, Entra ID or Google Workspace, or import a directory from a file.",
        )  # fmt: skip
    if _TELEMETRY.isdisjoint(kinds):
        yield CoverageGap(
            name="Telemetry of Claude Code and Cowork", weight="medium",
            costs="Tools, MCP servers and plugins on people's own machines are not seen, nor permission modes.",
            close="Point the agents' OpenTelemetry export at Fanlight's OTLP input.",
        )  # fmt: skip
    if _WEB.isdisjoint(kinds):
        yield CoverageGap(
            name="Web gateway", weight="medium",
            costs="Personal AI accounts beside the enterprise one are not seen.",
            close="Send the web gateway's logs, or import them from files.",
        )  # fmt: skip
    if _DEVICES.isdisjoint(pulled):  # imported events of these vendors are no inventory
        yield CoverageGap(
            name="Device inventory", weight="low",
            costs="Whether a device is managed is known only as far as the identity provider says so.",
            close="Connect CrowdStrike or Defender: fanlight source add crowdstrike --help",
        )  # fmt: skip


def _missing_keys(connections: Iterable[Connection]) -> Iterator[CoverageGap]:
    for connection in connections:
        if connection.kind != "claude":
            continue
        if not connection.options.get("admin_key"):
            yield CoverageGap(
                name="Claude API keys", weight="medium", source=connection.name,
                costs="Claude API keys and when each was last used are not seen; stale keys cannot be told.",
                close="Add a Console Admin key: fanlight source add claude … --admin-key env:ADMIN_KEY",
            )  # fmt: skip
        if not connection.options.get("analytics_key"):
            yield CoverageGap(
                name="Claude Analytics", weight="low", source=connection.name,
                costs="The last active day of members and the use of connectors are not seen.",
                close="Add an Analytics key: fanlight source add claude … --analytics-key env:ANALYTICS_KEY",
            )  # fmt: skip


def _missing_knowledge(home: Home) -> Iterator[CoverageGap]:
    settings = home.settings
    if not manifest(home.path):
        yield CoverageGap(
            name="Places of addresses", weight="medium",
            costs="Countries and networks are known only where a source states them.",
            close="fanlight geo install --city FILE.mmdb --asn FILE",
        )  # fmt: skip
    if not settings.company_domains:
        yield CoverageGap(
            name="Company domains", weight="medium",
            costs="Guests and private addresses cannot be told from members by their domain.",
            close="company_domains in fanlight settings apply",
        )  # fmt: skip
    if not (settings.corporate_egress or settings.offices):
        yield CoverageGap(
            name="Own networks", weight="medium",
            costs="The company's own egress looks like anybody's network.",
            close="corporate_egress, vpn_pools and offices in fanlight settings apply",
        )  # fmt: skip


def _unread(home: Home, connections: Iterable[Connection]) -> Iterator[CoverageGap]:
    for connection in connections:
        waiting = backlog(home.state, connection.name)
        if waiting.failed:
            yield CoverageGap(
                name="Content that could not be read", weight="low", source=connection.name,
                costs=f"{waiting.failed:,} chats, files or documents have no labels; that is not the same as clean.",
                close="fanlight labels coverage names the reasons; encrypted and broken files stay so.",
            )  # fmt: skip
        if waiting.gone:
            yield CoverageGap(
                name="Content that was gone", weight="low", source=connection.name,
                costs=f"{waiting.gone:,} things were deleted at the vendor before they were read.",
                close="Nothing can be done; newer content is read first.",
            )  # fmt: skip


def _without_people(reader: Reader) -> Iterator[CoverageGap]:
    row = reader.query(
        "SELECT count(*) AS n, count(*) FILTER (WHERE l.account_key IS NULL) AS alone FROM "
        "(SELECT DISTINCT account_key FROM events WHERE account_key IS NOT NULL) e "
        "LEFT JOIN (SELECT DISTINCT account_key FROM links_now) l USING (account_key)"
    ).to_pylist()[0]
    if row["n"] and row["alone"]:
        yield CoverageGap(
            name="Accounts without a person", weight="medium" if row["alone"] > _ENOUGH * row["n"] else "low",
            costs=f"{row['alone']:,} of {row['n']:,} accounts that acted belong to no known person.",
            close="fanlight posture --check account_without_person names them; import a directory to link them.",
        )  # fmt: skip


def _without_places(reader: Reader, now: Micros) -> Iterator[CoverageGap]:
    row = reader.query(
        "SELECT count(*) AS n, count(*) FILTER (WHERE ip IS NULL) AS none FROM events WHERE day >= ?",
        [day_of(now - 30 * DAY)],
    ).to_pylist()[0]
    if row["n"] and row["none"] > _ENOUGH * row["n"]:
        yield CoverageGap(
            name="Events without an address", weight="low",
            costs=f"{row['none']:,} of {row['n']:,} events of 30 days name no address; their place cannot be told.",
            close="Nothing can be done: directory sync, system actions and audit logs of some vendors have none.",
        )  # fmt: skip
