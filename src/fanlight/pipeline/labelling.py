"""The labeller of an installation: its categories, its key for fingerprints, and a record of what its ruleset held."""

from __future__ import annotations

import json
import secrets

from sqlalchemy import insert, select

from fanlight.labels import Labeller
from fanlight.labels.custom import CustomCategories
from fanlight.labels.labeller import ENGINE_VERSION
from fanlight.labels.rulesets import held_by
from fanlight.pipeline.categories import open_categories
from fanlight.pipeline.home import Home
from fanlight.state import schema
from fanlight.state.vault import KeyProblem

__all__ = ["fingerprint_key", "note_ruleset", "open_labeller", "rotate_fingerprints"]

_KEY = "label-fingerprints"


def open_labeller(home: Home) -> Labeller:
    """A labeller with everything the installation says; its ruleset is noted before anything is read with it."""
    custom, _ = open_categories(home)
    labeller = Labeller(fingerprint_key(home), cache=home.path / "cache", custom=custom)
    note_ruleset(home, labeller.ruleset_version, custom)
    return labeller


def note_ruleset(home: Home, version: str, custom: CustomCategories) -> None:
    """Keep what a ruleset holds, once."""
    table = schema.rulesets
    where = (table.c.tenant == home.tenant, table.c.version == version)
    with home.state.view() as connection:
        if connection.execute(select(table.c.version).where(*where)).first() is not None:
            return
    held = json.dumps(held_by(custom, ENGINE_VERSION), sort_keys=True)
    with home.state.tick() as tick:
        if tick.connection.execute(select(table.c.version).where(*where)).first() is None:
            tick.connection.execute(
                insert(table).values(tenant=home.tenant, version=version, recognizers=held, first_used_at=tick.now)
            )


def fingerprint_key(home: Home) -> bytes:
    """The key under which high-entropy secrets get their fingerprints now."""
    with home.state.view() as connection:
        sealed = connection.execute(
            select(schema.secrets.c.name).where(schema.secrets.c.tenant == home.tenant, schema.secrets.c.name == _KEY)
        ).first()
    if sealed is None:
        return home.vault.tenant_key("fingerprint")
    try:
        return bytes.fromhex(home.vault.read(f"sealed:{_KEY}"))
    except KeyProblem:
        return home.vault.tenant_key("fingerprint")


def rotate_fingerprints(home: Home, actor: str) -> None:
    """From now on fingerprints are made under a new key; the one before is gone, and with it what its prints tell.

    Prints of before and after cannot be compared; dismissals by fingerprint hold for what was read before.
    """
    home.vault.seal(_KEY, secrets.token_hex(32))
    with home.state.tick() as tick:
        tick.audit(actor, "fingerprint key replaced", "labels")
