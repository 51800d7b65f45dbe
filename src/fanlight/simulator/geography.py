"""Where people are: offices, towns, travel destinations, and the addresses that belong to them.

Only address ranges and AS numbers that can belong to nobody: documentation (RFC 5737, 3849, 5398) and the
benchmarking range 198.18.0.0/15 (RFC 2544), because the first ones are too small for thirty thousand homes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from fanlight.simulator.world import Place

__all__ = [
    "COUNTRIES",
    "DESTINATIONS",
    "FAR",
    "FOREIGN_HOSTING",
    "LONE_TRIP",
    "OFFICES",
    "Country",
    "Spot",
    "all_places",
]


@dataclass(frozen=True, slots=True)
class Spot:
    """A town and the network used there."""

    city: str
    country: str
    code: str
    latitude: float
    longitude: float
    timezone: str
    cidr: str
    asn: int
    as_name: str
    kind: str

    def address(self, n: int) -> str:
        """The `n`th usable address of the network, wrapping around."""
        first, size = _span(self.cidr)
        value = first + 1 + n % max(1, size - 2)
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"

    def place(self) -> Place:
        return Place(
            cidr=self.cidr, country_code=self.code, country=self.country, city=self.city, latitude=self.latitude,
            longitude=self.longitude, asn=self.asn, as_name=self.as_name, network_kind=self.kind,  # type: ignore[arg-type]
            timezone=self.timezone,
        )  # fmt: skip


@lru_cache(maxsize=1024)
def _span(cidr: str) -> tuple[int, int]:
    network = ip_network(cidr)
    return int(network.network_address), network.num_addresses


@dataclass(frozen=True, slots=True)
class Country:
    """A country in which the company has an office."""

    name: str
    code: str
    timezone: str
    language: str
    office: Spot
    new_office: Spot | None
    """Where the office's addresses lie after its move."""
    homes: tuple[Spot, ...]
    mobile: Spot
    vpn: Spot
    holidays: tuple[str, ...]
    """`MM-DD`."""


_BASES: tuple[tuple[str, str, str, str, tuple[tuple[str, float, float], ...], tuple[str, ...]], ...] = (
    (
        "Germany", "DE", "Europe/Berlin", "de",
        (("Berlin", 52.52, 13.40), ("Potsdam", 52.39, 13.06), ("Leipzig", 51.34, 12.37)),
        ("01-01", "05-01", "10-03", "12-24", "12-25", "12-26"),
    ),
    (
        "United States", "US", "America/Chicago", "en",
        (("Austin", 30.27, -97.74), ("San Antonio", 29.42, -98.49), ("Dallas", 32.78, -96.80)),
        ("01-01", "07-04", "09-07", "11-26", "12-25"),
    ),
    (
        "United Kingdom", "GB", "Europe/London", "en",
        (("London", 51.51, -0.13), ("Reading", 51.45, -0.97), ("Brighton", 50.82, -0.14)),
        ("01-01", "05-04", "08-31", "12-25", "12-26"),
    ),
    (
        "India", "IN", "Asia/Kolkata", "en",
        (("Bengaluru", 12.97, 77.59), ("Mysuru", 12.30, 76.64), ("Chennai", 13.08, 80.27)),
        ("01-26", "08-15", "10-02", "11-09", "12-25"),
    ),
)  # fmt: skip


def _country(i: int) -> Country:
    name, code, zone, language, towns, holidays = _BASES[i]

    def spot(town: int, cidr: str, asn: int, as_name: str, kind: str) -> Spot:
        city, latitude, longitude = towns[town]
        return Spot(city, name, code, latitude, longitude, zone, cidr, asn, as_name, kind)

    isp = (64498 + 2 * i, 64499 + 2 * i)
    homes = tuple(
        spot(town, f"198.18.{i * 64 + block * 16}.0/20", isp[which], f"Example Broadband {code} {which + 1}", "home")
        for block, (town, which) in enumerate(((0, 0), (0, 1), (1, 0), (2, 1)))
    )
    moved = spot(0, "192.0.2.128/28", 64497, "Example Metro Fibre", "office") if i == 0 else None
    office = spot(0, f"192.0.2.{i * 16}/28", 64496, "Example Robotics Offices", "office")
    mobile = spot(0, f"198.19.{i * 8}.0/21", 64506 + i, f"Example Mobile {code}", "mobile")
    vpn = spot(0, f"203.0.113.{i * 8}/29", 64510, "Example Remote Access", "vpn")
    return Country(name, code, zone, language, office, moved, homes, mobile, vpn, holidays)


COUNTRIES: tuple[Country, ...] = tuple(_country(i) for i in range(4))
OFFICES: tuple[Spot, ...] = tuple(c.office for c in COUNTRIES)


def _hotels(rows: tuple[tuple[str, str, str, float, float, str], ...], first_block: int, asn: int) -> tuple[Spot, ...]:
    return tuple(
        Spot(city, country, code, lat, lon, zone, f"198.19.{first_block + 4 * i}.0/22", asn + i,
             f"Example Hospitality {code}", "home")
        for i, (city, country, code, lat, lon, zone) in enumerate(rows)
    )  # fmt: skip


#: Where people travel on business now and then.
DESTINATIONS: tuple[Spot, ...] = _hotels(
    (
        ("Paris", "France", "FR", 48.86, 2.35, "Europe/Paris"),
        ("Amsterdam", "Netherlands", "NL", 52.37, 4.90, "Europe/Amsterdam"),
        ("Zurich", "Switzerland", "CH", 47.38, 8.54, "Europe/Zurich"),
        ("Madrid", "Spain", "ES", 40.42, -3.70, "Europe/Madrid"),
        ("Singapore", "Singapore", "SG", 1.35, 103.82, "Asia/Singapore"),
        ("New York", "United States", "US", 40.71, -74.01, "America/New_York"),
    ),
    64,
    65536,
)

#: Where nobody of the company ever was before one believable, undeclared business trip.
LONE_TRIP: Spot = _hotels((("Lisbon", "Portugal", "PT", 38.72, -9.14, "Europe/Lisbon"),), 96, 65542)[0]

#: Where nobody of the company has reason to be: the attack stories draw from these.
FAR: tuple[Spot, ...] = tuple(
    Spot(city, country, code, lat, lon, zone, f"198.51.100.{16 * i}/28", 65543 + i, f"Example Access {code}", "home")
    for i, (city, country, code, lat, lon, zone) in enumerate(
        (
            ("Hanoi", "Vietnam", "VN", 21.03, 105.85, "Asia/Ho_Chi_Minh"),
            ("Bucharest", "Romania", "RO", 44.43, 26.10, "Europe/Bucharest"),
            ("Lagos", "Nigeria", "NG", 6.52, 3.38, "Africa/Lagos"),
            ("Manila", "Philippines", "PH", 14.60, 120.98, "Asia/Manila"),
            ("Almaty", "Kazakhstan", "KZ", 43.24, 76.89, "Asia/Almaty"),
            ("Bogotá", "Colombia", "CO", 4.71, -74.07, "America/Bogota"),
            ("Johannesburg", "South Africa", "ZA", -26.20, 28.05, "Africa/Johannesburg"),
        )
    )
)

FOREIGN_HOSTING = Spot(
    "Ashburn", "United States", "US", 39.04, -77.49, "America/New_York", "203.0.113.128/26", 64511,
    "Example Cloud Hosting", "hosting",
)  # fmt: skip


def all_places() -> tuple[Place, ...]:
    """Every network of the plan, IPv4 and IPv6."""
    spots: list[Spot] = [*DESTINATIONS, LONE_TRIP, *FAR, FOREIGN_HOSTING]
    for i, country in enumerate(COUNTRIES):
        spots += [country.office, *country.homes, country.mobile, country.vpn]
        if country.new_office:
            spots.append(country.new_office)
        home = country.homes[0]
        spots.append(
            Spot(home.city, home.country, home.code, home.latitude, home.longitude, home.timezone,
                 f"2001:db8:10{i}::/48", home.asn, home.as_name, "home")
        )  # fmt: skip
    return tuple(spot.place() for spot in spots)
