"""GET /activities: the Activity Feed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import resources

from fanlight.simulator.http.context import ACTIVITIES, PAGED, Context, Endpoint, json_answer
from fanlight.simulator.http.paging import Place, one_cursor, walk
from fanlight.simulator.http.parameters import Parameters
from fanlight.simulator.http.problems import bad_request
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import Activity

__all__ = ["ENDPOINTS", "known_types"]

_PURPOSE = "activities"


@lru_cache(maxsize=1)
def known_types() -> frozenset[str]:
    """The documented activity types; a filter that names another is refused."""
    text = resources.files("fanlight.simulator.http").joinpath("activity_types.txt").read_text("utf-8")
    return frozenset(text.split())


def _place(activity: Activity) -> Place:
    return activity.created_at, activity.id


def _activities(context: Context) -> Answer:
    query = context.query
    one_cursor(context)
    descending = query.choice("order", ("desc", "asc")) == "desc"
    keep = _keep(context)
    span = walk(
        context,
        context.world.feed(),
        _place,
        limit=query.size,
        descending=descending,
        after=_cursor(context, "after_id"),
        before=_cursor(context, "before_id"),
        within=query.between("created_at"),
        keep=keep,
    )
    items = span.items
    bodies = context.spoiled([item.body() for item in items])
    if context.fault is not None and context.fault.kind == "shuffled_page":
        bodies.reverse()
    return json_answer(
        {
            "data": bodies,
            "has_more": span.more,
            "first_id": context.cursors.seal(_PURPOSE, *_place(items[0])) if items else None,
            "last_id": context.cursors.seal(_PURPOSE, *_place(items[-1])) if items else None,
        }
    )


def _cursor(context: Context, name: str) -> Place | None:
    """An opaque cursor, or the id of an activity that is (or was a moment ago) in the feed."""
    value = context.query.one(name)
    if value is None:
        return None
    if value.startswith("activity_"):
        for activity in reversed(context.world.feed()):
            if activity.id == value:
                return _place(activity)
    place = context.cursors.open(_PURPOSE, value)
    if place is None:
        raise bad_request(f"Invalid activity_id format: '{value}'")
    at, identifier = place
    assert isinstance(at, int)
    return at, str(identifier)


def _keep(context: Context) -> Callable[[Activity], bool] | None:
    """The filters of the request and of the key, None when everything passes."""
    query = context.query
    wanted = _types(context, "activity_types")
    unwanted = _types(context, "exclude_activity_types")
    if wanted and unwanted:
        raise bad_request("Only one of 'activity_types[]' and 'exclude_activity_types[]' may be given.")
    actors = frozenset(query.many("actor_ids") + query.many("user_ids"))
    organizations = context.wanted_organizations()
    tree = context.key.organization
    if organizations is None and tree is None and not actors:
        if wanted:
            return lambda activity: activity.type in wanted
        return (lambda activity: activity.type not in unwanted) if unwanted else None

    def keep(activity: Activity) -> bool:
        if (wanted and activity.type not in wanted) or activity.type in unwanted:
            return False
        if actors and activity.actor.get("user_id") not in actors:
            return False
        organization = activity.organization_uuid
        if organizations is not None and organization not in organizations:
            return False
        return tree is None or organization == tree

    return keep


def _types(context: Context, name: str) -> frozenset[str]:
    values = context.query.many(name)
    for index, value in enumerate(values):
        if value not in known_types():
            raise bad_request(f"{name}[].{index}: Input is not one of the permitted values.")
    return frozenset(values)


ENDPOINTS = (
    Endpoint(
        "activities",
        "/activities",
        ACTIVITIES,
        Parameters(
            limit=(100, 5000),
            singles=frozenset({"after_id", "before_id", "order"}),
            lists=frozenset({"activity_types", "exclude_activity_types", "actor_ids", "user_ids", "organization_ids"}),
            times=frozenset({"created_at"}),
        ),
        _activities,
        stages=PAGED,
        admin_key=True,
    ),
)
