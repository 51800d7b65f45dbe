"""A sensitive chat is opened in Claude, and minutes later much goes to another AI service."""

from __future__ import annotations

from typing import Any

from fanlight.model import Micros
from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "other_ai_beside_claude"
_HOSTS = ("chatgpt.com", "gemini.google.com", "www.perplexity.ai")


def write(cast: Casting) -> None:
    """The twin sends as much to the same service after a chat that holds nothing."""
    main, host = cast.company.main, cast.rng.choice(_HOSTS)
    for kind, fact in (("attack", "the chat is sensitive"), ("twin", "the chat holds nothing")):
        person = cast.colleague(main.uuid, lambda one: one.okta_id is not None)
        chat = plant(cast, person, main.uuid, None, cast.rng.randint(10, 20), "high" if kind == "attack" else "none")
        at = cast.moment(person, 10.0, 16.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, detail=host, sources=("claude", "zscaler_zia"))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, chat: Planted = chat
        ) -> None:
            agent, old = agent_at(stage, person, at), chat.get()
            actor = stage.actor(person, person.home_ip, agent)
            row = stage.emit(at, "claude_chat_viewed", main.pair, actor, NAMES["chat"], (old.id, None), prompt=True)
            note(story, row)
            story.chats.append(old.id)
            for wait, name, size in ((-3, "claude.ai", 2_400), (9, host, 1_800), (12, host, 780_000)):
                when = at + wait * MINUTE
                line = _line(stage, person, when, agent, name, size)
                stage.beside("zscaler_zia", "web", when, person, person.home_ip, line)

        cast.perform(at, act)


def _line(stage: Stage, person: Person, at: Micros, agent: str, host: str, size: int) -> dict[str, Any]:
    """A line of the gateway's web log, as its feed for a collector writes it."""
    return {
        "sourcetype": "zscalernss-web",
        "event": {
            "epochtime": str(at // SECOND), "event_id": str(7_000_000 + len(stage.besides)), "reason": "Allowed",
            "action": "Allowed", "protocol": "HTTPS", "requestmethod": "POST", "requestsize": str(size),
            "responsesize": "14000", "transactionsize": str(size + 14_000), "status": "200", "hostname": host,
            "url": f"{host}/made/up", "user": person.okta_login or person.email, "department": person.department,
            "clientpublicIP": person.home_ip, "ClientIP": "10.0.0.7", "useragent": agent, "product": "NSS",
            "vendor": "Zscaler", "urlcategory": "AI_ML_APPS", "appclass": "AI and ML Applications",
            "appname": host.split(".")[-2],
        },
    }  # fmt: skip
