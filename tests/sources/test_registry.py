"""Sources are found by looking, never by a list."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fanlight.sources.contract import SourceError
from fanlight.sources.registry import find_kind, kinds


def test_every_package_with_a_kind_is_found():
    assert {"claude", "okta"} <= set(kinds())
    assert all(kind.summary for kind in kinds().values())
    assert all(kind.connector or kind.map_record for kind in kinds().values())


def test_an_unknown_kind_names_those_there_are():
    with pytest.raises(SourceError, match=r"there are: .*claude.*okta"):
        find_kind("carrier_pigeon")


def test_looking_for_kinds_loads_no_client():
    """The command line asks for the kinds often; that must not cost the HTTP library's import."""
    code = "import sys; from fanlight.sources.registry import kinds; kinds(); sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
