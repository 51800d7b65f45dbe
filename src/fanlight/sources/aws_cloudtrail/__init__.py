"""AWS CloudTrail: what people, roles and services did in the cloud, from the bucket that keeps the trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect", "map_record"]

KIND = "aws_cloudtrail"
SETTINGS = (
    Setting("url", "Address of the bucket: https://BUCKET.s3.REGION.amazonaws.com."),
    Setting("region", "Region of the bucket."),
    Setting("key_id", "Access key id."),
    Setting("key", "Secret access key.", secret=True),
    Setting("prefix", "What stands before AWSLogs/ in the bucket.", ""),
    Setting("days", "How many days of history to read at first.", "90"),
)


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.aws_cloudtrail.source import connect_aws

    return connect_aws(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one record."""
    from fanlight.sources.aws_cloudtrail.mapping import LOG

    return LOG.map_record(record, context)
