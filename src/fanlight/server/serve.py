"""The web server of one installation, as `fanlight up` and `fanlight demo` run it."""

from __future__ import annotations

from fastapi import FastAPI

from fanlight.pipeline.home import Home
from fanlight.server.app import WebSettings, create_app
from fanlight.server.run import run
from fanlight.server.signin import Sessions
from fanlight.server.views import LakeViews
from fanlight.state.signin import SignIns

__all__ = ["app_of", "serve"]


def app_of(home: Home, port: int) -> FastAPI:
    """The application over an open installation."""
    views = LakeViews(home)
    views.warm()
    return create_app(views, Sessions(SignIns(home.state), home.clock), WebSettings(port=port))


def serve(home: Home, port: int, host: str = "127.0.0.1") -> None:
    """Serve until the process is told to stop. Raises `OSError` when the port cannot be taken."""
    with home.state.tick() as tick:
        tick.set_fact("web_port", str(port))  # where `fanlight sign-in` points to
    run(app_of(home, port), host, port)
