"""A sensitive chat is opened on a device that the company does not manage, by the identity provider's word."""

from __future__ import annotations

from fanlight.model import Micros
from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.identifiers import stable_bytes
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "unmanaged_device_content"


def write(cast: Casting) -> None:
    """The twin does the same on a managed device."""
    main = cast.company.main
    for kind, fact in (("attack", "the device is not managed"), ("twin", "the device is managed")):
        person = cast.colleague(main.uuid, lambda one: one.okta_id is not None)
        chat = plant(cast, person, main.uuid, None, cast.rng.randint(10, 20))
        at = cast.moment(person, 10.0, 16.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, sources=("okta", "claude"))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, kind: str = kind,
            chat: Planted = chat,
        ) -> None:  # fmt: skip
            agent, old = agent_at(stage, person, at), chat.get()
            device = {
                "id": "guo" + stable_bytes("device", stage.seed, person.index, size=9).hex()[:17],
                "name": f"LT-{person.index:05d}" if kind == "twin" else "Home computer",
                "os_platform": _platform(agent),
                "registered": True,
                "managed": kind == "twin",
            }
            told = (person.index, person.home_ip, agent, None, {"device": device})
            story.context.append(stage.log(at - 5 * MINUTE, "user.session.start", told).uuid)
            stage.log(at - 4 * MINUTE, "user.authentication.sso", told)
            actor = stage.actor(person, person.home_ip, agent)
            signed = stage.emit(
                at - 4 * MINUTE + 4 * SECOND, "sso_login_succeeded", None, actor, ("auth_method", "mfa_method"),
                ("sso", None), prompt=True,
            )  # fmt: skip
            note(story, signed, context=True)
            row = stage.emit(at, "claude_chat_viewed", main.pair, actor, NAMES["chat"], (old.id, None), prompt=True)
            note(story, row)
            story.chats.append(old.id)

        cast.perform(at, act)


def _platform(agent: str) -> str:
    return "WINDOWS" if "Windows" in agent else "OSX" if "Mac OS X" in agent else "LINUX"
