"""The labeller as the rest of Fanlight sees it: text or sealed parts in, labels and matches out."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from fanlight.labels.custom import About, CustomCategories
from fanlight.labels.encoded import LEFT_OUT, encoded_runs, spans_of_run, with_runs
from fanlight.labels.engine import Engine
from fanlight.labels.files import FileText, Readers
from fanlight.labels.recognizers import ruleset_hash
from fanlight.labels.taxonomy import taxonomy
from fanlight.labels.values import LabelError, LabelledObject, Span, TextLabels, band_of
from fanlight.model import Match, Micros, Reading, ReadingOutcome
from fanlight.sources.contract import ContentPart, ContentRef

__all__ = ["ENGINE_VERSION", "Labeller"]

ENGINE_VERSION = 2


class Labeller:
    """Labels texts and sealed objects of one tenant. Thread-safe; keeps no content.

    `tenant_key` keys the fingerprints of high-entropy secrets (HMAC); `cache` is a folder for the compiled patterns;
    `names=False` leaves the name model out. `custom` are the company's own categories.
    `close` ends the file workers; the labeller is also a context manager.
    """

    def __init__(
        self,
        tenant_key: bytes,
        *,
        cache: Path | None = None,
        exact_fallback: bool = False,
        workers: int = 1,
        names: bool = True,
        custom: CustomCategories | None = None,
    ) -> None:
        key = hashlib.blake2b(b"fanlight label fingerprints", key=tenant_key[:64], digest_size=32).digest()
        self._key, self._custom = key, custom
        self._engine = Engine(key, cache=cache, exact_fallback=exact_fallback, without=() if names else ("names",))
        self._readers = Readers(workers=workers)
        self.ruleset_version = f"{ruleset_hash()}-t{taxonomy().version}-e{ENGINE_VERSION}"
        if custom:
            self.ruleset_version += f"-c{custom.version}"

    def label_text(self, text: str, about: About | None = None) -> TextLabels:
        """Spans and categories of one text. Pure. Raises `LabelError`, which never quotes the text.

        `about` is what is known beside the words; custom categories may ask for it.
        """
        labels = self._with_encoded([text], [self._engine.label(text)])[0]
        if isinstance(labels, LabelError):
            raise labels from None
        if not self._custom:
            return labels
        return labels.with_spans(self._custom.spans(text, about or About(), self._key))

    def label_texts(self, texts: Sequence[str], abouts: Sequence[About] | None = None) -> list[TextLabels | LabelError]:
        """Label texts together: the same as one after the other, at a fraction of the cost where they are short.

        The place of a text that could not be finished holds the error, which never quotes the text.
        """
        found = self._with_encoded(texts, self._engine.label_many(texts))
        if not self._custom:
            return found
        for index, labels in enumerate(found):
            if isinstance(labels, TextLabels):
                about = abouts[index] if abouts else About()
                try:
                    found[index] = labels.with_spans(self._custom.spans(texts[index], about, self._key))
                except LabelError as error:
                    found[index] = error
        return found

    def _with_encoded(
        self, texts: Sequence[str], found: Sequence[TextLabels | LabelError]
    ) -> list[TextLabels | LabelError]:
        """With what stands in the texts in base64 or escapes; all of it is labelled together."""
        runs = list(encoded_runs(texts))
        whole = list(found)
        if not runs:
            return whole
        more: dict[int, list[Span]] = defaultdict(list)
        decoded = self._engine.label_many([run.decoded for _, run in runs], LEFT_OUT)
        for (index, run), labels in zip(runs, decoded, strict=True):
            known = whole[index]
            if isinstance(labels, TextLabels) and isinstance(known, TextLabels):
                more[index] += spans_of_run(run, labels, known.spans)
        for index, spans in more.items():
            known = whole[index]
            if isinstance(known, TextLabels):
                whole[index] = with_runs(known, spans)
        return whole

    def label_file(self, data: bytes, *, name: str = "", mime_type: str | None = None) -> tuple[TextLabels, FileText]:
        """Labels of one file's bytes, and how far it could be read (its text left out)."""
        text = self._readers.read(data, name=name, mime_type=mime_type)
        about = About(part_kind="file", name=name, mime_type=mime_type or "", size=len(data))
        labels = self.label_text(text.text, about)
        return labels, text.without_text()

    def read_parts(
        self, ref: ContentRef, parts: Iterable[ContentPart], *, tenant: str, source: str, now: Micros, full: bool = True
    ) -> LabelledObject:
        """Open, label and drop the sealed parts of one object.

        What cannot be read becomes a reason in the reading, never an exception and never "clean". Exceptions of the
        iterable itself (a source that failed) pass through.
        """
        tally = _Tally()
        matches: list[Match] = []
        for batch in _batches(parts):
            for part, spans, more in self._open(ref, batch, tally):
                matches += self._matches(ref, part, spans, more, tenant=tenant, source=source, now=now)
        reading = Reading(
            tenant=tenant, source=source, object_kind=ref.kind, object_id=ref.object_id, outcome=tally.outcome(),
            reason="; ".join(dict.fromkeys(tally.reasons)), parts=tally.parts, messages=tally.messages,
            characters=tally.characters, content_from=min(tally.times, default=None),
            content_to=max(tally.times, default=None), full=full, read_at=now, ruleset=self.ruleset_version,
        )  # fmt: skip
        return LabelledObject(matches=tuple(matches), reading=reading)

    def close(self) -> None:
        """End the file workers."""
        self._readers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _matches(
        self, ref: ContentRef, part: ContentPart, spans: list[Span], more: Counter[str], *, tenant: str, source: str,
        now: Micros,
    ) -> Iterator[Match]:  # fmt: skip
        at = part.at if part.at is not None else ref.at
        for best, count in _by_type(spans, more):
            yield Match(
                tenant=tenant, source=source, object_kind=ref.kind, object_id=ref.object_id, part_id=part.part_id,
                part_kind=part.part_kind, role=part.role or ref.role, at=at, category=best.category, type=best.type,
                count=count, confidence=best.confidence, band=band_of(best.confidence), recognizer=best.recognizer,
                recognizer_version=best.version, evidence=best.evidence, keyword=best.keyword, flags=best.flags,
                fingerprint=best.fingerprint, chat_id=ref.chat_id, project_id=ref.project_id,
                owner_account=ref.owner_account, organization_id=ref.organization_id, read_at=now,
                ruleset=self.ruleset_version,
            )  # fmt: skip

    def _open(
        self, ref: ContentRef, batch: list[ContentPart], tally: _Tally
    ) -> Iterator[tuple[ContentPart, list[Span], Counter[str]]]:
        """Labels of some parts. Their content exists only inside this call."""
        texts: list[str] = []
        abouts: list[About] = []
        opened: list[tuple[ContentPart, int, FileText | None]] = []
        for part in batch:
            tally.take(part)
            begin = len(texts)
            file = self._read(part, _about(ref, part), texts, abouts)
            if file is None:
                del texts[begin:], abouts[begin:]
            opened.append((part, begin, file))
        labelled = self.label_texts(texts, abouts)
        del texts, abouts
        stops = [begin for _, begin, _ in opened[1:]] + [len(labelled)]
        for (part, begin, file), stop in zip(opened, stops, strict=True):
            answers = labelled[begin:stop]
            labels = [answer for answer in answers if isinstance(answer, TextLabels)]
            if file is None or len(labels) < len(answers):
                tally.fail("the labeller could not finish a part")
                continue
            tally.read(file)
            more = sum((Counter(found.more) for found in labels), Counter[str]())
            yield part, [span for found in labels for span in _spans_of(found)], more

    def _read(self, part: ContentPart, about: About, texts: list[str], abouts: list[About]) -> FileText | None:
        """Put the texts of one part to those of its batch; what is returned holds none. None when it failed."""
        name = ""
        if part.file_name is not None and not part.file_name.dropped:
            with part.file_name.opened() as name:
                texts.append(name)
                abouts.append(replace(about, part_kind="name"))
        with part.sealed.opened() as content:
            if isinstance(content, bytes):
                try:
                    file = self._readers.read(content, name=name, mime_type=part.mime_type)
                except Exception:  # noqa: BLE001 - whatever failed, its message may quote content
                    return None
            else:
                file = FileText(text=content)
        texts.append(file.text)
        abouts.append(replace(about, name=name))
        return file.without_text()


_BATCH = 128
"""Most parts that are labelled together."""
_BATCH_LENGTH = 200_000
"""Characters, or bytes of files, after which a batch is full."""


def _batches(parts: Iterable[ContentPart]) -> Iterator[list[ContentPart]]:
    """Parts in groups that are labelled together, in order."""
    batch: list[ContentPart] = []
    length = 0
    for part in parts:
        batch.append(part)
        length += part.sealed.length
        if len(batch) >= _BATCH or length >= _BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _about(ref: ContentRef, part: ContentPart) -> About:
    return About(
        kind=ref.kind, part_kind=part.part_kind, role=part.role or ref.role, project_id=ref.project_id,
        owner=ref.owner_account, mime_type=part.mime_type or "", size=part.sealed.length,
    )  # fmt: skip


def _spans_of(labels: TextLabels) -> list[Span]:
    return [*labels.spans, *labels.document]


def _by_type(spans: Iterable[Span], more: Counter[str]) -> Iterator[tuple[Span, int]]:
    """The most certain span of each type, with how many there are. Secrets stay apart by fingerprint.

    `more` are finds beyond those listed; what they are the fingerprint of is not known.
    """
    groups: dict[tuple[str, str, str | None], list[Span]] = defaultdict(list)
    for span in spans:
        groups[span.category, span.type, span.fingerprint].append(span)
    unlisted = dict(more)
    for (_, type_name, fingerprint), same in groups.items():
        best = max(same, key=lambda span: span.confidence)
        further = unlisted.pop(type_name, 0)
        if further and fingerprint is not None:
            yield best._replace(fingerprint=None), further
            further = 0
        yield best, len(same) + further


@dataclass(slots=True)
class _Tally:
    """What one reading adds up to."""

    parts: int = 0
    messages: int = 0
    characters: int = 0
    unread: int = 0
    truncated: int = 0
    times: list[Micros] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def take(self, part: ContentPart) -> None:
        self.parts += 1
        self.messages += part.part_kind == "message"
        if part.at is not None:
            self.times.append(part.at)
        if part.notice:
            self.reasons.append(part.notice)
            self.truncated += 1
        if part.truncated:
            self.reasons.append("a part was cut by the source")
            self.truncated += 1

    def read(self, file: FileText) -> None:
        self.characters += file.characters
        if file.reason:
            self.reasons.append(file.reason)
            if file.unreadable:
                self.unread += 1
            else:
                self.truncated += 1

    def fail(self, reason: str) -> None:
        self.unread += 1
        self.reasons.append(reason)

    def outcome(self) -> ReadingOutcome:
        if self.parts and self.unread == self.parts:
            return "could_not_read"
        return "partly_read" if self.unread or self.truncated else "read"
