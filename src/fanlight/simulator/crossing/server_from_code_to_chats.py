"""An MCP server is connected in Claude Code, and days later a chat uses a tool of it."""

from __future__ import annotations

from typing import Any

from fanlight.model import Micros
from fanlight.model.times import DAY, SECOND
from fanlight.simulator.casting import Casting, agent_at, note
from fanlight.simulator.identifiers import stable_uuid
from fanlight.simulator.records import Person
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story

RULE = "server_from_code_to_chats"
APPROVED = ("Ticket desk", "Wiki", "Calendar", "Design board")
"""What an operator's list of this company holds."""
_SERVERS = {
    "attack": ("Build helper", "https://mcp.buildhelper.example.org/sse", "run_job"),
    "twin": ("Design board", "https://mcp.designboard.example.org/mcp", "get_board"),
}
_KNOWN = "wiki"


def write(cast: Casting) -> None:
    """The twin's server is approved. A server that chats have used for months is connected too, and means nothing."""
    main = cast.company.main
    for kind, fact in (("attack", "the server is not approved"), ("twin", "the server is approved")):
        person = cast.colleague(main.uuid)
        server = _SERVERS[kind]
        at = cast.moment(person, 10.0, 16.0)
        cast.keep_still(person, at)
        story = cast.story(RULE, kind, person, at, fact, detail=server[0], sources=("claude_telemetry", "claude"))
        days = (3, 3, 1)

        def connect(
            stage: Stage, person: Person = person, at: Micros = at, server: tuple[str, str, str] = server,
            days: tuple[int, ...] = days,
        ) -> None:  # fmt: skip
            for number, before in enumerate(days):
                name = server[0].lower().replace(" ", "-")
                _connected(stage, person, at - before * DAY + number * 7 * SECOND, name, number, main.uuid)
            _connected(stage, person, at - 5 * DAY, _KNOWN, 9, main.uuid)

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story,
            server: tuple[str, str, str] = server,
        ) -> None:  # fmt: skip
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            chat = stage.start_chat(person, at, main.uuid, None, "none")
            chat.tools, chat.server = True, server
            stage.add_turns(chat, at + 5 * SECOND, 2)
            row = stage.emit(at, "claude_chat_created", main.pair, actor, NAMES["chat"], (chat.id, None), prompt=True)
            note(story, row)
            story.chats.append(chat.id)

        cast.perform(at - 5 * DAY, connect)
        cast.perform(at, act)


def _connected(stage: Stage, person: Person, at: Micros, server: str, number: int, organization: str) -> None:
    """What Claude Code tells by OTLP when it connects to a server, with names switched on."""
    session = stable_uuid("code session", stage.seed, person.index, at)
    said = {
        "event.name": "mcp_server_connection", "event.sequence": str(number), "session.id": session,
        "organization.id": organization, "user.account_id": person.user_id, "user.email": person.email,
        "status": "connected", "transport_type": "http", "server_scope": "user", "server_name": server,
    }  # fmt: skip
    record = {
        "timeUnixNano": str(at * 1000),
        "body": {"stringValue": "claude_code.mcp_server_connection"},
        "attributes": _attributes(said),
    }
    resource = {"attributes": _attributes({"service.name": "claude-code", "os.type": "darwin"})}
    logs = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": [record]}
    document = {"resourceLogs": [{"resource": resource, "scopeLogs": [logs]}]}
    stage.beside("claude_telemetry", "logs", at, person, person.home_ip, document)


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
