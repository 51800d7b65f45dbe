"""Real HTTP servers in front of a simulated world: Compliance API, Console Admin API, Okta, and a control surface."""

from fanlight.simulator.http.geo import write_geo
from fanlight.simulator.http.running import Ports, RunningSimulator, serve

__all__ = ["Ports", "RunningSimulator", "serve", "write_geo"]
