"""The identity provider raises an alarm about a person, and within hours the account opens a sensitive chat."""

from __future__ import annotations

from fanlight.model import Micros
from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "idp_alarm_then_content"
_REPORT, _DENIED = "user.account.report_suspicious_activity_by_enduser", "user.mfa.okta_verify.deny_push"


def write(cast: Casting) -> None:
    """The twin has the same alarm and opens a chat that holds nothing."""
    main = cast.company.main
    alarm = cast.rng.choice((_REPORT, _DENIED))
    for kind, fact in (("attack", "the chat is sensitive"), ("twin", "the chat holds nothing")):
        person = cast.colleague(main.uuid, lambda one: one.okta_id is not None)
        chat = plant(cast, person, main.uuid, None, cast.rng.randint(10, 20), "high" if kind == "attack" else "none")
        at = cast.moment(person, 10.0, 16.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, detail=alarm, sources=("okta", "claude"))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, chat: Planted = chat
        ) -> None:
            agent, old = agent_at(stage, person, at), chat.get()
            failed = {"outcome": {"result": "FAILURE", "reason": "User rejected the push"}} if alarm == _DENIED else {}
            for number in range(7 if alarm == _DENIED else 1):
                told = (person.index, person.home_ip, agent, None, failed)
                row = stage.log(at - 45 * MINUTE + number * 20 * SECOND, alarm, told)
                story.context.append(row.uuid)
            note(story, stage.sign_in(person, at - 2 * MINUTE, person.home_ip, agent, prompt=True), context=True)
            actor = stage.actor(person, person.home_ip, agent)
            for wait in (0, 3):
                row_at = at + wait * MINUTE
                values = (old.id, None)
                note(
                    story,
                    stage.emit(row_at, "claude_chat_viewed", main.pair, actor, NAMES["chat"], values, prompt=True),
                )
            story.chats.append(old.id)

        cast.perform(at, act)
