"""The machines of the company's people: which are managed, by what, and which are their own.

Windows machines run Defender, the others the Falcon sensor. One in sixteen people works on a machine of their own, and
of one in sixteen the identity provider does not say whether the machine is managed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fanlight.model import DAY, HOUR, MINUTE, Micros
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.records import Person
from fanlight.simulator.stage import Stage

__all__ = ["Machine", "Standing", "fleet_of", "machine_of"]

Standing = Literal["managed", "own", "unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The computer of one person."""

    person: int
    name: str
    system: Literal["Windows", "Mac", "Linux"]
    standing: Standing
    """`own`: not the company's; `unsaid`: managed, but the identity provider does not say so."""
    directory_id: str
    """Its id at Entra ID."""
    first_seen: Micros
    last_seen: Micros
    user: str
    """The name under which its person signs in on it."""
    ip: str

    @property
    def sensor(self) -> Literal["crowdstrike", "defender"]:
        """Which inventory would list it."""
        return "defender" if self.system == "Windows" else "crowdstrike"


def machine_of(stage: Stage, person: Person, now: Micros) -> Machine:
    """The person's computer as it stands now."""
    dice = stable_bytes("fleet", stage.seed, person.index, size=4)
    agent = person.devices[0].before or person.devices[0].after if person.devices else ""
    standing: Standing = "own" if dice[0] % 16 == 0 else "unsaid" if dice[0] % 16 == 1 else "managed"
    began = person.joined_at + dice[1] * HOUR
    until = now if person.left_at is None or person.left_at > now else person.left_at
    seen = until // HOUR * HOUR - dice[2] % 60 * MINUTE
    return Machine(
        person=person.index,
        name=f"LT-{person.index:05d}",
        system="Windows" if "Windows" in agent else "Linux" if "Linux" in agent else "Mac",
        standing=standing,
        directory_id=stable_uuid("entra device", stage.seed, person.index),
        first_seen=began,
        last_seen=max(began, seen),
        user=(person.okta_login or person.email).partition("@")[0],
        ip=person.home_ip,
    )


def fleet_of(stage: Stage, now: Micros) -> Sequence[Machine]:
    """The computers of everybody who works or worked here and left less than 45 days ago."""
    people = [
        person
        for person in stage.company.people
        if person.okta_id and person.joined_at <= now and (person.left_at is None or person.left_at > now - 45 * DAY)
    ]
    return [machine_of(stage, person, now) for person in people]
