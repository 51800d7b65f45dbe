"""The address plan of a world as the files that `fanlight geo install` takes."""

from __future__ import annotations

import csv
import io
import ipaddress
from pathlib import Path

from fanlight.model import SECOND
from fanlight.simulator.http.mmdb import Network, render_mmdb
from fanlight.simulator.world import Place, World

__all__ = ["write_geo"]


def write_geo(world: World, folder: Path) -> tuple[Path, Path]:
    """Write `city.mmdb` (country_code, state1, city, latitude, longitude) and `asn.csv` (start, end, asn, name).

    Gives both paths. A narrower network wins over a wider one that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = sorted(world.places(), key=lambda place: _network(place).prefixlen)
    city = folder / "city.mmdb"
    city.write_bytes(
        render_mmdb(((_network(place), _record(place)) for place in places), "City", world.start // SECOND)
    )
    asn = folder / "asn.csv"
    asn.write_text(_render_asns(list(world.places())), "utf-8")
    return city, asn


def _network(place: Place) -> Network:
    return ipaddress.ip_network(place.cidr)


def _record(place: Place) -> dict[str, str | float]:
    return {
        "country_code": place.country_code,
        "state1": "",
        "city": place.city,
        "latitude": float(place.latitude),
        "longitude": float(place.longitude),
    }


def _render_asns(places: list[Place]) -> str:
    """Ranges in order of address; ranges of one number that touch are not joined."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("start", "end", "asn", "name"))
    for place in sorted(places, key=lambda item: (_network(item).version, int(_network(item).network_address))):
        network = _network(place)
        writer.writerow((network[0], network[-1], place.asn, place.as_name))
    return text.getvalue()
