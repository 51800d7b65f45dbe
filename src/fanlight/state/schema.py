"""Tables of the control database. Small and transactional; facts live in the lake.

Every table starts with `tenant`; every query goes through `State`, which adds it. A changed table needs a
migration in `migrations/versions`, and `tests/state/test_schema.py` holds that both agree.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

__all__ = ["metadata"]

metadata = MetaData()

segments = Table(
    "segments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("fact", String, nullable=False),
    Column("day", String, nullable=False),
    Column("path", String, nullable=False, unique=True),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("min_at", BigInteger, nullable=False),
    Column("max_at", BigInteger, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Index("segments_live", "tenant", "removed_at", "fact", "day"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("tenant", String, nullable=False),
    Column("source", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("cursor", Text),
    Column("pages", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("caught_up_at", BigInteger),
    Column("newest_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "source", "stream"),
)

leases = Table(
    "leases",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

event_keys = Table(
    "event_keys",
    metadata,
    Column("tenant", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("day", String, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
    Index("event_keys_day", "tenant", "day"),
    sqlite_with_rowid=False,
)

object_heads = Table(
    "object_heads",
    metadata,
    Column("tenant", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("scope", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
    Index("object_heads_scope", "tenant", "scope"),
    sqlite_with_rowid=False,
)

grant_heads = Table(
    "grant_heads",
    metadata,
    Column("tenant", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("scope", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
    Index("grant_heads_scope", "tenant", "scope"),
    sqlite_with_rowid=False,
)

content_queue = Table(
    "content_queue",
    metadata,
    Column("tenant", String, nullable=False),
    Column("source", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("ref", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("read_to", BigInteger),
    Column("read_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "source", "kind", "object_id"),
    Index("content_queue_next", "tenant", "source", "state", "weight"),
)

findings = Table(
    "findings",
    metadata,
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("identity_id", String),
    Column("body", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("verdict", String),
    Column("assignee", String),
    Column("snoozed_until", BigInteger),
    Column("exception_id", String),
    Column("superseded_by", String),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
    Index("findings_queue", "tenant", "status", "at"),
)

finding_notes = Table(
    "finding_notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("finding_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", String, nullable=False),
    Column("text", Text, nullable=False),
    Index("finding_notes_of", "tenant", "finding_id"),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("identity_id", String),
    Column("dimension", String),
    Column("value", String),
    Column("reason", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    PrimaryKeyConstraint("tenant", "id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False),
    Column("detail", Text, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("options", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("connected_at", BigInteger),
    Column("first_sync_at", BigInteger),
    Column("requests", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("source", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Index("notices_of", "tenant", "source", "at"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("last_four", String, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

settings = Table(
    "settings",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("tenant", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("user", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("tenant", "digest"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("tenant", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("user", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "digest"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("tenant", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "digest"),
)

facts = Table(
    "facts",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)
"""Small single values of the installation: when it was connected, whether its data is simulated, last judging."""

custom_categories = Table(
    "custom_categories",
    metadata,
    Column("tenant", String, nullable=False),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("label", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("samples", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("hidden_to", Integer, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)
"""What sensitive means at this company. `samples` holds keyed hashes, never the samples; matches of versions up to
`hidden_to` no longer count."""

label_feedback = Table(
    "label_feedback",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("object_kind", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("part_id", String, nullable=False),
    Column("part_kind", String, nullable=False),
    Column("written_at", BigInteger),
    Column("category", String, nullable=False),
    Column("type", String, nullable=False),
    Column("recognizer", String, nullable=False),
    Column("recognizer_version", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("evidence", String, nullable=False),
    Column("fingerprint", String),
    Index("label_feedback_of", "tenant", "object_kind", "object_id"),
)
"""What people said of a match: confirmed or dismissed. The newest row of a match counts."""

rulesets = Table(
    "rulesets",
    metadata,
    Column("tenant", String, nullable=False),
    Column("version", String, nullable=False),
    Column("recognizers", Text, nullable=False),
    Column("first_used_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "version"),
)
"""Which version of which recognizer each ruleset held, so that a later one knows what is new to an object."""
