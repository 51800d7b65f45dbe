"""Web server: page APIs, sign-in and the built interface. Loopback only unless the operator says otherwise."""

from fanlight.server.app import WebSettings, create_app
from fanlight.server.ports import NotAccepted, QueueQuery, SignInStore, Viewer, Views
from fanlight.server.run import Running, run, start
from fanlight.server.signin import Sessions

__all__ = [
    "NotAccepted",
    "QueueQuery",
    "Running",
    "Sessions",
    "SignInStore",
    "Viewer",
    "Views",
    "WebSettings",
    "create_app",
    "run",
    "start",
]
