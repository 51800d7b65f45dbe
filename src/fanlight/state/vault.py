"""Vendor keys: referenced from outside, or sealed under a master key that lives outside the data folder."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, insert, select

from fanlight.state import schema
from fanlight.state.state import State

__all__ = ["KeyProblem", "Vault", "master_key_path", "open_vault"]


class KeyProblem(Exception):
    """A key reference cannot be resolved; the text is one sentence to the operator and never holds a key."""


def master_key_path(home: Path) -> Path:
    """Where the master key of a home lives: `$FANLIGHT_MASTER_KEY_FILE`, else beside the data folder, never in it."""
    named = os.environ.get("FANLIGHT_MASTER_KEY_FILE")
    return Path(named) if named else home.resolve().with_name(home.resolve().name + ".master-key")


class Vault:
    """Resolves key references and derives the tenant's own keys."""

    def __init__(self, state: State, master: bytes) -> None:
        self._state = state
        self._master = master

    def tenant_key(self, purpose: str) -> bytes:
        """Thirty-two bytes for one purpose (`content`, `fingerprint`, `erasure`) of this tenant."""
        info = f"fanlight/{self._state.tenant}/{purpose}".encode()
        return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(self._master)

    def read(self, reference: str) -> str:
        """The secret behind `env:NAME`, `file:PATH` or `sealed:NAME`. Raises `KeyProblem`."""
        kind, _, rest = reference.partition(":")
        if kind == "env":
            value = os.environ.get(rest, "")
            if not value:
                raise KeyProblem(f"The environment variable {rest} is not set; set it to the key and try again.")
            return value.strip()
        if kind == "file":
            return _read_key_file(Path(rest))
        if kind == "sealed":
            return self._open(rest)
        raise KeyProblem(
            "A key must be given as env:NAME or file:PATH, not as the key itself, so that it is not stored."
        )

    def seal(self, name: str, secret: str) -> str:
        """Keep a pasted secret encrypted; returns its reference `sealed:NAME`. Replaces an older one."""
        nonce = secrets.token_bytes(12)
        sealed = self._cipher().encrypt(nonce, secret.encode(), self._label(name))
        table = schema.secrets
        with self._state.tick() as tick:
            where = (table.c.tenant == self._state.tenant, table.c.name == name)
            tick.connection.execute(delete(table).where(*where))
            tick.connection.execute(
                insert(table).values(
                    tenant=self._state.tenant,
                    name=name,
                    nonce=nonce,
                    sealed=sealed,
                    last_four=secret[-4:] if len(secret) >= 24 else "",
                    updated_at=tick.now,
                )
            )
        return f"sealed:{name}"

    def forget(self, name: str) -> None:
        """Remove a sealed secret."""
        table = schema.secrets
        with self._state.tick() as tick:
            tick.connection.execute(delete(table).where(table.c.tenant == self._state.tenant, table.c.name == name))

    def _open(self, name: str) -> str:
        table = schema.secrets
        with self._state.view() as connection:
            row = connection.execute(
                select(table.c.nonce, table.c.sealed).where(table.c.tenant == self._state.tenant, table.c.name == name)
            ).first()
        if row is None:
            raise KeyProblem(f"The stored key {name} is gone; paste the key again.")
        try:
            return self._cipher().decrypt(row.nonce, row.sealed, self._label(name)).decode()
        except InvalidTag:
            raise KeyProblem(
                f"The stored key {name} cannot be opened with this master key; restore that key or paste again."
            ) from None

    def _cipher(self) -> AESGCM:
        return AESGCM(self.tenant_key("vault"))

    def _label(self, name: str) -> bytes:
        return f"{self._state.tenant}/{name}".encode()


def open_vault(state: State, home: Path) -> Vault:
    """Open the vault, making the master key on first use (mode 0600). Raises `KeyProblem`.

    A home that already holds facts or sealed keys gets no new key: erased people would come back, since what refuses
    them is keyed, and no sealed key could be opened.
    """
    path = master_key_path(home)
    if not path.exists():
        with state.view() as connection:
            keyed = (schema.segments.c.path, schema.secrets.c.name)
            used = any(connection.execute(select(column).limit(1)).first() is not None for column in keyed)
        if used:
            raise KeyProblem(
                f"The master key {path.name} is missing; put the one of this installation beside the home folder."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass  # another process was faster; its key counts
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
    master = path.read_bytes()
    if len(master) != 32:
        raise KeyProblem(f"The master key file {path.name} is damaged (not 32 bytes); restore it from your backup.")
    return Vault(state, master)


def _read_key_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        value = path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise KeyProblem(f"The key file {path.name} cannot be read; check its path and its owner.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyProblem(f"The key file {path.name} can be read by others; make it readable by you alone (chmod 400).")
    if not value:
        raise KeyProblem(f"The key file {path.name} is empty; put the key into it.")
    return value
