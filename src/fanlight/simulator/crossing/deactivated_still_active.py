"""Somebody was deactivated at the identity provider, and the account at Claude went on a day later."""

from __future__ import annotations

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "deactivated_still_active"


def write(cast: Casting) -> None:
    """The twin does the same while still active, twenty minutes before the deactivation."""
    main = cast.company.main.uuid
    for kind, fact in (("attack", "deactivated 20 hours before"), ("twin", "deactivated 20 minutes after")):
        person = cast.colleague(main, lambda one: one.okta_id is not None)
        chat = plant(cast, person, main, None, cast.rng.randint(10, 20), "none")
        at = cast.moment(person, 10.0, 15.0)
        off = at - 20 * HOUR if kind == "attack" else at + 20 * MINUTE
        person.dormant_since = off - DAY
        cast.keep_still(person, at, off)
        person.okta_status.append((off, "DEPROVISIONED"))
        story = cast.story(RULE, kind, person, at, fact, sources=("okta", "claude"))

        def leave(stage: Stage, person: Person = person, off: Micros = off, story: Story = story) -> None:
            story.context.append(stage.log(off, "user.lifecycle.deactivate", (person.index, None, None)).uuid)

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, chat: Planted = chat
        ) -> None:
            actor, pair = stage.actor(person, person.home_ip, agent_at(stage, person, at)), cast.company.main.pair
            old = chat.get()
            for wait in (0, 4, 9):
                row = stage.emit(
                    at + wait * MINUTE, "claude_chat_viewed", pair, actor, NAMES["chat"], (old.id, None), prompt=True
                )
                note(story, row)
            story.chats.append(old.id)

        cast.perform(off, leave)
        cast.perform(at, act)
