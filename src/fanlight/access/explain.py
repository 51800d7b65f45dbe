"""Why an identity reaches a resource, or why not: paths of stations and one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fanlight.access.answers import Explanation, Hop, Reached, Via
from fanlight.access.graph import AccessGraph, Resource
from fanlight.enrich.localtime import local_time
from fanlight.model import Micros

__all__ = ["explain"]

_VERBS = {"owner": "owns", "admin": "administers", "editor": "edits", "viewer": "views", "member": "is a member of"}


def explain(graph: AccessGraph, identity: str, resource: Resource | str) -> Explanation:
    """Every path from the identity to the resource at the graph's time. Raises `Unknown`."""
    person = graph.find_identity(identity)
    thing = graph.find_resource(resource) if isinstance(resource, str) else resource
    reached = next((found for found in graph.reachable_by(thing) if found.identity == person), None)
    if reached is None:
        return _refused(graph, person, thing)
    paths = tuple(_path(graph, person, thing, via) for via in reached.via)
    return Explanation(
        identity=person,
        kind=thing.kind,
        id=thing.id,
        answer="unknown" if reached.level == "unknown" else "yes",
        level=reached.level,
        sentence=_sentence(graph, person, thing, reached),
        paths=paths,
        via=reached.via,
    )


def _path(graph: AccessGraph, person: str, thing: Resource, via: Via) -> tuple[Hop, ...]:
    hops = [
        Hop(kind="identity", id=person, name=graph.identity_name(person)),
        Hop(kind="account", id=via.account, name=graph.label("account", via.account), edge="has account"),
    ]
    if via.kind == "group":
        hops += [
            Hop(kind="group", id=key, name=graph.label("group", key) or key.partition(":")[2], edge="member of")
            for key in group_chain(graph, via.account, via.id)
        ]
    elif via.kind == "organization_role":
        hops.append(Hop(kind="organization_role", id=via.id, name=via.name, edge="holds role"))
    elif via.kind in ("organization", "public"):
        hops.append(Hop(kind="organization", id=via.id, name=via.name, edge="member of"))
    project = _project_of(graph, thing)
    edge = "creator of" if via.kind == "creator" else f"{via.level} of"
    since = via.since or None
    if project is None or thing.kind == "project" or (via.kind == "creator" and thing.leaf >= 0 and _authored(via)):
        hops.append(Hop(kind=thing.kind, id=thing.id, name=thing.name, edge=edge, since=since))
    else:
        hops.append(Hop(kind="project", id=project.id, name=project.name, edge=edge, since=since))
        hops.append(Hop(kind=thing.kind, id=thing.id, name="", edge="contains"))
    return tuple(hops)


def _authored(via: Via) -> bool:
    return via.level == "owner" and via.account.partition(":")[2] == via.id


def group_chain(graph: AccessGraph, account: str, group: str) -> tuple[str, ...]:
    """Shortest chain of groups by which the account is a member of the group, nearest first (keys)."""
    names, control = graph.names, graph.control
    goal = graph.principal_number("group", group) - graph.principal_base("group")
    if goal < 0:
        return (f":{group}",)
    start = graph.principal_number("account", account)
    came: dict[int, int] = {int(first): -1 for first in control.account_groups.one(start)}
    queue = list(came)
    while queue and goal not in came:
        child = queue.pop(0)
        for parent in control.group_parents.one(child).tolist():
            if parent not in came:
                came[parent] = child
                queue.append(parent)
    chain: list[str] = []
    step = goal
    while step >= 0 and step in came:
        chain.append(names.groups[step].as_py())
        step = came[step]
    return tuple(reversed(chain)) or (names.groups[goal].as_py(),)


def _project_of(graph: AccessGraph, thing: Resource) -> Resource | None:
    if thing.leaf < 0:
        return None
    number = int(graph.leaves.project[thing.leaf])
    return graph.resource(number) if number >= 0 else None


def _sentence(graph: AccessGraph, person: str, thing: Resource, reached: Reached) -> str:
    name = graph.identity_name(person)
    project = _project_of(graph, thing)
    own = next((via for via in reached.via if thing.leaf >= 0 and via.kind == "creator" and _authored(via)), None)
    what = thing.name or (f"the {thing.kind.replace('_', ' ')}" if thing.leaf >= 0 else thing.id)
    if own is not None and reached.level == "owner" and (project is None or len(reached.via) == 1):
        return f"{name} made {what}{f' on {_day(own.since)}' if own.since > 0 else ''}."
    best = reached.via[0]
    place = project.name or project.id if project is not None else what
    if best.kind == "public" and best.level == "unknown":
        day = _day(best.since)
        return f"Whether {name} could open {place} then could not be told: its openness is known since {day} only."
    said = f"{_holder(name, best)} {_VERBS.get(best.level, f'is {best.level} of')} {place}{_since(best)}"
    more = f" {len(reached.via) - 1} more grants give the same or less." if len(reached.via) > 2 else ""
    more = " One more grant gives the same or less." if len(reached.via) == 2 else more
    if reached.level == "unknown":
        return f"{said}; {what} of somebody else is in it. The vendor does not say whether members may open it.{more}"
    if project is not None:
        return f"{said}; {what} is in it.{more}"
    return f"{said}.{more}"


def _holder(name: str, via: Via) -> str:
    if via.kind == "creator":
        return f"{name} is the creator and"
    return {
        "group": f"{name} is in the group {via.name or via.id}, which",
        "organization_role": f"{name} holds the role {via.name or via.id}, which",
        "organization": f"{name} is a member of {via.name or via.id}, which as a whole",
        "public": f"{name} is a member of {via.name or via.id}, whose every member",
    }.get(via.kind, name)


def _since(via: Via) -> str:
    if via.since <= 0:
        return ""
    day = _day(via.since)
    return f" since {day}" if via.exact else f" (known since {day}, may be older)"


def _day(at: Micros) -> str:
    local = local_time(at, "UTC")
    return f"{local.day} {local.strftime('%b %Y')}"


def _refused(graph: AccessGraph, person: str, thing: Resource) -> Explanation:
    return Explanation(
        identity=person,
        kind=thing.kind,
        id=thing.id,
        answer="no",
        level=None,
        sentence=" ".join(_reasons(graph, person, thing)),
    )


def _reasons(graph: AccessGraph, person: str, thing: Resource) -> Iterable[str]:
    """What is missing of: an active account, membership of the organization, a grant."""
    control = graph.control
    name = graph.identity_name(person)
    active = [account for account in graph.account_numbers(person) if control.active[account]]
    if not active:
        yield f"None of {name}'s accounts is active."
        return
    target = thing.target
    if thing.leaf >= 0 and target < 0:
        target = int(graph.leaves.project[thing.leaf])
    organization = _organization(graph, thing, target)
    if organization >= 0 and not _is_member(graph, active, organization):
        key = graph.organization_id(organization)
        yield f"{name} is not a member of {graph.label('organization', key) or key}, where it lies."
    held = target >= 0 and any(
        np.isin(control.grants_of.gather(control.held.one(account)), control.grants_on.one(target)).any()
        for account in active
    )
    if not held:
        yield f"No grant to {name}, or to a group, role or organization of {name}, is known."


def _organization(graph: AccessGraph, thing: Resource, target: int) -> int:
    if target >= 0:
        return int(graph.control.target_org[target])
    return int(graph.leaves.organization[thing.leaf]) if thing.leaf >= 0 else -1


def _is_member(graph: AccessGraph, accounts: Sequence[int], organization: int) -> bool:
    return any(organization in graph.control.account_orgs.one(account) for account in accounts)
