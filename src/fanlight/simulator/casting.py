"""What every story draws from: people who keep to their habits, moments of the last days, sensitive chats."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import cast as typing_cast

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.agenda import Agenda
from fanlight.simulator.company import Company, steady
from fanlight.simulator.habits import agent_of, local_moment
from fanlight.simulator.portfolio import HIGH_ROLE
from fanlight.simulator.records import Chat, Person, Project, Tier
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story, StoryKind
from fanlight.simulator.world import Activity

__all__ = ["Casting", "Planted", "agent_at", "note", "plant"]


@dataclass(slots=True)
class Casting:
    """Everything the stories draw from."""

    stage: Stage
    agenda: Agenda
    rng: random.Random
    taken: set[int]

    @property
    def company(self) -> Company:
        return self.stage.company

    def high(self, part: str) -> Project:
        return self.company.projects[HIGH_ROLE[part]]

    def take(self, person: Person) -> Person:
        """Reserve somebody; from now on they keep to their habits."""
        self.taken.add(person.index)
        person.cast = person.careful = True
        person.rate = max(person.rate, 0.8)
        person.part_time, person.vpn = 0, False
        person.office_days &= 0b01010  # home is a usual place of everybody who plays
        return person

    def member(self, project: Project, *, owl: bool = False, wanted: Callable[[Person], bool] | None = None) -> Person:
        people = [self.company.people[i] for i in project.members]
        free = [p for p in people if p.index not in self.taken and p.night_owl == owl]
        fitting = [p for p in free if wanted(p)] if wanted else free
        return self.take(self.rng.choice(fitting or free or people))

    def colleague(self, organization: str, wanted: Callable[[Person], bool] = lambda _: True) -> Person:
        """Somebody settled of an organization who is in no sensitive project."""
        free = [
            p
            for p in steady(self.company)
            if p.index not in self.taken and not p.careful and p.organizations.get(organization) == "user" and wanted(p)
        ]
        return self.take(self.rng.choice(free))

    def holder(self, organization: str, role: str) -> Person:
        """Somebody with a built-in role; the primary owner where nobody else is free."""

        def free(wanted: str) -> list[Person]:
            return [
                p
                for p in self.company.people
                if p.organizations.get(organization) == wanted
                and p.index not in self.taken
                and p.dormant_since is None
                and not p.api_user
            ]

        found = free(role) or free("primary_owner")
        return self.take(self.rng.choice(found))

    def moment(
        self, person: Person, low: float, high: float, *, workday: bool = True, zone: str | None = None
    ) -> Micros:
        """A time of the last six days at a local hour between `low` and `high` (may pass 24)."""
        now = self.stage.first_now
        choices = []
        for day in range(now // DAY - 6, now // DAY + 1):
            for _ in range(2):
                at = local_moment(zone or person.country.timezone, day, self.rng.uniform(low, high))
                weekday = (day + 3) % 7
                if now - 5 * DAY - 18 * HOUR < at < now - 40 * MINUTE and (not workday or weekday < 5):
                    choices.append(at)
        return self.rng.choice(choices) // SECOND * SECOND

    def keep_still(self, person: Person, *moments: Micros) -> None:
        """Let somebody do nothing by habit on the days around these moments."""
        for at in moments:
            person.away |= {at // DAY - 1, at // DAY, at // DAY + 1}

    def perform(self, at: Micros, act: Callable[[Stage], None]) -> None:
        self.agenda.put(at // DAY, act)

    def story(self, rule: str, kind: str, person: Person, at: Micros, fact: str, **more: Any) -> Story:
        found = Story(
            name=rule, rule=rule, kind=typing_cast("StoryKind", kind), user_id=person.user_id, email=person.email,
            at=at, deciding_fact=fact, **more,
        )  # fmt: skip
        self.stage.truth.all_stories.append(found)
        return found


def agent_at(stage: Stage, person: Person, at: Micros) -> str:
    return agent_of(stage, person.devices[0], at // DAY)


@dataclass(slots=True)
class Planted:
    """A chat that exists once its act was performed."""

    chat: Chat | None = None

    def get(self) -> Chat:
        assert self.chat is not None
        return self.chat


def plant(
    cast: Casting, person: Person, organization: str, project: Project | None, days_ago: int, tier: Tier = "high"
) -> Planted:
    """Let somebody open a sensitive chat on an ordinary working day, weeks before the story."""
    holder = Planted()
    day = cast.stage.first_now // DAY - days_ago
    while (day + 3) % 7 > 4:
        day -= 1
    at = local_moment(person.country.timezone, day, cast.rng.uniform(10.0, 16.0)) // SECOND * SECOND

    def act(stage: Stage) -> None:
        number = project.number if project else None
        chat = holder.chat = stage.start_chat(person, at, organization, number, tier)
        stage.add_turns(chat, at + 5 * SECOND, 3)
        actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
        stage.emit(
            at,
            "claude_chat_created",
            stage.organization_pair(organization),
            actor,
            NAMES["chat"],
            (chat.id, stage.project_id(number)),
        )

    cast.perform(at, act)
    return holder


def note(story: Story, row: Activity, *, context: bool = False) -> None:
    (story.context if context else story.activities).append(row.id)
    if row.organization_uuid and row.organization_uuid not in story.organizations:
        story.organizations.append(row.organization_uuid)
