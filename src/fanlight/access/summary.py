"""How much everybody reaches, for all identities at once.

Grants to whole organizations are never spread over people: each organization keeps one bucket of what all its
members reach, and a person's own pairs leave out what the bucket holds already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanlight.access.answers import Exposure
from fanlight.access.csr import Csr, Ints
from fanlight.access.graph import AccessGraph

__all__ = ["summarize"]

Bools = NDArray[np.bool_]

_BATCH = 20_000
"""Identities a round: bounds the memory to the pairs of one batch."""


def summarize(graph: AccessGraph) -> list[Exposure]:
    """The exposure of every identity, in the order of `graph.identities()`; the same figures as `exposure`."""
    leaves = graph.leaves
    projects = graph.is_project.astype(np.int64)
    sizes = leaves.by_project.counts()
    sensitive = np.bincount(
        leaves.project[(leaves.project >= 0) & (leaves.sensitivity >= 2)], minlength=len(graph.names.targets)
    )
    wide, bucket = _buckets(graph)
    narrow = _narrow_grants(graph, wide)
    count = len(graph.names.identities)
    totals = np.zeros((3, count), np.int64)
    made = np.zeros(count, np.int64)
    places = _memberships(graph)
    for place, members in enumerate(places):
        reached = bucket[place]
        for row, weights in enumerate((projects, sizes, sensitive)):
            totals[row][members] += int(weights[reached].sum())
    for start in range(0, count, _BATCH):
        people = np.arange(start, min(start + _BATCH, count))
        who, what = _own_pairs(graph, people, narrow, wide)
        for row, weights in enumerate((projects, sizes, sensitive)):
            totals[row] += np.bincount(who, weights=weights[what], minlength=count).astype(np.int64)
        own, resources, secret = _made(graph, people, who, what, places, bucket)
        totals += np.stack([np.zeros(count, np.int64), resources, secret])
        made += own
    return [
        Exposure(identity=identity, projects=int(p), resources=int(r), sensitive=int(s), own=int(o))
        for identity, p, r, s, o in zip(graph.identities(), *totals, made, strict=True)
    ]


def _buckets(graph: AccessGraph) -> tuple[Bools, list[Ints]]:
    """Which grant rows are held by the organization that their target lies in, and the targets by organization."""
    control = graph.control
    base = graph.principal_base("organization")
    place = control.principal - base
    organizations = len(graph.names.organizations)
    home = control.target_org[control.target]
    wide = (place >= 0) & (place < organizations) & (place == home)
    grouped = Csr.of(place[wide], control.target[wide], organizations)
    return wide, [np.unique(grouped.one(number)) for number in range(organizations)]


def _memberships(graph: AccessGraph) -> list[Ints]:
    """Identities with an active account in each organization."""
    control = graph.control
    found = []
    for number in range(len(graph.names.organizations)):
        accounts = control.org_accounts.one(number)
        found.append(np.unique(control.account_identity[accounts[control.active[accounts]]]))
    return found


def _narrow_grants(graph: AccessGraph, wide: Bools) -> Csr:
    control = graph.control
    rows = np.flatnonzero(~wide)
    return Csr.of(control.principal[rows], rows, len(control.grants_of.starts) - 1)


def _own_pairs(graph: AccessGraph, people: Ints, narrow: Csr, wide: Bools) -> tuple[Ints, Ints]:
    """Distinct (identity, target) pairs that do not come from a bucket the identity has."""
    control = graph.control
    index, accounts = control.identity_accounts.spread(people)
    on = control.active[accounts]
    index, accounts = index[on], accounts[on]
    step, principals = control.held.spread(accounts)
    hop, rows = narrow.spread(principals)
    account, who = accounts[step][hop], people[index][step][hop]
    target = control.target[rows]
    home = control.target_org[target]
    width = len(graph.names.organizations) + 1
    pairs = _member_keys(graph, width)
    inside = (home < 0) | np.isin(account * width + home, pairs)
    who, target, home = who[inside], target[inside], home[inside]
    in_bucket = np.zeros(len(graph.names.targets), bool)
    in_bucket[control.target[wide]] = True
    # A bucket of the target's own organization is reached by every member, and membership was just checked.
    kept = ~(in_bucket[target] & (home >= 0))
    packed = np.unique(who[kept] * max(1, len(graph.names.targets)) + target[kept])
    return packed // max(1, len(graph.names.targets)), packed % max(1, len(graph.names.targets))


def _member_keys(graph: AccessGraph, width: int) -> Ints:
    counts = graph.control.account_orgs.counts()
    return np.repeat(np.arange(len(counts)), counts) * width + graph.control.account_orgs.items


def _made(
    graph: AccessGraph, people: Ints, who: Ints, what: Ints, places: list[Ints], bucket: list[Ints]
) -> tuple[Ints, Ints, Ints]:
    """Per identity: what it made, and of that what lies outside the projects it reaches (all, sensitive)."""
    control, leaves = graph.control, graph.leaves
    count, width = len(graph.names.identities), len(graph.names.organizations) + 1
    index, accounts = control.identity_accounts.spread(people)
    on = control.active[accounts]
    index, accounts = index[on], accounts[on]
    step, made = leaves.by_owner.spread(accounts)
    home = leaves.organization[made]
    inside = (home < 0) | np.isin(accounts[step] * width + home, _member_keys(graph, width))
    made, owner = made[inside], people[index][step][inside]
    own = np.bincount(owner, minlength=count).astype(np.int64)
    project = leaves.project[made]
    targets = max(1, len(graph.names.targets))
    reached = np.isin(owner * targets + project, who * targets + what) & (project >= 0)
    for place, members in enumerate(places):
        reached |= np.isin(project, bucket[place]) & np.isin(owner, members) & (project >= 0)
    outside = ~reached
    secret = outside & (leaves.sensitivity[made] >= 2)
    resources = np.bincount(owner[outside], minlength=count).astype(np.int64)
    return own, resources, np.bincount(owner[secret], minlength=count).astype(np.int64)
