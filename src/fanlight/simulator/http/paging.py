"""The two families of paging: page tokens over a list, and cursors over an order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fanlight.model import DAY, Micros
from fanlight.simulator.http.context import Context, json_answer
from fanlight.simulator.http.faults import Fault
from fanlight.simulator.http.parameters import ANY_TIME, TimeRange
from fanlight.simulator.http.problems import Problem, bad_request
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import Row, Wire

__all__ = [
    "MESSAGE_TOKEN_LIFE",
    "Place",
    "Span",
    "TokenPage",
    "one_cursor",
    "page_answer",
    "sparse_size",
    "token_page",
    "walk",
]

Item = TypeVar("Item")
Place = tuple[Micros, str]
"""Where something stands in an order: a time, ties by id."""

_BAD_TOKEN = "The page parameter is not a valid cursor for this request."  # noqa: S105


# ---------------------------------------------------------------------------------------------- page tokens


@dataclass(frozen=True, slots=True)
class TokenPage:
    """One page of a list, and the token of the next one."""

    rows: list[Wire]
    next_page: str | None


def token_page(
    context: Context,
    rows: Sequence[Row] | Sequence[Wire],
    purpose: str,
    *,
    sparse: bool = False,
    lives: Micros | None = None,
) -> TokenPage:
    """Cut the page that the request asks for.

    `sparse`: pages may be short or empty though more follows. `lives`: how long tokens live after the first page.
    """
    size = context.query.size
    start, hop, began = _opened(context, rows, purpose, lives)
    fault = context.fault
    if fault is not None and fault.kind == "empty_page" and start < len(rows):
        return TokenPage([], _sealed(context, rows, purpose, start, hop, began))
    start = _stepped_back(fault, start, size)
    taken = sparse_size(size, hop) if sparse else size
    picked = rows[start : start + taken]
    end = start + len(picked)
    bodies = [item.body if isinstance(item, Row) else item for item in picked]
    if fault is not None and fault.kind == "shuffled_page":
        bodies.reverse()
    next_page = _sealed(context, rows, purpose, end, hop + 1, began) if end < len(rows) else None
    return TokenPage(context.spoiled(bodies), next_page)


def page_answer(context: Context, rows: Sequence[Row] | Sequence[Wire], purpose: str) -> Answer:
    """The usual envelope of the page-token family."""
    page = token_page(context, rows, purpose)
    return json_answer({"data": page.rows, "has_more": page.next_page is not None, "next_page": page.next_page})


def _opened(
    context: Context, rows: Sequence[Row] | Sequence[Wire], purpose: str, lives: Micros | None
) -> tuple[int, int, Micros]:
    token = context.query.one("page")
    if token is None:
        return 0, 0, context.now
    place = context.cursors.open(purpose, token.removeprefix("page_"))
    if place is None:
        raise bad_request(_BAD_TOKEN)
    offset, last, hop, began = place
    assert isinstance(offset, int)
    assert isinstance(hop, int)
    assert isinstance(began, int)
    if lives is not None and context.now - began > lives:
        raise bad_request("The page parameter holds an expired page cursor. Restart from the first page.")
    return _found_again(rows, offset, last), hop, began


def _found_again(rows: Sequence[Row] | Sequence[Wire], offset: int, last: object) -> int:
    """Where to go on although the list may have changed since: behind the last row that was given."""
    if offset == 0 or last is None:
        return min(offset, len(rows))
    if offset <= len(rows) and _id_of(rows[offset - 1]) == last:
        return offset
    ids = [_id_of(item) for item in rows]
    return ids.index(str(last)) + 1 if last in ids else min(offset, len(rows))


def _sealed(
    context: Context, rows: Sequence[Row] | Sequence[Wire], purpose: str, end: int, hop: int, began: Micros
) -> str:
    last = _id_of(rows[end - 1]) if end else None
    return "page_" + context.cursors.seal(purpose, end, last, hop, began)


def _id_of(item: Row | Wire) -> str | None:
    if isinstance(item, Row):
        return item.id
    found = item.get("id") or item.get("user_id")
    return found if isinstance(found, str) else None


def sparse_size(size: int, hop: int) -> int:
    """Some pages come half full, some empty, never the first."""
    if hop % 5 == 2:
        return max(1, size // 2)
    return 0 if hop % 5 == 4 else size


def _stepped_back(fault: Fault | None, start: int, size: int) -> int:
    """Faults that serve rows again: the whole page before, or some of its rows."""
    if fault is None or fault.kind not in ("duplicate_page", "overlapping_page"):
        return start
    back = size if fault.kind == "duplicate_page" else 1 + fault.dice // 13 % size
    return max(0, start - back)


# -------------------------------------------------------------------------------------------------- cursors


@dataclass(frozen=True, slots=True)
class Span(Generic[Item]):
    """A page of an ordered list in the order of the answer, and whether more follows in the walk's direction."""

    items: list[Item]
    more: bool


def walk(
    context: Context,
    rows: Sequence[Item],
    place_of: Callable[[Item], Place],
    *,
    limit: int | None,
    descending: bool = False,
    after: Place | None = None,
    before: Place | None = None,
    within: TimeRange = ANY_TIME,
    keep: Callable[[Item], bool] | None = None,
) -> Span[Item]:
    """Pages of rows that are sorted by `place_of`, ascending, in either order and from either side of a cursor."""
    low = 0 if within.start is None else bisect_left(rows, (within.start, ""), key=place_of)
    high = len(rows) if within.end is None else bisect_left(rows, (within.end, ""), key=place_of)
    upward = descending == (before is not None)
    cursor = after or before
    size = limit if limit is not None else max(1, len(rows))
    fault = context.fault
    back = 0 if cursor is None else _again(fault, size)
    if cursor is not None and upward:
        low = max(low, bisect_right(rows, cursor, key=place_of) - back)
    elif cursor is not None:
        high = min(high, bisect_left(rows, cursor, key=place_of) + back)
    if fault is not None and fault.kind == "empty_page" and low < high:
        return Span([], True)
    items, more = _collect(rows, low, high, size, upward, keep)
    if upward == descending:
        items.reverse()
    return Span(items, more)


def _again(fault: Fault | None, size: int) -> int:
    if fault is None or fault.kind not in ("duplicate_page", "overlapping_page"):
        return 0
    # A cursor walk that is given the whole page before ends where it began, and asks once more.
    return size if fault.kind == "duplicate_page" else 1 + fault.dice // 13 % size


def _collect(
    rows: Sequence[Item], low: int, high: int, size: int, upward: bool, keep: Callable[[Item], bool] | None
) -> tuple[list[Item], bool]:
    if keep is None:
        if upward:
            return list(rows[low : min(high, low + size)]), high - low > size
        return list(reversed(rows[max(low, high - size) : high])), high - low > size
    found: list[Item] = []
    indexes = range(low, high) if upward else range(high - 1, low - 1, -1)
    for index in indexes:
        item = rows[index]
        if keep(item):
            if len(found) == size:
                return found, True
            found.append(item)
    return found, False


def one_cursor(context: Context) -> None:
    """At most one of the two cursors. Raises `Problem`."""
    if context.query.one("after_id") and context.query.one("before_id"):
        raise Problem(400, "Only one of 'after_id' and 'before_id' may be given.")


MESSAGE_TOKEN_LIFE: Micros = DAY
"""Page tokens of local session messages."""
