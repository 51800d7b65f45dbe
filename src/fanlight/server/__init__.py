"""Web server: page APIs, sign-in and the built interface. Loopback only unless the operator says otherwise."""

from fanlight.server.app import WebSettings, create_app
from fanlight.server.ports import NotAccepted, QueueQuery, Sessions, Viewer, Views
from fanlight.server.run import Running, run, start
from fanlight.server.signin import StateSessions

__all__ = [
    "NotAccepted",
    "QueueQuery",
    "Running",
    "Sessions",
    "StateSessions",
    "Viewer",
    "Views",
    "WebSettings",
    "create_app",
    "run",
    "start",
]
