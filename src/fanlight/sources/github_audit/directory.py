"""Members, teams, repositories and their collaborators: one scope each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from fanlight.model import Grant, Micros
from fanlight.sources.contract import Notice, Snapshot
from fanlight.sources.github_audit.api import GitHubApi
from fanlight.sources.http import HttpRefusal
from fanlight.sources.logs import Record
from fanlight.sources.pulled import DirectoryFacts, moment, text

__all__ = ["GitHubDirectory", "managed_logins"]


class GitHubDirectory:
    """Full lists of one organization, diffed by the collector against the last ones."""

    def __init__(self, api: GitHubApi, facts: DirectoryFacts) -> None:
        self._api = api
        self._facts = facts
        self._org = f"/orgs/{api.organization}"

    def members(self, now: Micros) -> Snapshot:
        """Kind `user`; where people are provisioned by SCIM, with the address they were provisioned with."""
        admins = {str(record["id"]) for record in self._api.all_items(f"{self._org}/members", [("role", "admin")])}
        records = list(self._api.all_items(f"{self._org}/members", [("role", "all")]))
        notices = []
        try:
            provisioned = managed_logins(list(self._api.scim_users()))
        except HttpRefusal as refusal:
            if refusal.status not in (403, 404):
                raise
            provisioned = {}
            sentence = (
                "GitHub shows no provisioned people to this token; accounts are matched by the address in events."
            )
            notices.append(Notice(kind="coverage", sentence=sentence, at=now))
        objects, grants = [], []
        for record in records:
            member, login = str(record["id"]), text(record.get("login")) or ""
            person = provisioned.get(login.rpartition("_")[0], {}) if "_" in login else {}
            objects.append(
                self._facts.object(
                    "user", member, now, name=login or None,
                    attributes={
                        "user_name": login, "type": text(record.get("type")), "site_admin": record.get("site_admin"),
                        "email": person.get("email"), "externalId": person.get("externalId"),
                    },
                )
            )  # fmt: skip
            role = "admin" if member in admins else "member"
            grants.append(self._facts.grant(("user", member), ("organization", self._api.organization), role, now))
        return Snapshot(scope="members", objects=objects, grants=grants, notices=notices)

    def teams(self, now: Micros) -> Snapshot:
        """Kind `group`, with the people in them."""
        objects, grants = [], []
        for record in self._api.all_items(f"{self._org}/teams"):
            team, slug = str(record["id"]), text(record.get("slug"))
            kept = {"slug": slug, "privacy": text(record.get("privacy"))}
            objects.append(self._facts.object("group", team, now, name=text(record.get("name")), attributes=kept))
            for member in self._below(f"{self._org}/teams/{slug}/members"):
                grants.append(self._facts.grant(("user", str(member["id"])), ("group", team), "member", now))
        return Snapshot(scope="teams", objects=objects, grants=grants)

    def repositories(self, now: Micros) -> Snapshot:
        """Kind `repository`, with everybody who may read or change it, however they came to it."""
        objects = []
        grants: list[Grant] = []
        for record in self._api.all_items(f"{self._org}/repos", [("type", "all")]):
            repository = text(record.get("full_name")) or str(record["id"])
            kept = {name: record.get(name) for name in ("visibility", "private", "archived", "fork", "disabled")}
            objects.append(
                self._facts.object(
                    "repository", repository, now, name=text(record.get("name")), attributes=kept,
                    created_at=moment(record.get("created_at")), updated_at=None,
                )
            )  # fmt: skip
            people = self._below(f"/repos/{repository}/collaborators", ("affiliation", "all"))
            grants += [
                self._facts.grant(
                    ("user", str(person["id"])),
                    ("repository", repository),
                    text(person.get("role_name")) or "read",
                    now,
                )
                for person in people
            ]
        return Snapshot(scope="repositories", objects=objects, grants=grants)

    def _below(self, path: str, *params: tuple[str, str]) -> list[Record]:
        """A list that belongs to one item of another list; the item may have gone meanwhile or be closed to us."""
        try:
            return list(self._api.all_items(path, params))
        except HttpRefusal as refusal:
            if refusal.status in (403, 404):
                return []
            raise


def managed_logins(users: list[Record]) -> Mapping[str, Mapping[str, str | None]]:
    """Provisioned people by the first part of their login.

    GitHub makes a managed user's login of the local part of the provisioned name and `_` and the company's short code;
    no other login holds an underscore. Two people whose names give the same login are left out: nobody guesses.
    """
    found: dict[str, Mapping[str, str | None]] = {}
    times: Counter[str] = Counter()
    for user in users:
        name = text(user.get("userName"))
        if name is None:
            continue
        login = re.sub(r"[^a-z0-9]+", "-", name.partition("@")[0].lower()).strip("-")
        emails = [item for item in user.get("emails") or () if isinstance(item, Mapping)]
        emails.sort(key=lambda item: item.get("primary") is not True)
        address = next((text(item.get("value")) for item in emails), None) or (name if "@" in name else None)
        times[login] += 1
        found[login] = {"email": address, "externalId": text(user.get("externalId"))}
    return {login: person for login, person in found.items() if times[login] == 1}
