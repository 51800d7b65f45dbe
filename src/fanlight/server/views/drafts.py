"""Adding a source in the browser: a pasted key is tried in memory, and stored (encrypted) only when it is started."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from fanlight.model import MINUTE, Micros
from fanlight.pipeline.connections import ConnectionProblem, add_connection, check_address, list_connections
from fanlight.pipeline.home import Home
from fanlight.server import schema as s
from fanlight.server.ports import NotAccepted
from fanlight.server.views.sources import form_of
from fanlight.sources.contract import SourceContext, SourceError, SourceReport
from fanlight.sources.registry import find_kind

__all__ = ["Drafts"]

DRAFT_LIFE: Micros = 10 * MINUTE
_MOST_DRAFTS = 8
_PREFIXES = ("sk-ant-api01-", "sk-ant-admin01-", "sk-ant-", "00")


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: str
    name: str
    plain: Mapping[str, str]
    secret: Mapping[str, str]
    works: bool
    replace: bool
    expires_at: Micros

    def __repr__(self) -> str:
        return f"_Draft({self.kind}, {self.name})"


class Drafts:
    """Tested settings that wait for `Start collecting`. In memory only."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kept: dict[str, _Draft] = {}
        self._lock = threading.Lock()

    def test(self, request: s.AddSourceRequest) -> s.TestedSource:
        """Try the key. Raises `NotAccepted` for settings that cannot be tried."""
        form = form_of(request.kind)
        known = {field.name: field for field in form.fields}
        unknown = sorted(set(request.options) - set(known))
        if unknown:
            raise NotAccepted(f"{form.title} has no setting named {', '.join(unknown)}.")
        typed = {k: v.get_secret_value().strip() for k, v in request.options.items() if v}
        values = {**form.defaults, **self._kept_settings(request, known), **typed}
        missing = [field.label for field in form.fields if field.required and not values.get(field.name)]
        if missing:
            raise NotAccepted(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} needed.")
        plain = {name: value for name, value in values.items() if value and not known[name].secret}
        secret = {name: value for name, value in values.items() if value and known[name].secret}
        if not request.replace:
            self._refuse_taken(request.name)
        report = self._report(request, plain, secret)
        handle = secrets.token_urlsafe(16)
        with self._lock:
            now = self._home.clock.now()
            live = {key: draft for key, draft in self._kept.items() if draft.expires_at > now}
            self._kept = dict(list(live.items())[-_MOST_DRAFTS:])
            if request.replace:
                plain = {name: value for name, value in plain.items() if name in typed}
            self._kept[handle] = _Draft(
                request.kind, request.name, plain, secret, report.works, request.replace, now + DRAFT_LIFE
            )
        return _tested(handle, request.kind, form.title, secret, report)

    def _report(self, request: s.AddSourceRequest, plain: Mapping[str, str], secret: Mapping[str, str]) -> SourceReport:
        try:
            check_address(plain.get("url", ""))
            context = SourceContext(
                tenant=self._home.tenant,
                name=request.name,
                clock=self._home.clock,
                content_key=self._home.vault.tenant_key("content"),
                read_secret=lambda reference: secret[reference.removeprefix("draft:")],
                options={**plain, **{name: f"draft:{name}" for name in secret}},
                known_collector_ips=self._home.settings.known_collector_ips,
            )
            source = find_kind(request.kind).connect(context)
        except (ConnectionProblem, SourceError) as problem:
            raise NotAccepted(str(problem)) from None
        try:
            return source.check()
        except SourceError as problem:
            return SourceReport(reachable=problem.kind != "unreachable", works=False, headline=str(problem))
        finally:
            source.close()

    def start(self, handle: str) -> str:
        """Store the settings and seal the keys; the collector finds them at its next look. Returns the name."""
        with self._lock:
            draft = self._kept.get(handle)
            if draft is None or draft.expires_at <= self._home.clock.now():
                raise NotAccepted("This test is older than ten minutes; paste the key again.")
            if not draft.works:
                raise NotAccepted("This key did not work, so nothing would be collected; paste another.")
            if not draft.replace:
                self._refuse_taken(draft.name)  # before its key is sealed over the one that is there
            del self._kept[handle]
        # The main key is sealed under the source's own name, so that removing the source forgets it.
        main = next((name for name in ("key", "token") if name in draft.secret), None)
        references = {
            name: self._home.vault.seal(draft.name if name == main else f"{draft.name}.{name}", value)
            for name, value in draft.secret.items()
        }
        try:
            add_connection(self._home, draft.kind, draft.name, {**draft.plain, **references}, replace=draft.replace)
        except (ConnectionProblem, SourceError) as problem:
            raise NotAccepted(str(problem)) from None
        return draft.name

    def _refuse_taken(self, name: str) -> None:
        there = next((each for each in list_connections(self._home) if each.name == name), None)
        if there is not None:
            raise NotAccepted(
                f"There is already a source named {name} and nothing was changed: give this one another name, or give "
                "that one a new key by saying so below its name."
            )

    def _kept_settings(self, request: s.AddSourceRequest, known: Mapping[str, s.KeyField]) -> dict[str, str]:
        """What a source whose key is replaced was told before, keys apart. Raises `NotAccepted`."""
        there = next((each for each in list_connections(self._home) if each.name == request.name), None)
        if not request.replace or there is None:
            return {}
        if there.kind != request.kind:
            raise NotAccepted(f"The source named {request.name} is of another kind; nothing was changed.")
        return {name: value for name, value in there.options.items() if name in known and not known[name].secret}


def _tested(handle: str, kind: str, title: str, secret: Mapping[str, str], report: SourceReport) -> s.TestedSource:
    known = form_of(kind).scopes
    scopes = [_scope(sentence, "found", known) for sentence in report.scopes_found]
    scopes += [_scope(sentence, "missing", known) for sentence in report.scopes_missing]
    return s.TestedSource(
        draft=handle,
        kind=kind,
        title=title,
        key_shape=" and ".join(_shape(value) for value in secret.values()),
        works=report.works,
        headline=report.headline,
        owner=report.owner,
        scopes=scopes,
        collected=[_upper(line) for line in report.collected],
        not_collected=[_upper(line) for line in report.not_collected],
        warnings=list(report.warnings),
        how_to=[] if report.works else list(report.how_to),
        estimate=report.estimate,
    )


def _upper(line: str) -> str:
    return line[:1].upper() + line[1:]


def _scope(sentence: str, state: str, known: Mapping[str, str]) -> s.ScopeRow:
    """`read:org_audit: who did what` into the scope and what it gives; a bare name is explained from the form."""
    words = sentence.strip()
    for mark in (" – ", " - ", ": ", ", ", " ("):
        name, found, gives = words.partition(mark)
        if found and " " not in name:
            return s.ScopeRow(name=name, state=_state(name, state), gives=gives.rstrip(")"))
    gives = known.get(words, "")
    missing = f"not on this key, so not seen: {gives}" if gives and state == "missing" else gives
    return s.ScopeRow(name=words, state=_state(words, state), gives=missing)


def _state(name: str, state: str) -> s.ScopeState:
    if name.startswith("delete:"):
        return "too_much"
    return "found" if state == "found" else "missing"


def _shape(key: str) -> str:
    """Public prefix and length: enough to see that the whole key was copied, useless to anybody else."""
    prefix = next((each for each in _PREFIXES if key.startswith(each)), "")
    return f"{prefix}•••••••••, {len(key)} characters"
