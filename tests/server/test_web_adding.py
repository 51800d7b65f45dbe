"""Adding a source in the browser."""

from __future__ import annotations

from fanlight.server.views import LakeViews


def test_adding_a_source_opens_on_claude(views: LakeViews) -> None:
    offered = [each.kind for each in views.sources().kinds]
    assert offered[0] == "claude"
    assert offered[1:] == sorted(offered[1:])
