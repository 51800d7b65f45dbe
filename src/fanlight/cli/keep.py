"""`fanlight backup`, `restore` and `doctor`: keeping an installation."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows


def register(app: App) -> None:
    """Add the commands."""
    app.command(_backup, name="backup")
    app.command(_restore, name="restore")
    app.command(_doctor, name="doctor")


def _backup(folder: Path, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Copy the installation into a new folder, while it runs. The master key is not part of it: keep it apart."""
    from fanlight.pipeline.backups import BackupProblem, make_backup
    from fanlight.state.vault import master_key_path

    opened = open_home(home, tenant)
    try:
        files = make_backup(opened, folder)
    except BackupProblem as problem:
        end(Exit.USAGE, str(problem))
    print(f"Copied {files:,} files to {folder.name}. Keep the master key ({master_key_path(opened.path).name}) apart.")


def _restore(folder: Path, /, *, home: HomeOption = None) -> None:
    """Copy a backup into a new home folder. Put the master key beside it before you start."""
    from fanlight.pipeline.backups import BackupProblem, restore_backup
    from fanlight.pipeline.home import default_home
    from fanlight.state.vault import master_key_path

    target = home or default_home()
    try:
        files = restore_backup(folder, target)
    except BackupProblem as problem:
        end(Exit.USAGE, str(problem))
    key = master_key_path(target)
    if key.exists():
        print(f"Restored {files:,} files. {key.name} is beside the home folder: it must be the key of the backup.")
        return
    print(f"Restored {files:,} files. Put the master key of the backup beside the home folder, as {key.name}.")


def _doctor(*, home: HomeOption = None, tenant: TenantOption = "default", format: FormatOption = "table") -> None:
    """Explain the state of the installation; exit 1 when something needs attention."""
    from fanlight.pipeline.doctor import examine

    findings = examine(open_home(home, tenant))
    print_rows(({"state": one.state, "what": one.what, "sentence": one.sentence} for one in findings), format)
    end(Exit.OK if all(one.state == "ok" for one in findings) else Exit.FOUND)
