"""A Fanlight installation on disk, opened for one tenant."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from fanlight.lake import Lake, Reader
from fanlight.model import Clock, SystemClock
from fanlight.state import State, open_state
from fanlight.state.company import CompanySettings, load_settings
from fanlight.state.vault import Vault, open_vault

__all__ = ["Home", "default_home", "open_home"]

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(slots=True)
class Home:
    """Everything a job needs: where, whose, and with which clock."""

    path: Path
    tenant: str
    state: State
    lake: Lake
    vault: Vault
    clock: Clock

    @property
    def settings(self) -> CompanySettings:
        """What the operator said of the company, read now."""
        return load_settings(self.state)

    def reader(self, memory: str = "1GB") -> Reader:
        """A snapshot of the facts."""
        return self.lake.reader(memory)

    def close(self) -> None:
        self.state.close()


def default_home() -> Path:
    """`$FANLIGHT_HOME`, else `~/.fanlight`."""
    return Path(os.environ.get("FANLIGHT_HOME") or Path.home() / ".fanlight")


def open_home(path: Path | None = None, tenant: str = "default", clock: Clock | None = None) -> Home:
    """Open an installation, making it when it is new. Raises `ValueError` for an unusable tenant name."""
    if not _TENANT.fullmatch(tenant):
        raise ValueError("A tenant's name has lower-case letters, digits and dashes, 63 at most.")
    clock = clock or SystemClock()
    folder = path or default_home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = open_state(os.environ.get("FANLIGHT_STATE_URL") or folder, tenant, clock)
    return Home(folder, tenant, state, Lake(folder / "lake", state), open_vault(state, folder), clock)
