"""Serve a world: an Anthropic address (Compliance and Admin API), Okta, its neighbours, and the control surface."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from fanlight.model import SECOND, Clock, Micros, SystemClock
from fanlight.simulator.http.analytics import PREFIX as ANALYTICS_PREFIX
from fanlight.simulator.http.analytics import AnalyticsApi
from fanlight.simulator.http.budget import Budget
from fanlight.simulator.http.compliance import ComplianceApi
from fanlight.simulator.http.console import PREFIX as CONSOLE_PREFIX
from fanlight.simulator.http.console import ConsoleAdminApi
from fanlight.simulator.http.control import Control
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import DEFAULT_KINDS, FaultKind, FaultMenu
from fanlight.simulator.http.ledger import Ledger, Trail
from fanlight.simulator.http.minimum import minimum_requests
from fanlight.simulator.http.okta import OktaApi
from fanlight.simulator.http.problems import Generation
from fanlight.simulator.http.wire import Answer, Connection, Request, Site
from fanlight.simulator.world import World

if TYPE_CHECKING:
    from fanlight.simulator.neighbours.site import NeighbourSite

__all__ = ["Ports", "RunningSimulator", "serve"]

Result = TypeVar("Result")
_SHARE_OF_ADMIN = 6
"""The Admin API allows a sixth of the Compliance API's budget: 100 against 600 a minute."""
_SHARE_OF_ANALYTICS = 10
"""The Analytics API allows a tenth: 60 a minute."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen; 0 lets the machine choose."""

    anthropic: int = 0
    okta: int = 0
    control: int = 0


class _Anthropic:
    """One address with three APIs, as at the vendor."""

    def __init__(self, compliance: ComplianceApi, console: ConsoleAdminApi, analytics: AnalyticsApi) -> None:
        self._compliance = compliance
        self._console = console
        self._analytics = analytics

    def answer(self, request: Request) -> Answer:
        site: Site = self._compliance
        if request.path.startswith(f"{ANALYTICS_PREFIX}/"):
            site = self._analytics
        elif request.path.startswith(f"{CONSOLE_PREFIX}/"):
            site = self._console
        return site.answer(request)


class RunningSimulator:
    """A simulated company behind real sockets, in a thread of its own. Close it, or use it in a `with`."""

    def __init__(
        self,
        world: World,
        sites: tuple[Site, Site, Site],
        control: Control,
        host: str,
        ports: Ports,
        *,
        ledger: Ledger,
        menu: FaultMenu,
        neighbours: Mapping[str, NeighbourSite] | None = None,
    ) -> None:
        self.world = world
        self._neighbours = dict(neighbours or {})
        self._control = control
        self._ledger = ledger
        self._menu = menu
        self._loop = asyncio.new_event_loop()
        self._connections: set[Connection] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []
        addresses: list[str] = []
        fixed = zip(sites, (ports.anthropic, ports.okta, ports.control), strict=True)
        for site, port in (*fixed, *((neighbour, 0) for neighbour in self._neighbours.values())):
            server = self._wait(self._loop.create_server(partial(Connection, site, self._connections), host, port))
            self._servers.append(server)
            addresses.append(f"http://{host}:{server.sockets[0].getsockname()[1]}")
        self.compliance_url, self.okta_url, self.control_url = addresses[:3]
        self._neighbour_urls = dict(zip(self._neighbours, addresses[3:], strict=True))
        self.admin_url = self.compliance_url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------- steering from a test

    def advance(self, seconds: float) -> int:
        """Move the world's clock on; gives the number of activities that appeared."""
        return self._call(lambda: self._control.advance(seconds))

    def stats(self) -> dict[str, Any]:
        """Counts of requests by endpoint, key, status and method, as of now."""
        return self._call(self._ledger.summary)

    def reset_stats(self) -> None:
        """Start counting again."""
        self._call(self._ledger.clear)

    def minimum(self) -> dict[str, int]:
        """The fewest requests that read everything once, by endpoint. Reads the whole world: slow."""
        return self._call(lambda: minimum_requests(self.world))

    def set_faults(self, probability: float, seed: int = 0, kinds: Iterable[FaultKind] = DEFAULT_KINDS) -> None:
        """From now on, this share of the requests suffers a fault."""
        self._call(lambda: self._menu.set(probability, seed, kinds))

    def faults_struck(self) -> dict[str, int]:
        """How often each kind of fault struck since the last `set_faults`."""
        return self._call(lambda: {str(kind): count for kind, count in self._menu.struck.items()})

    @property
    def deletes(self) -> int:
        """DELETE requests seen so far."""
        return self._call(lambda: self._ledger.deletes)

    def neighbour_settings(self, kind: str) -> dict[str, str]:
        """What an administrator enters to connect to another vendor of the company; `key` and `token` are secrets."""
        return self._call(lambda: dict(self._neighbours[kind].settings(self._neighbour_urls[kind])))

    def staged_rows(self, kind: str) -> list[dict[str, Any]]:
        """The rows that stories put into another vendor's log, as that log shows them."""
        return self._call(self._neighbours[kind].staged_rows)

    def addresses(self) -> dict[str, str]:
        """URLs and keys, as `--print-addresses` prints them."""
        credentials = self.world.keys()
        keys = {key.name.replace("-", "_") + "_key": key.secret for key in credentials}
        return {
            "compliance_url": self.compliance_url,
            "admin_url": self.admin_url,
            "okta_url": self.okta_url,
            "control_url": self.control_url,
            **keys,
            **{
                f"{kind}_{name}": value
                for kind in self._neighbours
                for name, value in self.neighbour_settings(kind).items()
            },
        }

    def close(self) -> None:
        """Stop listening and end the thread."""
        if not self._thread.is_alive():
            return
        self._call(self._hang_up)
        # Aborted transports close themselves in the next turn of the loop.
        self._loop.call_soon_threadsafe(self._loop.call_soon, self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _hang_up(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.end()

    def _call(self, action: Callable[[], Result]) -> Result:
        """Run something in the server's thread, where nothing else touches the world meanwhile."""
        outcome: Future[Result] = Future()

        def run() -> None:
            try:
                outcome.set_result(action())
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
                outcome.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return outcome.result()

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def serve(
    world: World,
    host: str = "127.0.0.1",
    ports: Ports | None = None,
    *,
    rate: int = 600,
    remote_rate: int | None = None,
    okta_rate: int | None = None,
    faults: float = 0.0,
    seed: int = 0,
    fault_kinds: Iterable[FaultKind] = DEFAULT_KINDS,
    wait_seconds: int = 1,
    drip_seconds: float = 0.6,
    trail_lag: Micros = 2 * SECOND,
    local_sessions: bool = True,
    generation: Generation = "newer",
    clock: Clock | None = None,
) -> RunningSimulator:
    """Start serving. `rate` is requests a minute for the parent organization (0: without limit); the Admin API has a
    sixth of it, Okta and remote sessions as much unless said otherwise. `faults` is a share of requests.
    `local_sessions=False`: a tenant where that whole feature is unavailable."""
    from fanlight.simulator.neighbours import neighbour_kinds  # they are built on this package

    machine = clock or SystemClock()
    menu = FaultMenu(faults, seed, fault_kinds, wait_seconds, drip_seconds)
    ledger = Ledger()
    trail = Trail(world, machine, trail_lag)
    cursors = Cursors(f"parent of {world.seed}")
    compliance = ComplianceApi(
        world,
        clock=machine,
        budget=Budget(rate, machine),
        remote_budget=Budget(rate if remote_rate is None else remote_rate, machine),
        menu=menu,
        ledger=ledger,
        trail=trail,
        cursors=cursors,
        generation=generation,
        local_sessions=local_sessions,
    )
    console = ConsoleAdminApi(
        world,
        clock=machine,
        budget=Budget(0 if rate == 0 else max(1, rate // _SHARE_OF_ADMIN), machine),
        menu=menu,
        ledger=ledger,
        cursors=cursors,
    )
    analytics = AnalyticsApi(
        world,
        clock=machine,
        budget=Budget(0 if rate == 0 else max(1, rate // _SHARE_OF_ANALYTICS), machine),
        menu=menu,
        ledger=ledger,
        cursors=cursors,
    )
    okta = OktaApi(
        world,
        clock=machine,
        budget=Budget(rate if okta_rate is None else okta_rate, machine),
        menu=menu,
        ledger=ledger,
        cursors=cursors,
    )
    control = Control(world, menu, ledger, trail)
    neighbours = {
        kind: site(world, clock=machine, budget=Budget(rate, machine), menu=menu, ledger=ledger, cursors=cursors)
        for kind, site in (neighbour_kinds() if isinstance(world, World) else {}).items()
    }
    sites: tuple[Site, Site, Site] = (_Anthropic(compliance, console, analytics), okta, control)
    return RunningSimulator(
        world, sites, control, host, ports or Ports(), ledger=ledger, menu=menu, neighbours=neighbours
    )
