"""The command line. Each module of this package with `register(app)` adds its commands; there is no list."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

from cyclopts import App

import fanlight
from fanlight import cli

__all__ = ["build", "main"]


def build() -> App:
    """The whole command tree."""
    app = App(name="fanlight", help=fanlight.__doc__ or "", version=fanlight.__version__, help_format="plaintext")
    for module in sorted(iter_modules(cli.__path__), key=lambda found: found.name):
        if module.name in ("main", "common"):
            continue
        register = getattr(import_module(f"fanlight.cli.{module.name}"), "register", None)
        if register is not None:
            register(app)
    return app


def main() -> None:
    """Entry point of the `fanlight` command."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash dump would hold content
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(3)


if __name__ == "__main__":
    main()
