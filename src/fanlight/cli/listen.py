"""`fanlight listen` and `fanlight sender`: receiving what other systems send."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.inputs.run import Endpoints

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def register(app: App) -> None:
    """Add the commands."""
    app.command(_listen, name="listen")
    sender = App(name="sender", help="Systems that may send to Fanlight: add, list, remove.")
    sender.command(_add, name="add")
    sender.command(_list, name="list")
    sender.command(_remove, name="remove")
    app.command(sender)


def _listen(
    *,
    host: str = "127.0.0.1",
    port: int = 8088,
    syslog_port: int | None = None,
    syslog_udp: bool = False,
    certificate: Path | None = None,
    private_key: Path | None = None,
    workers: int | None = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Receive events over HTTP (event collector, OpenTelemetry), from folders and over syslog, until told to stop.

    A sender is answered only after what it sent is stored. See docs/inputs.md.

    Parameters
    ----------
    host:
        Address to listen on; another than this machine's own needs a certificate.
    port:
        Port of the event collector and of OpenTelemetry.
    syslog_port:
        Port of syslog over TCP; without it there is no syslog.
    syslog_udp:
        Take syslog over UDP too, which loses messages by nature.
    certificate:
        File with the certificate (PEM) for TLS.
    private_key:
        File with the certificate's key.
    workers:
        Processes that receive; one for each core by default, four at most.
    """
    from fanlight.inputs.run import Endpoints, usual_workers

    if (certificate is None) != (private_key is None):
        end(Exit.USAGE, "Give the certificate and its private key together.")
    if host not in _LOOPBACK and certificate is None:
        end(
            Exit.USAGE,
            "Tokens would travel in the clear: give --certificate and --private-key, or keep to 127.0.0.1 "
            "behind a proxy that speaks TLS.",
        )
    for file in (certificate, private_key):
        if file is not None and not file.is_file():
            end(Exit.USAGE, f"There is no file {file.name}.")
    endpoints = Endpoints(
        host=host, port=port, syslog_port=syslog_port, syslog_udp=syslog_udp, certificate=certificate,
        private_key=private_key, workers=workers or usual_workers(),
    )  # fmt: skip
    _run(endpoints, home, tenant)


def _run(endpoints: Endpoints, home: Path | None, tenant: str) -> None:
    from fanlight.inputs.run import listen
    from fanlight.state import LeaseHeld

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(port: int, syslog: int | None) -> None:
        scheme = "http" if endpoints.certificate is None else "https"
        host = f"[{endpoints.host}]" if ":" in endpoints.host else endpoints.host
        further = f", syslog on port {syslog}" if syslog is not None else ""
        print(f"Receiving on {scheme}://{host}:{port}{further}.", flush=True)

    try:
        listen(open_home(home, tenant), endpoints, stop, ready)
    except OSError as problem:
        end(Exit.USAGE, f"Nothing can be received on port {endpoints.port}: {problem.strerror}.")
    except LeaseHeld as problem:
        end(Exit.USAGE, str(problem))


def _add(
    name: str,
    /,
    *,
    kind: str,
    source: str | None = None,
    folder: Path | None = None,
    network: str | None = None,
    kafka: str | None = None,
    bucket: str | None = None,
    token: str | None = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Let a system send. Its token is shown once; only a hash of it is kept.

    Parameters
    ----------
    name:
        What to call the sender.
    kind:
        What it sends: a kind that `fanlight import` reads, or claude_telemetry (OpenTelemetry of Claude's agents).
    source:
        Name under which its events are kept; default the sender's name.
    folder:
        Read files that are put into this folder, instead of HTTP.
    network:
        Take syslog from this address or network, instead of HTTP.
    kafka:
        Read this topic, instead of HTTP: BROKER:PORT/TOPIC; ?file:PATH behind it names a JSON file with further
        settings of librdkafka (TLS, sign-in), readable by you alone.
    bucket:
        Read the files of a bucket, instead of HTTP: https://BUCKET.s3.REGION.amazonaws.com/PREFIX?file:PATH; the
        file is one JSON object with "region", "key_id" and "key", readable by you alone.
    token:
        A token the sender has already, as env:NAME or file:PATH.
    """
    from fanlight.inputs.senders import SenderProblem, add_sender
    from fanlight.state.vault import KeyProblem

    opened = open_home(home, tenant)
    if sum(given is not None for given in (folder, network, kafka, bucket, token)) > 1:
        end(Exit.USAGE, "Give one of --folder, --network, --kafka, --bucket and --token.")
    try:
        given = opened.vault.read(token) if token is not None else None
        sender, made = add_sender(
            opened, name, kind, source=source, folder=folder, network=network, topic=kafka, bucket=bucket,
            token=given,
        )  # fmt: skip
    except (SenderProblem, KeyProblem) as problem:
        end(Exit.USAGE, str(problem))
    if sender.way == "folder":
        print(f"{name}: files in {sender.where} are read while `fanlight listen` runs.")
    elif sender.way == "kafka":
        print(f"{name}: the topic {sender.where.partition('?')[0]} is read while `fanlight listen` runs.")
    elif sender.way == "bucket":
        print(f"{name}: files in {sender.where.partition('?')[0]} are read while `fanlight listen` runs.")
    elif sender.way == "syslog":
        print(f"{name}: syslog from {sender.where} is taken while `fanlight listen --syslog-port` runs.")
    elif given is not None:
        print(f"{name}: its own token counts from now on.")
    else:
        print(f"{name}: token {made} (shown this once; put it into the sender now).")


def _list(*, format: FormatOption = "table", home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Show who may send and what each has brought."""
    from fanlight.inputs.senders import list_senders, standing_of
    from fanlight.model import format_time

    opened = open_home(home, tenant)
    rows = []
    for sender in list_senders(opened):
        stored, newest, last = standing_of(opened, sender)
        rows.append(
            {
                "name": sender.name,
                "kind": sender.kind,
                "source": sender.source,
                "by": sender.way,
                "where": sender.where or None,
                "events": stored,
                "newest": format_time(newest) if newest is not None else None,
                "last_commit": format_time(last) if last is not None else None,
            }
        )
    print_rows(rows, format)


def _remove(name: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Refuse what a sender sends from now on; what it brought stays."""
    from fanlight.inputs.senders import SenderProblem, remove_sender

    try:
        remove_sender(open_home(home, tenant), name)
    except SenderProblem as problem:
        end(Exit.USAGE, str(problem))
    print(f"{name} may no longer send.")
