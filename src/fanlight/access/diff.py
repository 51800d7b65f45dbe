"""What changed between two moments, as effective access and not as rows of grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fanlight.access.answers import Change, Reached, level_rank
from fanlight.access.graph import AccessGraph

__all__ = ["diff"]

_WHOLE = ("organization", "public")


def diff(before: AccessGraph, after: AccessGraph, identities: Sequence[str] | None = None) -> list[Change]:
    """Access that was won, lost or changed in level.

    A grant to a whole organization is one line without identity; a person's lines hold what the person has
    besides. People whom no changed grant, membership or link concerns are not walked.
    """
    concerned = _concerned(before, after) if identities is None else list(identities)
    changes = list(_organization_changes(before, after))
    for identity in concerned:
        old = _personal(before, identity)
        new = _personal(after, identity)
        for key in sorted(old.keys() | new.keys()):
            then, now = old.get(key), new.get(key)
            known = now or then
            if known is None or (then and now and then.level == now.level):
                continue
            changes.append(
                Change(
                    change="added" if then is None else "removed" if now is None else "changed",
                    identity=identity,
                    kind=known.kind,
                    id=known.id,
                    name=known.name,
                    before=then.level if then else None,
                    after=now.level if now else None,
                    via=known.via,
                )
            )
    return changes


def _personal(graph: AccessGraph, identity: str) -> dict[tuple[str, str], Reached]:
    """What an identity reaches otherwise than as any member of an organization."""
    if not graph.is_known(identity):
        return {}
    found = {}
    for reached in graph.reach(identity, leaves=False):
        own = tuple(via for via in reached.via if via.kind not in _WHOLE)
        if own:
            level = max(own, key=lambda via: level_rank(via.level)).level
            found[reached.kind, reached.id] = Reached(
                identity=identity, kind=reached.kind, id=reached.id, name=reached.name, level=level, via=own
            )
    return found


def _edges(graph: AccessGraph) -> set[tuple[str, ...]]:
    """Every row that can change somebody's access, by names, with the identities left out."""
    control, names = graph.control, graph.names
    accounts = names.accounts.to_pylist()
    identities = names.identities.to_pylist()
    edges: set[tuple[str, ...]] = set()
    targets = names.targets.to_pylist()
    for row in range(len(control.principal)):
        kind, key, _ = graph.principal(int(control.principal[row]))
        if kind != "organization":
            level = control.levels[int(control.level[row])]
            edges.add(("grant", kind, key, targets[int(control.target[row])], level))
    for account, identity in enumerate(control.account_identity.tolist()):
        edges.add(("link", accounts[account], identities[identity], str(bool(control.active[account]))))
    for account, principal in zip(*_held(graph), strict=True):
        kind, key, _ = graph.principal(principal)
        if kind != "user":
            edges.add(("member", accounts[account], kind, key))
    return edges


def _held(graph: AccessGraph) -> tuple[list[int], list[int]]:
    counts = graph.control.held.counts()
    accounts = [account for account, count in enumerate(counts.tolist()) for _ in range(count)]
    return accounts, graph.control.held.items.tolist()


def _concerned(before: AccessGraph, after: AccessGraph) -> list[str]:
    """Identities downstream of a changed row, in either graph."""
    changed = _edges(before) ^ _edges(after)
    found: set[str] = set()
    for graph in (before, after):
        number = {key: i for i, key in enumerate(graph.names.accounts.to_pylist())}
        principals = {
            graph.principal(p)[:2]: p for p in range(len(graph.control.holders.counts()))
        } if any(edge[0] == "grant" for edge in changed) else {}  # fmt: skip
        for edge in changed:
            if edge[0] == "grant":
                principal = principals.get((edge[1], edge[2]))
                accounts: Iterable[int] = graph.control.holders.one(principal).tolist() if principal is not None else ()
            else:
                accounts = [number[edge[1]]] if edge[1] in number else ()
            found.update(graph.identity_of(account) for account in accounts)
    return sorted(found)


def _organization_changes(before: AccessGraph, after: AccessGraph) -> Iterable[Change]:
    old, new = _organization_grants(before), _organization_grants(after)
    # Where it cannot be told whether a project was open, its becoming known is one change and no loss.
    doubted = {key[:2]: level for key in old.keys() - new.keys() if (level := key[2]) == "unknown"}
    opened = {key[:2] for key in new.keys() - old.keys()}
    for key in sorted(old.keys() ^ new.keys()):
        organization, target, level = key
        if key in old and level == "unknown" and key[:2] in opened:
            continue
        graph = after if key in new else before
        kind, _, resource = target.partition(":")
        yield Change(
            change="removed" if key in old else "changed" if key[:2] in doubted else "added",
            identity=None,
            organization=organization,
            kind=kind,
            id=resource,
            name=graph.label(kind, resource),
            before=level if key in old else doubted.get(key[:2]),
            after=level if key in new else None,
        )


def _organization_grants(graph: AccessGraph) -> dict[tuple[str, str, str], int]:
    control = graph.control
    found = {}
    for row, principal in enumerate(control.principal.tolist()):
        kind, key, _ = graph.principal(principal)
        if kind == "organization":
            level = control.levels[int(control.level[row])]
            found[key, graph.names.targets[int(control.target[row])].as_py(), level] = row
    return found
