"""People out of a directory's own list: CSV with a head line, or SCIM 2.0 user resources as JSON (RFC 7643).

A row becomes an object of kind `idp_user` and product `directory`, with the attributes by which accounts are joined to
people: e-mail addresses, employee number, department, manager, and the days on which somebody came and leaves.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from fanlight.model import Micros, ObjectVersion, parse_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.files import Unread, read_records

__all__ = ["PRODUCT", "map_person", "read_people"]

PRODUCT = "directory"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
#: What the columns of lists are called, folded to letters and digits; the first one that is filled counts.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "userid", "objectid"),
    "email": ("email", "emailaddress", "mail", "workemail", "primaryemail", "userprincipalname", "username", "login"),
    "secondEmail": ("secondemail", "alias", "otheremail", "secondaryemail"),
    "displayName": ("displayname", "name", "fullname"),
    "firstName": ("firstname", "givenname"),
    "lastName": ("lastname", "familyname", "surname"),
    "department": ("department", "dept"),
    "division": ("division",),
    "title": ("title", "jobtitle"),
    "manager": ("manager", "manageremail", "managername"),
    "managerId": ("managerid",),
    "employeeNumber": ("employeenumber", "employeeid", "personnelnumber"),
    "city": ("city",),
    "countryCode": ("countrycode", "country"),
    "timezone": ("timezone",),
    "userType": ("usertype", "employeetype"),
    "status": ("status",),
    "joined": ("joined", "joineddate", "joindate", "startdate", "hiredate", "joinerdate", "joiner", "firstday"),
    "left": ("left", "leavedate", "leftdate", "enddate", "terminationdate", "leaverdate", "leaver", "lastday"),
}


def read_people(path: Path) -> Iterator[Mapping[str, Any] | Unread]:
    """Rows of a CSV file (comma, semicolon or tab) or records of a JSON file; SCIM's `Resources` is unwrapped."""
    data = path.read_bytes()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or data[:2] == b"\x1f\x8b":
        for record in read_records(path):
            resources = record.get("Resources") if isinstance(record, Mapping) else None
            if isinstance(resources, list):
                yield from (one for one in resources if isinstance(one, Mapping))
            else:
                yield record
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Unread(path.name, 0, len(data), "the file is neither UTF-8 text nor JSON")
        return
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        known = {name for names in _COLUMNS.values() for name in names}
        if not any(_folded(name) in known for name in rows.fieldnames or ()):
            yield Unread(path.name, 1, len(head), "the head line names no column such as email, name or employee id")
            return
        for row in rows:
            yield {name: value for name, value in row.items() if name is not None}
    except csv.Error:
        yield Unread(path.name, 0, len(data), "the CSV is damaged from here on")


def map_person(record: Mapping[str, Any], context: SourceContext, now: Micros) -> ObjectVersion | None:
    """One person, None when nothing says who it is. A last day before `now` makes the account deactivated."""
    flat = {_folded(name): value for name, value in record.items() if isinstance(value, str) and value.strip()}
    kept: dict[str, Any] = {
        name: flat[column].strip()[:256]
        for name, columns in _COLUMNS.items()
        if (column := next((one for one in columns if one in flat), None)) is not None
    }
    _add_scim(record, kept)
    key = kept.pop("id", None) or kept.get("employeeNumber") or kept.get("email", "").casefold()
    if not key:
        return None
    joined, left = _day(kept.get("joined")), _day(kept.get("left"))
    if left is not None and left < now:
        kept |= {"status": "DEACTIVATED", "statusChanged": kept["left"]}
    names = " ".join(kept[name] for name in ("firstName", "lastName") if name in kept)
    return ObjectVersion(
        tenant=context.tenant, source=context.name, product=PRODUCT, kind="idp_user", object_id=key,
        name=kept.get("displayName") or names or None, created_at=joined,
        deleted_at=left if left is not None and left < now else None, valid_from=now, seen_at=now,
        attributes=orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode(),
    )  # fmt: skip


def _add_scim(record: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """The nested parts of a SCIM user."""
    name = record.get("name")
    if isinstance(name, Mapping):
        parts = {"firstName": name.get("givenName"), "lastName": name.get("familyName")}
        kept |= {key: value for key, value in parts.items() if isinstance(value, str) and value}
    emails = [
        one for one in record.get("emails") or () if isinstance(one, Mapping) and isinstance(one.get("value"), str)
    ]
    emails.sort(key=lambda one: one.get("primary") is not True)
    for key, email in zip(("email", "secondEmail"), emails, strict=False):
        kept[key] = email["value"]
    if record.get("active") is False:
        kept["status"] = "DEACTIVATED"
    for part, value in record.items():
        if part.casefold() == _ENTERPRISE and isinstance(value, Mapping):
            kept |= {key: value[key] for key in ("department", "division", "employeeNumber") if value.get(key)}
            manager = value.get("manager")
            if isinstance(manager, Mapping) and isinstance(manager.get("displayName"), str):
                kept["manager"] = manager["displayName"]


def _folded(name: object) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _day(text: str | None) -> Micros | None:
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None
