"""The search for runs of eight characters finds them in every form and store."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.runs import runs_found, runs_of
from support.test_canaries import NEEDLE, STORES


@pytest.mark.parametrize("store", sorted(STORES))
@pytest.mark.parametrize("kept", [NEEDLE, NEEDLE[4:12], NEEDLE[-8:]])
def test_a_kept_part_is_found(tmp_path: Path, store: str, kept: str) -> None:
    STORES[store](tmp_path / "written", f"around {kept} it")
    assert set(runs_found([tmp_path], runs_of([NEEDLE]))) == runs_of([kept])


@pytest.mark.parametrize("store", sorted(STORES))
def test_seven_characters_are_not_a_run(tmp_path: Path, store: str) -> None:
    STORES[store](tmp_path / "written", f"around {NEEDLE[3:10]} it")
    assert runs_found([tmp_path], runs_of([NEEDLE])) == {}
