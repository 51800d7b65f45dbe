"""The public OCSF schema 1.8.0 as a judge: closed to unknown keys, compiled once a class and set of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

VERSION = "1.8.0"


@cache
def schema() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))


def class_as_published(class_uid: int) -> Mapping[str, Any]:
    """The schema's own words about a class."""
    published = get_ocsf_schema(version=VERSION)
    return next(entry for entry in published["classes"].values() if entry["uid"] == class_uid)


@cache
def _validator(class_uid: int, profiles: tuple[str, ...]) -> Any:
    name = schema().lookup_class_name_from_uid(class_uid)
    return jsonschema_rs.validator_for(schema().get_class_schema(name, list(profiles)))


def faults(document: Mapping[str, Any]) -> list[str]:
    """What the schema has against a document, as `path: reason`; nothing when it is valid."""
    found = _validator(document["class_uid"], tuple(document["metadata"].get("profiles", ()))).iter_errors(document)
    return [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in found]
