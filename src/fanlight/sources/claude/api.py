"""The Compliance API as typed pages: addresses, limits, error words, the two paging families.

Facts: `reference/compliance-api.md` sections 1 to 8.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanlight.model import Clock, Micros, format_time, parse_time
from fanlight.sources.budget import SharedBudget
from fanlight.sources.contract import SourceError
from fanlight.sources.decoding import Trouble, decode_json
from fanlight.sources.http import (
    FIRST_WAIT,
    ErrorFacts,
    HttpRefusal,
    RateFacts,
    VendorClient,
    VendorManner,
    read_count,
    read_retry_after,
    user_agent,
)

__all__ = ["BASE", "ClaudeApi", "LoopGuard", "Page", "explain_refusal", "identified", "when"]

BASE = "/v1/compliance"
Record = dict[str, Any]
Parameters = Sequence[tuple[str, str | int]]

_SCOPE = re.compile(r"[a-z]+:[a-z_]+")
_WORDS = (
    ("Local sessions are not available", "local_sessions_off"),
    ("Try again later.", "try_later"),
    ("Unknown query parameter", "unknown_parameter"),
    ("cursor", "cursor"),
    ("activity_id format", "cursor"),
)


def read_error(_status: int, payload: object) -> ErrorFacts:
    """The vendor's codes, and our names of the few texts that matter. The text itself stays behind."""
    error = payload.get("error") if isinstance(payload, Mapping) else None
    if not isinstance(error, Mapping):
        return ErrorFacts()
    message = error.get("message")
    message = message if isinstance(message, str) else ""
    marks = {mark for words, mark in _WORDS if words in message}
    got, _, needed = message.partition("Needed")
    if "scope" in got:
        marks |= {f"got:{scope}" for scope in _SCOPE.findall(got)}
        marks |= {f"needed:{scope}" for scope in _SCOPE.findall(needed)}
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, Mapping) else None
    kind = error.get("type")
    return ErrorFacts(
        type=kind if isinstance(kind, str) and kind.isidentifier() else "",
        code=code if isinstance(code, str) and code.isidentifier() else "",
        marks=frozenset(marks),
    )


def read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    """Limit, remaining and reset of the shared budget of the parent organization."""
    return RateFacts(
        limit=read_count(headers.get("anthropic-ratelimit-requests-limit")),
        remaining=read_count(headers.get("anthropic-ratelimit-requests-remaining")),
        reset_at=when(headers.get("anthropic-ratelimit-requests-reset")),
        retry_after=read_retry_after(headers.get("retry-after"), now),
    )


def _is_final(_status: int, headers: Mapping[str, str], facts: ErrorFacts) -> bool:
    return headers.get("x-should-retry", "").lower() == "false" or "try_later" in facts.marks


MANNER = VendorManner(read_rate=read_rate, read_error=read_error, is_final=_is_final)


def when(text: object) -> Micros | None:
    """A time of the vendor; without zone it is UTC. None when absent or not readable."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return parse_time(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `next` is the cursor or token of the page after it, None on the last one."""

    items: list[Record]
    next: str | None
    last: str | None = None


class LoopGuard:
    """Stops a walk whose cursor does not move. A repeated page is normal now and then; four in a row are a loop."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._repeats = 0

    def step(self, before: str | None, after: str | None) -> None:
        """Note one page. Raises `SourceError` at the fourth page in a row that leads to where it began."""
        self._repeats = self._repeats + 1 if after is not None and after == before else 0
        if self._repeats > 3:
            raise SourceError(f"Claude gives the same page of {self._what} again and again.", kind="unreadable")


def _is_cursor_page(name: str) -> Callable[[Any], bool]:
    def right(value: Any) -> bool:
        items, more = value[name], value["has_more"]
        if not isinstance(items, list) or not isinstance(more, bool) or not all(type(item) is dict for item in items):
            return False
        if not more:
            return True
        # An empty page in the middle, or one that names no cursor, is asked for again with the old cursor.
        return bool(items) and isinstance(value.get("last_id"), str)

    return right


def _is_token_page(value: Any) -> bool:
    items, token = value["data"], value.get("next_page")
    if not isinstance(items, list) or not all(type(item) is dict for item in items):
        return False
    if token is not None and not isinstance(token, str):
        return False
    return not (value.get("has_more") is True and not token)


def is_record(value: Any) -> bool:
    """Whether an answer is one JSON object."""
    return isinstance(value, dict)


class ClaudeApi:
    """Reads the Compliance API. One rate budget for all endpoints of the parent organization."""

    def __init__(
        self,
        *,
        url: str,
        read_key: Callable[[], str],
        clock: Clock,
        budget: SharedBudget,
        agent_tag: str,
        key_tag: Callable[[str], str],
        patience_seconds: float,
        first_wait_seconds: float = FIRST_WAIT,
    ) -> None:
        self.clock = clock
        self._tag = agent_tag
        self._key_tag = key_tag
        self._read_key = read_key
        self.client = VendorClient(
            label="Claude",
            base_url=url,
            credentials=self._credentials,
            clock=clock,
            budget=budget,
            manner=MANNER,
            headers={"anthropic-version": "2023-06-01"},
            agent_tag=agent_tag,
            patience_seconds=patience_seconds,
            first_wait_seconds=first_wait_seconds,
        )

    def agent_of_key(self) -> str:
        """The user agent of requests with the key in use: no other key and no other installation makes it."""
        return self._agent_of(self._read_key())

    def is_own_agent(self, agent: object) -> bool:
        """Whether a user agent is this installation's, with whichever key."""
        own = self.client.agent
        return isinstance(agent, str) and (agent == own or agent.startswith(own[:-1] + "-"))

    def _agent_of(self, key: str) -> str:
        return user_agent(f"{self._tag}-{self._key_tag(key)}")

    def _credentials(self) -> dict[str, str]:
        key = self._read_key()
        return {"x-api-key": key, "user-agent": self._agent_of(key)}

    def record(
        self, path: str, params: Parameters = (), *, purpose: str, patience_seconds: float | None = None
    ) -> Record:
        """One object. Raises `HttpRefusal` (status 404 when gone)."""
        answer: Record = self.client.get_json(
            BASE + path, params, purpose=purpose, is_right=is_record, patience_seconds=patience_seconds
        )
        return answer

    def record_or_text(self, path: str, *, purpose: str, patience_seconds: float | None = None) -> Record:
        """A record with a text under `content`, or the text alone, which becomes one.

        The documentation knows both forms of an artifact. A body that is empty, or begins like JSON and is none, was
        probably cut, so it is asked for again; the same body twice is what the vendor has, and a text.
        """
        refused: set[bytes] = set()

        def decode(body: bytes, is_right: Callable[[Any], bool] | None) -> tuple[Any, Trouble | None]:
            value, trouble = decode_json(body, is_right)
            if trouble is None:
                return value, None
            digest = hashlib.sha256(body).digest()
            if body.lstrip()[:1] in (b"{", b"") and digest not in refused:
                refused.add(digest)
                return None, trouble
            return {"content": body.decode("utf-8", "replace")}, None

        answer: Record = self.client.get_json(
            BASE + path,
            purpose=purpose,
            is_right=lambda value: isinstance(value.get("content"), str),
            patience_seconds=patience_seconds,
            decode=decode,
        )
        return answer

    def cursor_page(
        self,
        path: str,
        params: Parameters,
        *,
        purpose: str,
        name: str = "data",
        patience_seconds: float | None = None,
    ) -> tuple[Page, Record]:
        """One page of the cursor family, and the whole answer (chats have fields beside the list)."""
        answer: Record = self.client.get_json(
            BASE + path, params, purpose=purpose, is_right=_is_cursor_page(name), patience_seconds=patience_seconds
        )
        last = answer.get("last_id")
        last = last if isinstance(last, str) and last else None
        return Page(answer[name], last if answer["has_more"] else None, last), answer

    def token_page(
        self,
        path: str,
        params: Parameters,
        *,
        purpose: str,
        patience_seconds: float | None = None,
        timeout_seconds: float | None = None,
    ) -> tuple[Page, Record]:
        """One page of the page-token family; sessions have no `has_more`, so the token decides."""
        answer: Record = self.client.get_json(
            BASE + path,
            params,
            purpose=purpose,
            is_right=_is_token_page,
            patience_seconds=patience_seconds,
            timeout_seconds=timeout_seconds,
        )
        token = answer.get("next_page") or None
        return Page(answer["data"], None if answer.get("has_more") is False else token), answer

    def all_items(self, path: str, params: Parameters = (), *, purpose: str, limit: int) -> Iterator[Record]:
        """Every item of a page-token list."""
        token: str | None = None
        guard = LoopGuard(path)
        while True:
            asked: list[tuple[str, str | int]] = [("limit", limit), *params]
            if token:
                asked.append(("page", token))
            page, _ = self.token_page(path, asked, purpose=purpose)
            yield from page.items
            if page.next is None:
                return
            guard.step(token, page.next)
            token = page.next

    def own_key(self, keys: Sequence[Record], *, purpose: str, patience_seconds: float | None = None) -> Record | None:
        """Our key among those listed: by the trace in the feed that only it leaves, else when only one is active.

        The newest trace of this installation is not enough: the feed lags, and it may be that of a key tried before.
        """
        params: list[tuple[str, str | int]] = [("limit", 100), ("activity_types[]", "compliance_api_accessed")]
        try:
            agent = self.agent_of_key()
            page, _ = self.cursor_page("/activities", params, purpose=purpose, patience_seconds=patience_seconds)
        except SourceError:
            agent, page = "", Page([], None)
        actors = [row["actor"] for row in page.items if isinstance(row.get("actor"), dict)]
        own = next((actor.get("api_key_id") for actor in actors if actor.get("user_agent") == agent), None)
        named = [key for key in keys if key.get("id") == own]
        if named:
            return named[0]
        active = [key for key in keys if key.get("is_active")]
        return active[0] if own is None and len(active) == 1 else None

    def close(self) -> None:
        """Close all connections."""
        self.client.close()


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words; `what` names the data that was asked for."""
    marks = refusal.facts.marks
    if refusal.status == 403:
        got = sorted(mark[4:] for mark in marks if mark.startswith("got:"))
        needed = sorted(mark[7:] for mark in marks if mark.startswith("needed:"))
        sentence = f"The key may not read {what}"
        if needed:
            sentence += f": it needs one of {', '.join(needed)}"
        if got:
            sentence += f" and has {', '.join(got)}"
        return SourceError(sentence + ".", kind="refused")
    if refusal.status == 404:
        return SourceError(
            f"Claude answers 404 for {what}: the key is missing, of the wrong kind (an Admin key of the Console opens "
            "the Activity Feed only), or the address is not its API.",
            kind="refused",
        )
    return refusal


def identified(records: Iterable[Record], *, name: str = "id") -> Iterator[Record]:
    """The records that have an id. One without cannot be told from another, whatever else it says."""
    return (record for record in records if isinstance(record.get(name), str) and record[name])


def bound_text(at: Micros) -> str:
    """A moment as the API's range filters take it."""
    return format_time(at)
