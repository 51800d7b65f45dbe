"""`fanlight settings`: what the operator knows of the company."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="settings", help="Tell Fanlight what you know of the company.")
    group.command(_apply, name="apply")
    group.command(_show, name="show")
    app.command(group)


def _apply(file: Path, /, *, strict: bool = False, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Read a TOML or JSON file of settings; unknown names are told, and refused under --strict.

    A file that holds no known setting changes nothing: applying it would take the settings in force away.
    """
    from fanlight.enrich.places import operator_networks
    from fanlight.pipeline.label_policy import PolicyProblem, change_weights
    from fanlight.state.company import SettingsProblem, apply_settings, read_settings_file

    try:
        settings, unknown = read_settings_file(file)
    except SettingsProblem as problem:
        end(Exit.USAGE, str(problem))
    try:
        operator_networks(settings.model_dump())
    except ValueError as problem:
        end(Exit.USAGE, f"Nothing was applied. {problem}")
    if unknown and strict:
        end(Exit.USAGE, f"Nothing was applied: {', '.join(unknown)} is not a setting Fanlight knows.")
    if unknown and not settings.model_fields_set:
        print(f"Nothing was applied: Fanlight knows none of these settings: {', '.join(unknown)}.")
        return
    opened = open_home(home, tenant)
    if "sensitivity" in settings.model_fields_set:
        try:
            change_weights(opened, settings.sensitivity, "operator")
        except PolicyProblem as problem:
            end(Exit.USAGE, f"Nothing was applied. {problem}")
    apply_settings(opened.state, settings, "operator")
    if unknown:
        print(f"Ignored, because Fanlight does not know them: {', '.join(unknown)}.")
    applied = len(settings.model_fields_set)
    print(f"Applied {applied} setting{'s' if applied != 1 else ''}.")


def _show(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Print the settings in force as JSON."""
    print(open_home(home, tenant).settings.model_dump_json(indent=2))
