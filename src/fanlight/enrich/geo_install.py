"""Databases for places: taken in by the operator, kept under `HOME/geo` with a manifest, opened read-only.

None is shipped: their licences ask for attribution or a contract, and they age. City databases are `.mmdb` files in
either public layout; networks come as `.mmdb` or as CSV lines `first address, last address, number, name`.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import shutil
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import maxminddb
import orjson

from fanlight.enrich.countries import country_code
from fanlight.model import Micros, SystemClock, format_time

__all__ = ["GeoAnswer", "GeoDatabases", "GeoError", "InstalledDatabase", "install", "load", "manifest"]

Role = Literal["city", "asn"]
_PROBES = ("192.0.2.1", "8.8.8.8", "2001:db8::1")


class GeoError(Exception):
    """A database cannot be used; the text is one sentence to the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDatabase:
    """One line of the manifest."""

    role: Role
    file: str
    """Name under `HOME/geo`."""
    sha256: str
    data_date: str
    """Day the data was built, where the file says so, else its modification day."""
    installed_at: str
    kind: str
    attribution: str
    """What the data's licence asks to be shown on pages that use it; empty when it asks nothing we know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoAnswer:
    """What the installed databases say about one address."""

    country: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    as_name: str | None = None
    disputed: bool = False
    """Two databases name different countries."""


class _NetworkRanges:
    """Ranges of addresses in sorted arrays: 412,000 IPv4 ranges take 8 MB. A range may lie inside a wider one."""

    def __init__(self, rows: Iterator[tuple[int, int, int, int, str]]) -> None:
        names: dict[str, int] = {}
        self._first: dict[int, Any] = {4: array("Q"), 6: []}
        self._last: dict[int, Any] = {4: array("Q"), 6: []}
        self._number: dict[int, array[int]] = {4: array("Q"), 6: array("Q")}
        self._name: dict[int, array[int]] = {4: array("L"), 6: array("L")}
        self._around: dict[int, array[int]] = {4: array("l"), 6: array("l")}
        """Place of the narrowest range that holds this one, -1 for none."""
        open_ranges: dict[int, list[int]] = {4: [], 6: []}
        for version, first, last, number, name in sorted(rows, key=lambda row: (row[0], row[1], -row[2])):
            firsts, lasts, holding = self._first[version], self._last[version], open_ranges[version]
            while holding and lasts[holding[-1]] < last:
                holding.pop()
            self._around[version].append(holding[-1] if holding else -1)
            holding.append(len(firsts))
            firsts.append(first)
            lasts.append(last)
            self._number[version].append(number)
            self._name[version].append(names.setdefault(name, len(names)))
        self._names = list(names)

    def __len__(self) -> int:
        return len(self._first[4]) + len(self._first[6])

    def find(self, ip: str) -> tuple[int, str] | None:
        """Number and name of the narrowest range that holds the address."""
        address = ip_address(ip)
        version, value = address.version, int(address)
        place = bisect_right(self._first[version], value) - 1
        while place >= 0 and self._last[version][place] < value:
            place = self._around[version][place]
        if place < 0:
            return None
        return self._number[version][place], self._names[self._name[version][place]]


class GeoDatabases:
    """The installed databases, opened once per process."""

    def __init__(self, city: Sequence[Path] = (), asn: Sequence[Path] = ()) -> None:
        """Open the files. Raises `GeoError`."""
        self._city = [_open_mmdb(path) for path in city]
        self._asn_mmdb = [_open_mmdb(path) for path in asn if path.suffix == ".mmdb"]
        self._asn_ranges = [_NetworkRanges(_read_ranges(path)) for path in asn if path.suffix != ".mmdb"]
        self.lookup = lru_cache(maxsize=65_536)(self._lookup)

    def close(self) -> None:
        """Close the files."""
        for reader in (*self._city, *self._asn_mmdb):
            reader.close()

    def _lookup(self, ip: str) -> GeoAnswer | None:
        """What is known about an address in plain form; None when no database knows it."""
        answers = [found for reader in (*self._city, *self._asn_mmdb) if (found := _answer(reader, ip)) is not None]
        for ranges in self._asn_ranges:
            network = ranges.find(ip)
            if network is not None:
                answers.append(GeoAnswer(asn=network[0] or None, as_name=network[1] or None))
        if not answers:
            return None
        located = next((answer for answer in answers if answer.country), GeoAnswer())
        network_known = next((answer for answer in answers if answer.asn), GeoAnswer())
        return GeoAnswer(
            country=located.country, city=located.city, latitude=located.latitude, longitude=located.longitude,
            asn=network_known.asn, as_name=network_known.as_name,
            disputed=len({answer.country for answer in answers if answer.country}) > 1,
        )  # fmt: skip


def load(home: Path) -> GeoDatabases | None:
    """The databases installed in a home, or None. Raises `GeoError` when an installed file cannot be opened."""
    entries = manifest(home)
    if not entries:
        return None
    folder = home / "geo"
    return GeoDatabases(
        city=[folder / entry.file for entry in entries if entry.role == "city"],
        asn=[folder / entry.file for entry in entries if entry.role == "asn"],
    )


def manifest(home: Path) -> list[InstalledDatabase]:
    """What is installed, with hash, date and the attribution that pages must show."""
    path = home / "geo" / "manifest.json"
    try:
        listed = orjson.loads(path.read_bytes())
        return [InstalledDatabase(**entry) for entry in listed]
    except FileNotFoundError:
        return []
    except (OSError, orjson.JSONDecodeError, TypeError) as error:
        raise GeoError(f"{path} cannot be read; run `fanlight geo install` again.") from error


def install(
    home: Path, *, city: Sequence[Path] = (), asn: Sequence[Path] = (), now: Micros | None = None
) -> list[InstalledDatabase]:
    """Check the files, copy them into the home, write the manifest. Replaces databases of the same role.

    Raises `GeoError` before anything is changed when a file is not usable.
    """
    if not city and not asn:
        raise GeoError("Nothing to install: give --city FILE.mmdb, --asn FILE, or both.")
    moment = format_time(SystemClock().now() if now is None else now)
    pairs: list[tuple[Role, Path]] = [("city", path) for path in city] + [("asn", path) for path in asn]
    entries = [_examine(role, path, moment) for role, path in pairs]
    folder = home / "geo"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        for entry, (_, path) in zip(entries, pairs, strict=True):
            _place(path, folder / entry.file)
        kept = [old for old in manifest(home) if old.role not in {entry.role for entry in entries}]
        _write(folder / "manifest.json", orjson.dumps([asdict(entry) for entry in (*kept, *entries)]))
    except OSError as error:
        raise GeoError(f"The databases could not be written to {folder}: {error.strerror}.") from error
    _sweep(folder, {entry.file for entry in (*kept, *entries)} | {"manifest.json"})
    return entries


def _examine(role: Role, path: Path, moment: str) -> InstalledDatabase:
    if not path.is_file():
        raise GeoError(f"{path} does not exist or is not a file; give the path of a database.")
    if role == "city" or path.suffix == ".mmdb":
        reader = _open_mmdb(path)
        meta = reader.metadata()
        reader.close()
        day = format_time(meta.build_epoch * 1_000_000)[:10]
        kind = meta.database_type
        words = " ".join([kind, *meta.description.values()])
        suffix = ".mmdb"
    else:
        if len(_NetworkRanges(_read_ranges(path))) == 0:
            raise GeoError(f"{path} holds no range of addresses; expected lines `first, last, number, name`.")
        day = format_time(int(path.stat().st_mtime) * 1_000_000)[:10]
        kind, words, suffix = "ranges", path.name, ".csv.gz" if path.suffix == ".gz" else ".csv"
    digest = _digest(path)
    return InstalledDatabase(
        role=role, file=f"{role}-{digest[:12]}{suffix}", sha256=digest, data_date=day, installed_at=moment,
        kind=kind, attribution=_attribution(words),
    )  # fmt: skip


def _attribution(words: str) -> str:
    text = words.lower()
    if "dbip" in text or "db-ip" in text:
        return "IP geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
    if "geolite" in text or "maxmind" in text or "geoip2" in text:
        return "Includes GeoLite data created by MaxMind (https://www.maxmind.com)"
    if "routeviews" in text or "asn" in text:
        return "Network numbers from RouteViews and DB-IP (https://db-ip.com), CC BY 4.0"
    return ""


def _open_mmdb(path: Path) -> Any:
    try:
        reader = maxminddb.open_database(str(path))
        for probe in _PROBES if reader.metadata().ip_version == 6 else _PROBES[:2]:
            reader.get(probe)
    except FileNotFoundError:
        raise GeoError(f"{path} does not exist; install it again with `fanlight geo install`.") from None
    except (maxminddb.InvalidDatabaseError, ValueError, OSError):
        raise GeoError(f"{path} is not a readable .mmdb database; fetch it again or choose another file.") from None
    return reader


def _answer(reader: Any, ip: str) -> GeoAnswer | None:
    try:
        record = reader.get(ip)
    except ValueError:
        return None  # an IPv6 address asked of an IPv4 database
    if not isinstance(record, Mapping):
        return None
    nested = _mapping(record.get("country"))
    location = _mapping(record.get("location")) or record
    latitude, longitude = _float(location.get("latitude")), _float(location.get("longitude"))
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        latitude = longitude = None
    number = record.get("autonomous_system_number") or record.get("asn")
    name = record.get("autonomous_system_organization") or record.get("org") or record.get("as_name")
    text = str(nested.get("iso_code") or record.get("country_code") or record.get("country") or "")
    return GeoAnswer(
        country=country_code(text), city=_city(record.get("city")), latitude=latitude, longitude=longitude,
        asn=_asn(number), as_name=str(name) if name else None,
    )  # fmt: skip


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _city(value: Any) -> str | None:
    if isinstance(value, Mapping):
        names = value.get("names")
        value = names.get("en") if isinstance(names, Mapping) else None
    return value or None if isinstance(value, str) else None


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _asn(value: Any) -> int | None:
    text = str(value).upper().removeprefix("AS") if value else ""
    return int(text) if text.isdigit() and int(text) > 0 else None


def _read_ranges(path: Path) -> Iterator[tuple[int, int, int, int, str]]:
    """Lines `first, last, number, name` with addresses as text or whole numbers (IPv4)."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if len(row) < 3 or row[0].startswith("#"):
                    continue
                asn = _asn(row[2])
                if asn is None:
                    if number == 1:
                        continue  # a header
                    int(row[2])
                    continue  # number 0: announced by nobody
                first, last = _address(row[0]), _address(row[1])
                yield first[0], first[1], last[1], asn, row[3] if len(row) > 3 else ""
    except (ValueError, OSError, UnicodeDecodeError, csv.Error):
        raise GeoError(
            f"Line {number} of {path} is not `first address, last address, number, name`; choose another file."
        ) from None


def _address(text: str) -> tuple[int, int]:
    cleaned = text.strip()
    if cleaned.isdigit():
        return 4, int(cleaned)
    address = ip_address(cleaned)
    return address.version, int(address)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(source: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".part")
    with source.open("rb") as read, partial.open("wb") as write:
        shutil.copyfileobj(read, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())
    partial.replace(target)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _sweep(folder: Path, wanted: set[str]) -> None:
    for path in folder.iterdir():
        if path.is_file() and path.name not in wanted:
            path.unlink(missing_ok=True)
