"""Backup and restore of one home: the control database first, then the files it names.

In that order every file the copied database names still exists when it is copied: files are never changed and are
deleted only an hour after nothing names them. The master key is not part of a backup; keep it apart.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from fanlight.pipeline.home import Home

__all__ = ["BackupProblem", "make_backup", "restore_backup"]

_DATABASE = "state.db"


class BackupProblem(ValueError):
    """A backup cannot be made or used; the text is one sentence to the operator."""


def make_backup(home: Home, target: Path) -> int:
    """Copy the installation into a new folder; returns the number of fact files."""
    if target.exists() and any(target.iterdir()):
        raise BackupProblem(f"The folder {target.name} is not empty; name a new one.")
    if not home.state.is_sqlite:
        raise BackupProblem("This installation keeps its state in a database server; back that up with its own tools.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = target / _DATABASE
    with closing(sqlite3.connect(home.path / _DATABASE)) as source, closing(sqlite3.connect(copy)) as destination:
        source.backup(destination)
    with closing(sqlite3.connect(copy)) as connection:
        paths = [row[0] for row in connection.execute("SELECT path FROM segments WHERE removed_at IS NULL")]
    for path in paths:
        file = target / "lake" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home.lake.root / path, file)
    for extra in ("rules", "geo", "exact"):
        if (home.path / extra).is_dir():
            shutil.copytree(home.path / extra, target / extra)
    os.sync()
    return len(paths)


def restore_backup(source: Path, folder: Path) -> int:
    """Copy a backup into an empty home folder; returns the number of fact files."""
    if not (source / _DATABASE).is_file():
        raise BackupProblem(f"The folder {source.name} holds no backup of Fanlight.")
    if folder.exists() and any(folder.iterdir()):
        raise BackupProblem("The home folder is not empty; restore into a new one with --home.")
    with closing(sqlite3.connect(source / _DATABASE)) as connection:
        paths = [row[0] for row in connection.execute("SELECT path FROM segments WHERE removed_at IS NULL")]
    missing = [path for path in paths if not (source / "lake" / path).is_file()]
    if missing:
        raise BackupProblem(f"The backup is not whole: {len(missing)} of {len(paths)} files are missing.")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    return len(paths)
