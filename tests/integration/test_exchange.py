"""Exports of a whole simulated company in other people's shapes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fanlight.sources.claude.catalogue import load
from integration.conftest import Installation, forbidden_words
from support.ocsf_schema import faults


def documents(installation: Installation, what: str) -> list[dict[str, Any]]:
    lines = installation.run("export", what, "--format", "ocsf").stdout.splitlines()
    return [orjson.loads(line) for line in lines]


class TestOcsf:
    @pytest.mark.parametrize("what", ["events", "findings", "labels", "posture"])
    def test_every_row_is_valid(self, installation: Installation, what: str) -> None:
        found = documents(installation, what)
        assert len(found) == len(installation.run("export", what).stdout.splitlines())
        assert {one["metadata"]["event_code"]: wrong for one in found if (wrong := faults(one))} == {}

    def test_only_types_that_nobody_documented_fall_back_to_their_family(self, installation: Installation) -> None:
        found = documents(installation, "events")
        fallen = [one for one in found if "type:not in the catalogue" in one["metadata"]["labels"]]
        assert not {one["metadata"]["event_code"] for one in fallen} & set(load())
        assert len(fallen) < len(found) / 100

    def test_no_content_is_in_it(self, installation: Installation) -> None:
        text = "".join(
            installation.run("export", what, "--format", "ocsf").stdout for what in ("events", "findings", "labels")
        )
        assert [word for word in forbidden_words(installation.world, installation.vendors) if word in text] == []

    def test_what_has_no_class_says_so(self, installation: Installation) -> None:
        done = installation.run("export", "risk", "--format", "ocsf", check=False)
        assert done.returncode == 2
        assert "no class for risk" in done.stderr


class TestOpenGraph:
    def test_both_ends_of_every_edge_are_there(self, installation: Installation) -> None:
        graph = orjson.loads(installation.run("export", "grants", "--format", "opengraph").stdout)["graph"]
        names = {node["id"] for node in graph["nodes"]}
        assert len(names) > 100
        assert not [e for e in graph["edges"] if not {e["start"]["value"], e["end"]["value"]} <= names]
