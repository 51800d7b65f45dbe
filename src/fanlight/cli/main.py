"""The command line. Each module of this package with `register(app)` adds its commands; there is no list."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from pkgutil import iter_modules

from cyclopts import App, Parameter

import fanlight
from fanlight import cli

__all__ = ["build", "explain", "forbid_dumps", "main"]


def build() -> App:
    """The whole command tree."""
    app = App(
        name="fanlight",
        help=fanlight.__doc__ or "",
        version=fanlight.__version__,
        help_format="plaintext",
        default_parameter=Parameter(negative_iterable=()),
    )
    for module in sorted(iter_modules(cli.__path__), key=lambda found: found.name):
        if module.name in ("main", "common"):
            continue
        register = getattr(import_module(f"fanlight.cli.{module.name}"), "register", None)
        if register is not None:
            register(app)
    return app


def main() -> None:
    """Entry point of the `fanlight` command."""
    forbid_dumps()
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(3)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has seen enough
        sys.exit(0)
    except Exception as problem:
        if os.environ.get("FANLIGHT_DEBUG"):
            raise
        print(explain(problem), file=sys.stderr)
        sys.exit(3)


def forbid_dumps() -> None:
    """No crash dump: it would hold content. Where the kernel pipes dumps to a program only the mark stops it."""
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def explain(problem: Exception) -> str:
    """One sentence about a failure nobody foresaw; never its text, which may quote what was being read."""
    chain: list[BaseException] = [problem]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 8:
        chain.append(cause)
    if any(isinstance(one, OSError) and one.errno == errno.ENOSPC for one in chain) or any(
        "disk is full" in str(one) for one in chain
    ):
        return "The disk is full. Nothing was lost: free some space and run the same command again."
    kind = type(problem).__name__
    return (
        f"Fanlight stopped on something unexpected ({kind}). What was committed is safe; run the same command again, "
        "and with FANLIGHT_DEBUG=1 to see where it happened."
    )


if __name__ == "__main__":
    main()
