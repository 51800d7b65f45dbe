"""Reading content: from the socket straight into the labeller; only labels, counts and masks are kept."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fanlight.labels import Labeller
from fanlight.model import SECOND, Match, Micros, ObjectVersion, Reading
from fanlight.pipeline.heads import Listing, compare_objects
from fanlight.pipeline.home import Home
from fanlight.pipeline.queue import Queued, enqueue, finish, next_refs, postpone
from fanlight.sources.contract import ContentGone, ContentLater, ContentPart, ContentRef, Source, SourceError
from fanlight.state import Lease

__all__ = ["LabelledCounts", "read_queue"]

_BATCH = 256
_COMMIT_EVERY: Micros = SECOND
_COMMIT_AT = 128

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class LabelledCounts:
    """What one pass over the queue did."""

    read: int = 0
    gone: int = 0
    failed: int = 0
    postponed: int = 0
    """Put off at the end of the pass."""
    matches: int = 0

    def add(self, other: LabelledCounts) -> None:
        """Take in a further pass; only what it put off is still put off."""
        self.read += other.read
        self.gone += other.gone
        self.failed += other.failed
        self.matches += other.matches
        self.postponed = other.postponed


@dataclass(slots=True)
class _Result:
    """One reading's outcome on its way to a commit. Holds no content."""

    queued: Queued
    state: str
    reason: str = ""
    retry_in: float | None = None
    matches: tuple[Match, ...] = ()
    reading: Reading | None = None
    refs: list[ContentRef] = field(default_factory=list)
    objects: list[ObjectVersion] = field(default_factory=list)


def read_queue(
    home: Home,
    lease: Lease,
    source: Source,
    labeller: Labeller,
    *,
    workers: int,
    due_before: Micros | None,
    stop: Callable[[], bool],
    say: Progress,
) -> LabelledCounts:
    """Read what is queued until nothing is left or `stop` says so; commits about once a second.

    Worker threads share the source (its client and request budget are made for that) and the labeller.
    A `SourceError` that stops the source (bad credential, unreachable) is raised after what was read before it
    is committed.
    """
    counts = LabelledCounts()
    tasks: queues.Queue[Queued | None] = queues.Queue()
    results: queues.Queue[_Result | SourceError] = queues.Queue()
    threads = [
        threading.Thread(
            target=_work,
            args=(home, source, labeller, tasks, results),
            daemon=True,
            name=f"label-{n}",
        )
        for n in range(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        asked: set[tuple[str, str, int]] = set()
        while True:
            batch = [
                queued
                for queued in next_refs(home.state, source.name, _BATCH, due_before)
                if (queued.ref.kind, queued.ref.key, queued.version) not in asked
            ]
            if not batch or stop():
                return counts
            for queued in batch:
                # One try a pass: what is postponed here is taken up again by the next pass.
                asked.add((queued.ref.kind, queued.ref.key, queued.version))
                tasks.put(queued)
            _gather(home, lease, source.name, len(batch), results, counts, say)
    finally:
        for _ in threads:
            tasks.put(None)
        for thread in threads:
            thread.join(timeout=60)


def _gather(
    home: Home,
    lease: Lease,
    source: str,
    expected: int,
    results: queues.Queue[_Result | SourceError],
    counts: LabelledCounts,
    say: Progress,
) -> None:
    waiting: list[_Result] = []
    stopped: SourceError | None = None
    last = home.clock.now()
    for _ in range(expected):
        result = results.get()
        if isinstance(result, SourceError):
            stopped = stopped or result
            continue
        waiting.append(result)
        if len(waiting) >= _COMMIT_AT or home.clock.now() - last >= _COMMIT_EVERY:
            _commit(home, lease, source, waiting, counts)
            say("content", counts.read)
            waiting, last = [], home.clock.now()
    _commit(home, lease, source, waiting, counts)
    say("content", counts.read)
    if stopped is not None:
        raise stopped


def _commit(home: Home, lease: Lease, source: str, results: list[_Result], counts: LabelledCounts) -> None:
    if not results:
        return
    now = home.clock.now()
    found = [version for result in results for version in result.objects]
    objects = compare_objects(home.state, [Listing(f"{source}/content", found, complete=False)], now)
    facts: list[Match | Reading | ObjectVersion] = [*objects.rows]
    for result in results:
        facts.extend(result.matches)
        if result.reading is not None:
            facts.append(result.reading)
    segments = home.lake.stage(facts)
    with home.state.tick(lease) as tick:
        objects.commit(tick)
        tick.add_segments(segments)
        for result in results:
            if result.retry_in is not None:
                postpone(tick, source, result.queued, result.retry_in, result.reason, broken=result.state == "broken")
                counts.postponed += 1
                continue
            enqueue(tick, source, result.refs)
            read_to = result.reading.content_to if result.reading is not None else None
            finish(tick, source, result.queued, result.state, result.reason, read_to)
            counts.matches += len(result.matches)
            if result.state == "gone":
                counts.gone += 1
            elif result.state == "failed":
                counts.failed += 1
            else:
                counts.read += 1


def _work(
    home: Home,
    source: Source,
    labeller: Labeller,
    tasks: queues.Queue[Queued | None],
    results: queues.Queue[_Result | SourceError],
) -> None:
    stopped: SourceError | None = None
    while (queued := tasks.get()) is not None:
        if stopped is not None:
            results.put(stopped)  # the source said no; asking again for each waiting thing would only repeat it
            continue
        try:
            results.put(_read_one(home, source, labeller, queued))
        except SourceError as problem:
            stopped = problem
            results.put(problem)
        except Exception as problem:  # noqa: BLE001 - its text may quote content, so only its kind is kept
            results.put(_Result(queued, "broken", f"could not be read ({type(problem).__name__})", retry_in=60.0))


def _read_one(home: Home, source: Source, labeller: Labeller, queued: Queued) -> _Result:
    result = _Result(queued, "read")

    def parts() -> Iterator[ContentPart]:
        for item in source.read_content(queued.ref, queued.read_to):
            if isinstance(item, ContentPart):
                yield item
            elif isinstance(item, ContentRef):
                result.refs.append(item)
            else:
                result.objects.append(item)

    try:
        labelled = labeller.read_parts(
            queued.ref,
            parts(),
            tenant=home.tenant,
            source=source.name,
            now=home.clock.now(),
            full=queued.read_to is None and queued.ref.version_id is None,
        )
    except ContentGone:
        result.state, result.reason = "gone", "no longer there"
        result.reading = _outcome(home, source.name, queued, "gone", "it no longer exists; earlier labels stay")
        return result
    except ContentLater as later:
        result.retry_in, result.reason = later.seconds, "not readable yet"
        return result
    result.matches, result.reading = labelled.matches, labelled.reading
    if labelled.reading.outcome == "could_not_read":
        result.state, result.reason = "failed", labelled.reading.reason
    return result


def _outcome(home: Home, source: str, queued: Queued, outcome: str, reason: str) -> Reading:
    return Reading(
        tenant=home.tenant,
        source=source,
        object_kind=queued.ref.kind,
        object_id=queued.ref.object_id,
        outcome="gone" if outcome == "gone" else "could_not_read",
        reason=reason,
        full=False,
        read_at=home.clock.now(),
    )
