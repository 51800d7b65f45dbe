"""Who reaches what: a walk over grants in memory, as of one moment.

Effective access is a conjunction: an active account, member of the project's organization, with at least one
grant (its own, of a group, of its organization role, of the whole organization, or as creator). A grant of a
whole organization stays one row; it is never spread over people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanlight.access.answers import Exposure, Reached, Via, level_rank
from fanlight.access.build import ControlArrays, LeafArrays, Names, build_arrays
from fanlight.access.csr import Ints
from fanlight.access.tables import AccessTables, tables_of_rows, tables_of_store
from fanlight.identity.addresses import normal_address
from fanlight.model import Grant, GrantVia, Link, Micros, ObjectVersion

__all__ = ["AccessGraph", "Resource", "Unknown"]


class Unknown(LookupError):
    """No such identity or resource; the text is one sentence to the operator."""


class _Queries(Protocol):
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A thing somebody may reach, found by its vendor id."""

    kind: str
    id: str
    name: str
    target: int = -1
    """Number as a target of grants, -1 when no grant names it."""
    leaf: int = -1
    """Number as a chat or file, -1 when it is neither."""


class AccessGraph:
    """The access of one company at one moment. Immutable; safe to read from several threads."""

    def __init__(self, tables: AccessTables, sensitivity: Mapping[tuple[str, str], str] | None = None) -> None:
        self.at = tables.at
        self.names: Names
        self.control: ControlArrays
        self.leaves: LeafArrays
        self.names, self.control, self.leaves = build_arrays(tables, sensitivity or {})
        self._identity_number = {name: i for i, name in enumerate(self.names.identities.to_pylist())}
        self._target_number = {name: i for i, name in enumerate(self.names.targets.to_pylist())}
        self._account_number: dict[str, int] | None = None
        self._group_number: dict[str, int] | None = None
        self._by_email: dict[str, str] | None = None
        self._organization_ids: list[str] = self.names.organizations.to_pylist()
        self.sensitivity = dict(sensitivity or {})
        self.is_project: NDArray[np.bool_] = np.asarray(pc.starts_with(self.names.targets, "project:")).astype(bool)
        """Which targets are projects."""
        self._group_base = len(self.names.accounts)
        self._org_base = self._group_base + len(self.names.groups)
        self._role_base = self._org_base + len(self.names.organizations)

    @classmethod
    def build(
        cls,
        objects: Iterable[ObjectVersion],
        grants: Iterable[Grant],
        links: Iterable[Link],
        at: Micros,
        sensitivity: Mapping[tuple[str, str], str] | None = None,
    ) -> AccessGraph:
        """The graph of any versions of facts in memory, as of `at`."""
        return cls(tables_of_rows(objects, grants, links, at), sensitivity)

    @classmethod
    def load(
        cls, reader: _Queries, at: Micros, sensitivity: Mapping[tuple[str, str], str] | None = None
    ) -> AccessGraph:
        """The graph of the store, as of `at`. `sensitivity` is by (kind, id) of chats, files and projects."""
        return cls(tables_of_store(reader, at), sensitivity)

    # -- looking things up ------------------------------------------------------------------------------------

    def identities(self) -> list[str]:
        """Ids of all identities; an account that is linked to nobody stands for itself under its account key."""
        return list(self._identity_number)

    def find_identity(self, text: str) -> str:
        """An identity by id, account key, native account id or e-mail. Raises `Unknown`."""
        if text in self._identity_number:
            return text
        address = normal_address(text)
        if address is not None:
            if self._by_email is None:
                self._by_email = self._index_emails()
            if address in self._by_email:
                return self._by_email[address]
        for key in (text, *(f"{product}:{text}" for product in ("claude", "okta", "entra_id", "google_workspace"))):
            number = pc.index(self.names.accounts, key).as_py()
            if number >= 0:
                return self.identity_of(number)
        raise Unknown(f"Nobody here is known as {text}.")

    def find_resource(self, text: str) -> Resource:
        """A project, chat, file, role, … by its vendor id. Raises `Unknown`."""
        leaf = int(pc.index(self.leaves.ids, text).as_py())
        if leaf >= 0:
            kind = self.leaf_kind(leaf)
            target = self._target_number.get(f"{kind}:{text}", -1)
            return Resource(kind=kind, id=text, name="", target=target, leaf=leaf)
        for kind in ("project", *self._target_kinds()):
            number = self._target_number.get(f"{kind}:{text}")
            if number is not None:
                return self.resource(number)
        raise Unknown(f"No resource with the id {text} is known at that time.")

    def resource(self, target: int) -> Resource:
        """The resource with this number as a target."""
        kind, _, key = self.names.targets[target].as_py().partition(":")
        return Resource(kind=kind, id=key, name=self.names.labels.get(f"{kind}:{key}", ""), target=target)

    def is_known(self, identity: str) -> bool:
        """Whether an identity with this id is in the graph."""
        return identity in self._identity_number

    def account_numbers(self, identity: str) -> list[int]:
        """Numbers of an identity's accounts. Raises `Unknown`."""
        numbers: list[int] = self.control.identity_accounts.one(self._number(identity)).tolist()
        return numbers

    def identity_of(self, account: int) -> str:
        return cast(str, self.names.identities[int(self.control.account_identity[account])].as_py())

    def identity_of_account(self, key: str) -> str | None:
        """The identity behind an account key; None for an account that nothing here names."""
        if self._account_number is None:
            self._account_number = {name: i for i, name in enumerate(self.names.accounts.to_pylist())}
        number = self._account_number.get(key)
        return None if number is None else self.identity_of(number)

    def identity_name(self, identity: str) -> str:
        """The person's name as the directory has it, else a login, else the id."""
        found = [self.names.labels.get(f"account:{key}") for key in self.accounts_of(identity)]
        return next((name for name in reversed(found) if name), identity)

    def identity_email(self, identity: str) -> str:
        """An address of the person, the directory's before a product's; empty where no account has one."""
        found = [self.names.emails.get(key) for key in self.accounts_of(identity)]
        return next((email for email in reversed(found) if email), "")

    def accounts_of(self, identity: str) -> list[str]:
        """Account keys of an identity, directories last."""
        numbers = self.control.identity_accounts.one(self._number(identity))
        keys: list[str] = [self.names.accounts[int(i)].as_py() for i in numbers]
        return sorted(keys, key=lambda key: (not key.startswith("claude:"), key))

    def organization_id(self, number: int) -> str:
        return self._organization_ids[number]

    def label(self, kind: str, key: str) -> str:
        """The name of a thing, empty where it has none (chats and files never have)."""
        return self.names.labels.get(f"{kind}:{key}", "")

    def leaf_kind(self, leaf: int) -> str:
        return cast(str, self.leaves.kinds[leaf].as_py())

    def leaf_id(self, leaf: int) -> str:
        return cast(str, self.leaves.ids[leaf].as_py())

    def target_number(self, kind: str, key: str) -> int:
        """Number of a target, -1 when no grant and no record names it."""
        return self._target_number.get(f"{kind}:{key}", -1)

    # -- forward ----------------------------------------------------------------------------------------------

    def rows_of(self, identity: str) -> tuple[Ints, Ints]:
        """(grant row, account) of every grant that gives the identity access, its conditions met."""
        control = self.control
        rows, accounts = [], []
        for account in control.identity_accounts.one(self._number(identity)):
            if not control.active[account]:
                continue
            found = control.grants_of.gather(control.held.one(account))
            inside = np.zeros(len(self._organization_ids) + 1, bool)
            inside[control.account_orgs.one(account)] = True
            inside[-1] = True  # a target of no known organization has number -1
            found = found[inside[control.target_org[control.target[found]]]]
            rows.append(found)
            accounts.append(np.full(len(found), account))
        if not rows:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate(rows), np.concatenate(accounts)

    def reach(
        self, identity: str, *, kinds: Sequence[str] | None = None, leaves: bool = True, unproven: bool = False
    ) -> list[Reached]:
        """Everything the identity reaches, strongest level first per resource.

        `leaves` adds chats and files that are its own or lie open to all members of a project; `unproven` adds
        those of which the vendor does not say whether a member may open them. Raises `Unknown`.
        """
        rows, accounts = self.rows_of(identity)
        by_target: dict[int, list[Via]] = defaultdict(list)
        for row, account in zip(rows.tolist(), accounts.tolist(), strict=True):
            by_target[int(self.control.target[row])].append(self.via(row, account))
        found = []
        for target, via in by_target.items():
            resource = self.resource(target)
            found.append(self._reached(identity, resource.kind, resource.id, resource.name, via))
        if leaves:
            found = [*found, *self._reach_leaves(identity, by_target, unproven)]
            found = _merge(found)
        if kinds is not None:
            found = [entry for entry in found if entry.kind in kinds]
        return sorted(found, key=lambda r: (r.kind != "project", r.kind, -level_rank(r.level), r.name, r.id))

    def _reach_leaves(self, identity: str, projects: Mapping[int, list[Via]], unproven: bool) -> Iterable[Reached]:
        made: set[int] = set()
        for account in self.control.identity_accounts.one(self._number(identity)).tolist():
            if self.control.active[account]:
                for leaf in self._own_leaves(account).tolist():
                    made.add(leaf)
                    yield self._reached_leaf(identity, leaf, "owner", [self.authorship(account, leaf)])
        for target, via in projects.items():
            for leaf in self.leaves.by_project.one(target).tolist():
                if self.leaves.proven[leaf]:
                    yield self._reached_leaf(identity, leaf, _strongest(via), via)
                elif unproven and leaf not in made:  # also what another account of theirs made that is closed by now
                    yield self._reached_leaf(identity, leaf, "unknown", via)

    def own_leaves(self, account_key: str) -> Ints:
        """Numbers of the chats and files that an active account made and may still open."""
        account = int(pc.index(self.names.accounts, account_key).as_py())
        if account < 0 or not self.control.active[account]:
            return np.empty(0, np.int64)
        return self._own_leaves(account)

    def _own_leaves(self, account: int) -> Ints:
        """What the account made, as far as it is still a member where that lies."""
        made = self.leaves.by_owner.one(account)
        inside = np.zeros(len(self._organization_ids) + 1, bool)
        inside[self.control.account_orgs.one(account)] = True
        inside[-1] = True
        return made[inside[self.leaves.organization[made]]]

    def _reached_leaf(self, identity: str, leaf: int, level: str, via: Sequence[Via]) -> Reached:
        return Reached(
            identity=identity,
            kind=self.leaf_kind(leaf),
            id=self.leaf_id(leaf),
            name="",
            level=level,
            via=tuple(via),
        )

    def _reached(self, identity: str, kind: str, key: str, name: str, via: Sequence[Via]) -> Reached:
        ordered = sorted(via, key=lambda v: (-level_rank(v.level), v.kind, v.id))
        return Reached(identity=identity, kind=kind, id=key, name=name, level=_strongest(via), via=tuple(ordered))

    def exposure(self, identity: str) -> Exposure:
        """The blast radius in figures, without naming anything: what a page asks for every row."""
        rows, _ = self.rows_of(identity)
        targets = np.unique(self.control.target[rows])
        leaves = self.leaves.by_project.gather(targets)
        own = [
            self._own_leaves(account)
            for account in self.control.identity_accounts.one(self._number(identity)).tolist()
            if self.control.active[account]
        ]
        mine = np.concatenate(own) if own else np.empty(0, np.int64)
        outside = mine[~np.isin(self.leaves.project[mine], targets)]
        ranks = self.leaves.sensitivity
        return Exposure(
            identity=identity,
            projects=int(self.is_project[targets].sum()),
            resources=len(leaves) + len(outside),
            sensitive=int((ranks[leaves] >= 2).sum() + (ranks[outside] >= 2).sum()),
            own=len(mine),
        )

    def summary(self) -> list[Exposure]:
        """The exposure of everybody, computed at once."""
        from fanlight.access.summary import summarize  # it builds on this class

        return summarize(self)

    # -- backward ---------------------------------------------------------------------------------------------

    def reachable_by(self, resource: Resource | str) -> list[Reached]:
        """Everybody who reaches the resource, strongest first; for chats of others the level is `unknown`."""
        thing = self.find_resource(resource) if isinstance(resource, str) else resource
        found = []
        if thing.target >= 0:
            for identity, via in self._holders_of(thing.target).items():
                found.append(self._reached(identity, thing.kind, thing.id, thing.name, via))
        if thing.leaf >= 0:
            found += self._leaf_holders(thing)
        return sorted(_merge(found), key=lambda r: (-level_rank(r.level), self.identity_name(r.identity), r.identity))

    def _holders_of(self, target: int) -> dict[str, list[Via]]:
        control = self.control
        organization = int(control.target_org[target])
        allowed = control.active
        if organization >= 0:
            member = np.zeros(len(control.active), bool)
            member[control.org_accounts.one(organization)] = True
            allowed = allowed & member
        found: dict[str, list[Via]] = defaultdict(list)
        for row in control.grants_on.one(target).tolist():
            accounts = control.holders.one(int(control.principal[row]))
            for account in accounts[allowed[accounts]].tolist():
                found[self.identity_of(account)].append(self.via(row, account))
        return found

    def _leaf_holders(self, thing: Resource) -> Iterable[Reached]:
        leaf = thing.leaf
        owner = int(self.leaves.owner[leaf])
        author = None
        if owner >= 0 and self.control.active[owner] and leaf in self._own_leaves(owner):
            author = self.identity_of(owner)
            yield self._reached_leaf(author, leaf, "owner", [self.authorship(owner, leaf)])
        project = int(self.leaves.project[leaf])
        if project >= 0:
            for identity, via in self._holders_of(project).items():
                if self.leaves.proven[leaf]:
                    yield self._reached_leaf(identity, leaf, _strongest(via), via)
                elif identity != author:
                    yield self._reached_leaf(identity, leaf, "unknown", via)

    def people_on(self, target: int) -> int:
        """How many identities reach a target by its grants: the figure of `reachable_by` without naming anybody."""
        control, organization = self.control, int(self.control.target_org[target])
        accounts = control.holders.gather(control.principal[control.grants_on.one(target)])
        accounts = np.unique(accounts[control.active[accounts]])
        if organization >= 0:
            accounts = accounts[np.isin(accounts, control.org_accounts.one(organization))]
        return len(np.unique(control.account_identity[accounts]))

    # -- pieces -----------------------------------------------------------------------------------------------

    def via(self, row: int, account: int) -> Via:
        """One grant as it is held through one account."""
        control = self.control
        _, key, name = self.principal(int(control.principal[row]))
        return Via(
            kind=cast(GrantVia, control.vias[int(control.via[row])]),
            id=key,
            name=name,
            level=control.levels[int(control.level[row])],
            account=self.names.accounts[account].as_py(),
            since=int(control.since[row]),
            exact=bool(control.exact[row]),
        )

    def authorship(self, account: int, leaf: int) -> Via:
        """That somebody made a thing."""
        key = self.names.accounts[account].as_py()
        name = self.label("account", key)
        native = key.partition(":")[2]
        since = int(self.leaves.created[leaf])
        return Via(kind="creator", id=native, name=name, level="owner", account=key, since=since, exact=since > 0)

    def principal(self, number: int) -> tuple[str, str, str]:
        """(kind, native id, name) of a principal."""
        if number < self._group_base:
            key = self.names.accounts[number].as_py()
            return "user", key.partition(":")[2], self.label("account", key)
        if number < self._org_base:
            key = self.names.groups[number - self._group_base].as_py()
            return "group", key.partition(":")[2], self.label("group", key)
        if number < self._role_base:
            key = self._organization_ids[number - self._org_base]
            return "organization", key, self.label("organization", key)
        key = self.names.org_roles[number - self._role_base].as_py()
        organization, _, role = key.partition("/")
        place = self.label("organization", organization) or organization
        return "organization_role", key, f"{role.replace('_', ' ')} in {place}"

    def principal_number(self, kind: str, key: str) -> int:
        """Number of a principal by kind and native id, -1 if none.

        Kinds: user (of Claude), group, organization, organization_role, and account, which takes an account key.
        """
        if kind == "organization":
            number = self.organization_number(key)
            return number + self._org_base if number >= 0 else -1
        if kind == "organization_role":
            number = int(pc.index(self.names.org_roles, key).as_py())
            return number + self._role_base if number >= 0 else -1
        if kind == "group":
            if self._group_number is None:
                names = self.names.groups.to_pylist()
                self._group_number = {name.partition(":")[2]: i for i, name in reversed(list(enumerate(names)))}
            found = self._group_number.get(key, -1)
            return found + self._group_base if found >= 0 else -1
        return int(pc.index(self.names.accounts, key if kind == "account" else f"claude:{key}").as_py())

    def principal_base(self, kind: str) -> int:
        """The number at which principals of a kind begin: user, group, organization, organization_role."""
        bases = {"user": 0, "group": self._group_base, "organization": self._org_base}
        return bases.get(kind, self._role_base)

    def organization_number(self, key: str) -> int:
        """Number of an organization, -1 when it is not known."""
        return self._organization_ids.index(key) if key in self._organization_ids else -1

    def organizations_of(self, identity: str) -> list[tuple[str, str, str, Micros]]:
        """(account key, organization id, role, since) of every membership of active accounts."""
        accounts = set(self.control.identity_accounts.one(self._number(identity)).tolist())
        member, organization, role, since = self.control.member_pairs
        found = []
        for index in np.flatnonzero(np.isin(member, list(accounts))).tolist():
            if self.control.active[member[index]]:
                key = self.names.org_roles[int(role[index])].as_py()
                found.append(
                    (
                        self.names.accounts[int(member[index])].as_py(),
                        self._organization_ids[int(organization[index])],
                        key.partition("/")[2],
                        int(since[index]),
                    )
                )
        return sorted(found)

    def _number(self, identity: str) -> int:
        number = self._identity_number.get(identity)
        if number is None:
            raise Unknown(f"Nobody here is known as {identity}.")
        return number

    def kinds(self) -> set[str]:
        """Every kind of thing that somebody may reach here."""
        return {*self._target_kinds(), *self.leaves.kinds.dictionary.to_pylist()}

    def _target_kinds(self) -> list[str]:
        return sorted({key.partition(":")[0] for key in self._target_number})

    def _index_emails(self) -> dict[str, str]:
        index: dict[str, str] = {}
        identities = self.names.identities.to_pylist()
        for account, key in enumerate(self.names.accounts.to_pylist()):
            address = normal_address(self.names.emails.get(key))
            if address is not None and (address not in index or self.control.active[account]):
                index[address] = identities[self.control.account_identity[account]]
        return index


def _strongest(via: Sequence[Via]) -> str:
    return max((entry.level for entry in via), key=level_rank, default="unknown")


def _merge(found: Iterable[Reached]) -> list[Reached]:
    """One answer per identity and resource: the strongest level, all grants."""
    merged: dict[tuple[str, str, str], Reached] = {}
    for entry in found:
        key = (entry.identity, entry.kind, entry.id)
        before = merged.get(key)
        if before is None:
            merged[key] = entry
        elif level_rank(entry.level) == 0 and level_rank(before.level) > 0:
            continue
        elif level_rank(before.level) == 0:
            merged[key] = entry
        else:
            via = tuple(dict.fromkeys((*before.via, *entry.via)))
            level = max(before.level, entry.level, key=level_rank)
            merged[key] = Reached(
                identity=entry.identity, kind=entry.kind, id=entry.id, name=entry.name, level=level, via=via
            )
    return list(merged.values())
