"""Adding a source in the browser."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from fanlight.pipeline.connections import list_connections
from fanlight.pipeline.home import Home
from fanlight.server import NotAccepted, Viewer
from fanlight.server import schema as s
from fanlight.server.views import LakeViews, drafts
from fanlight.sources.contract import SourceContext, SourceReport
from fanlight.sources.registry import SourceKind

MIRA = Viewer(name="mira", may_see_masks=True)


class Working:
    """A vendor that takes every token."""

    def __init__(self, context: SourceContext) -> None:
        context.read_secret(context.options["token"])

    def check(self) -> SourceReport:
        return SourceReport(reachable=True, works=True, headline="The token works.")

    def close(self) -> None:
        return None


def pasted(token: str) -> s.AddSourceRequest:
    options = {"url": SecretStr("https://example.okta.com"), "token": SecretStr(token)}
    return s.AddSourceRequest(kind="okta", name="okta", options=options)


def test_a_name_that_is_taken_is_refused_and_its_key_stays(
    views: LakeViews, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "find_kind", lambda kind: SourceKind(kind, Working, None, ""))  # type: ignore[arg-type]
    first, second = (views.test_source(MIRA, pasted(token)).draft for token in ("first", "second"))
    views.start_collecting(MIRA, first)
    before = list_connections(home)
    with pytest.raises(NotAccepted, match="already a source named okta and nothing was changed"):
        views.start_collecting(MIRA, second)
    with pytest.raises(NotAccepted, match="by saying so"):
        views.test_source(MIRA, pasted("third"))
    assert list_connections(home) == before
    assert home.vault.read("sealed:okta") == "first"


def test_a_new_key_replaces_the_old_one_when_that_is_asked_for(
    views: LakeViews, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "find_kind", lambda kind: SourceKind(kind, Working, None, ""))  # type: ignore[arg-type]
    views.start_collecting(MIRA, views.test_source(MIRA, pasted("first")).draft)
    (before,) = list_connections(home)
    again = pasted("second").model_copy(update={"replace": True})
    views.start_collecting(MIRA, views.test_source(MIRA, again).draft)
    (after,) = list_connections(home)
    assert after.options == before.options
    assert home.vault.read("sealed:okta") == "second"


def test_adding_a_source_opens_on_claude(views: LakeViews) -> None:
    offered = [each.kind for each in views.sources().kinds]
    assert offered[0] == "claude"
    assert offered[1:] == sorted(offered[1:])
