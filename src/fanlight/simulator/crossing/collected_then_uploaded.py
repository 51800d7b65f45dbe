"""Documents or repositories are taken whole, and within the hour a file goes into a chat."""

from __future__ import annotations

from fanlight.model import Micros
from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "collected_then_uploaded"
_CODERS = ("Engineering", "Research", "Data", "IT", "Security", "Product")


def write(cast: Casting) -> None:
    """The twin collects as much, after the upload instead of before it."""
    main = cast.company.main
    vendor = cast.rng.choice(("google_workspace", "github_audit"))
    for kind, fact in (("attack", "collected before the upload"), ("twin", "collected after the upload")):
        person = cast.colleague(
            main.uuid, lambda one: one.okta_id is not None and (vendor[:2] == "go" or one.department in _CODERS)
        )
        chat = plant(cast, person, main.uuid, None, cast.rng.randint(8, 16), "none")
        at = cast.moment(person, 10.0, 15.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, detail=vendor, sources=(vendor, "claude"))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, kind: str = kind,
            chat: Planted = chat,
        ) -> None:  # fmt: skip
            begun = at - 40 * MINUTE if kind == "attack" else at + 5 * MINUTE
            for number in range(26 if vendor == "google_workspace" else 8):
                when, ip = begun + number * 50 * SECOND, person.home_ip
                if vendor == "google_workspace":
                    said = {"did": "download", "document": f"{person.index}/{number}"}
                    row = stage.beside(vendor, "drive", when, person, ip, said)
                else:
                    row = stage.beside(vendor, "audit", when, person, ip, {"number": number})
                story.context.append(row.id)
            actor, old = stage.actor(person, person.home_ip, agent_at(stage, person, at)), chat.get()
            file = stage.attach(old, at, 0, "none")
            uploaded = (file, None, old.id, None)
            note(
                story,
                stage.emit(at, "claude_file_uploaded", main.pair, actor, NAMES["upload"], uploaded, prompt=True),
            )
            story.chats.append(old.id)

        cast.perform(at, act)
