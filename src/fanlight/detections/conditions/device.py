"""The device behind an event: the one of the person's session at the identity provider, by address and time."""

from __future__ import annotations

from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.evidence import source_name
from fanlight.detections.outcome import NO, BehaviorProblem, Condition, Outcome, Reading, Subject, nothing_left
from fanlight.model import Why

__all__ = ["NAME", "make"]

NAME = "device"

_ORDER = ("low", "medium", "high")


def make(body: dict[str, Any], reading: Reading) -> Condition:
    reading.without_habits += 1
    managed = body.pop("managed", False)
    sure = str(body.pop("confidence", "medium"))
    nothing_left(NAME, body)
    if not isinstance(managed, bool) or sure not in _ORDER:
        raise BehaviorProblem("'device' needs 'managed: true' or 'false', and 'confidence: low', 'medium' or 'high'.")

    def judge(subject: Subject, context: Context) -> Outcome:
        guess = context.devices.behind(subject.event)
        # Where neither a provider nor an inventory says whether a device is managed, it is unknown, not unmanaged.
        if guess is None or guess.managed is not managed or _ORDER.index(guess.confidence) < _ORDER.index(sure):
            return NO
        session = [
            one
            for one in context.around(subject.person.id, guess.at, guess.at)
            if one.event_id == guess.event_id and one.product == guess.source
        ]
        word = "managed" if managed else "not managed"
        named = f"{guess.name} ({guess.device_id})" if guess.name else guess.device_id
        by_provider = guess.standing_why.startswith(f"{guess.source} calls")
        told = f"by {source_name(guess.source)}" if by_provider else guess.standing_why
        why = Why(
            fact="device",
            observed=f"{named}: {word}, {told}",
            usual=f"{guess.why}; confidence {guess.confidence}",
        )
        clause = f"the device of that session is {word}: {told} (confidence {guess.confidence})"
        if by_provider:
            clause = (
                f"{source_name(guess.source)} calls the device of that session {word} (confidence {guess.confidence})"
            )
        return Outcome(True, (why,), 0.0, clause, beside=tuple(session))

    return judge
