"""A sign-in at Claude that the identity provider knows nothing of."""

from __future__ import annotations

from fanlight.model import Micros
from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.casting import Casting, agent_at, note
from fanlight.simulator.records import Person
from fanlight.simulator.stage import Stage
from fanlight.simulator.truth import Story

RULE = "sign_in_without_idp"
_WAYS = (("sso_login_succeeded", "sso", None), ("magic_link_login_succeeded", "magic_link", "not_used"))


def write(cast: Casting) -> None:
    """The twin signs in at the same time of day from home with the identity provider's word for it."""
    main = cast.company.main
    way, method, factor = cast.rng.choice(_WAYS)
    for kind, fact in (("attack", "no sign-on at the identity provider"), ("twin", "the sign-on is there")):
        person = cast.colleague(main.uuid, lambda one: one.okta_id is not None)
        at = cast.moment(person, 10.0, 16.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, detail=way, sources=("okta", "claude"))

        def act(stage: Stage, person: Person = person, at: Micros = at, story: Story = story, kind: str = kind) -> None:
            agent = agent_at(stage, person, at)
            actor = stage.actor(person, person.home_ip, agent)
            morning = stage.sign_in(person, at - 150 * MINUTE, person.home_ip, agent, prompt=True)
            note(story, morning, context=True)
            if kind == "twin":
                note(story, stage.sign_in(person, at, person.home_ip, agent, prompt=True))
            else:
                names = ("auth_method", "mfa_method")
                note(story, stage.emit(at + 4 * SECOND, way, None, actor, names, (method, factor), prompt=True))
            settings = stage.emit(
                at + MINUTE, "claude_user_settings_updated", main.pair, actor, ("updates",), ([],), prompt=True
            )
            note(story, settings, context=True)

        cast.perform(at, act)
