"""English names of countries → ISO 3166 codes, and the main time zone of a country.

Base names and zones come from the time zone database (public domain); vendors' other names are our own list.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib import resources

import yaml

__all__ = ["country_code", "country_name", "country_of_zone", "main_zone"]


def country_code(text: str | None) -> str | None:
    """ISO-2 code of a country given by code or English name; None when nobody knows it (`XX`, `ZZ`, empty)."""
    if not text:
        return None
    names, codes = _names()
    cleaned = text.strip()
    if len(cleaned) == 2 and cleaned.upper() in codes:
        return cleaned.upper()
    return names.get(_folded(cleaned))


def country_name(code: str | None) -> str:
    """The short English name of a code, the code itself when unknown, `unknown` for none."""
    if code is None:
        return "unknown"
    return _names()[1].get(code, code)


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    codes: dict[str, str] = {"XK": "Kosovo"}
    table = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8")
    for line in table.splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        code, name = line.split("\t")[:2]
        codes[code] = name
        names[_folded(name)] = code
    aliases: dict[str, list[str]] = yaml.safe_load(_catalog("country_names.yml"))
    for code, others in aliases.items():
        names.update({_folded(other): code for other in others})
        if "(" in codes.get(code, ""):
            codes[code] = others[0]  # "United Kingdom" reads better than "Britain (UK)"
    return names, codes


@lru_cache(maxsize=512)
def main_zone(code: str | None) -> str | None:
    """The zone in which most people of a country live, as an IANA name."""
    return _zones().get(code) if code else None


def country_of_zone(zone: str | None) -> str | None:
    """The country in which a zone's main town lies; None for zones that belong to none, such as `UTC`."""
    return _zone_countries().get(zone) if zone else None


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    zones: dict[str, str] = {}
    for zone, code in _zone_countries().items():
        zones.setdefault(code, zone)
    zones.update(yaml.safe_load(_catalog("main_zones.yml")))
    return zones


@lru_cache(maxsize=1)
def _zone_countries() -> dict[str, str]:
    """Zone to country, in the order of the database's own table."""
    found: dict[str, str] = {}
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if not line.startswith("#") and line.count("\t") >= 2:
            code, _, zone = line.split("\t")[:3]
            found[zone] = code
    return found


def _catalog(name: str) -> str:
    return (resources.files("fanlight.catalog") / "places" / name).read_text("utf-8")


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    words = letters.replace("’", "'").replace("&", " and ").replace(".", " ").replace("-", " ").replace(",", " ")
    return " ".join(words.split())
