"""What is special about AWS."""

from __future__ import annotations

import gzip
import json

import pytest

from fanlight.model import HOUR
from fanlight.sources.bucket import _decode_file, _decode_list
from fanlight.sources.registry import find_kind
from fanlight.sources.signature import sign_get
from support.pull_fixtures import Vendors
from support.source_fixtures import JumpingClock, Store, collect, stream_of


def test_a_signature_has_the_form_and_scope_that_the_vendor_documents() -> None:
    """Whether it is right is checked by the simulated bucket, which works it out by itself from what arrives."""
    headers = sign_get(
        "https://trail.s3.eu-central-1.amazonaws.com/?list-type=2&prefix=AWSLogs%2F",
        key_id="AKIAEXAMPLE",
        read_secret=lambda: "secret",
        region="eu-central-1",
        clock=JumpingClock(),
    )
    assert headers["x-amz-date"] == "20261120T090000Z"
    assert (
        "AKIAEXAMPLE/20261120/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date"
        in (headers["authorization"])
    )
    assert "secret" not in str(headers)


@pytest.mark.parametrize("options", [{"key": "literal:wrong"}, {"key_id": "AKIAOTHER"}, {"region": "us-west-2"}])
def test_another_key_opens_nothing_and_another_region_signs_for_another_place(
    vendors: Vendors, options: dict[str, str]
) -> None:
    report = vendors.connect("aws_cloudtrail", **options).check()
    assert report.works is ("region" in options)


def test_days_bound_the_first_reading(vendors: Vendors) -> None:
    few, many = Store(), Store()
    collect(stream_of(vendors.connect("aws_cloudtrail", days="2").event_streams(), "trail"), few)
    collect(stream_of(vendors.connect("aws_cloudtrail", days="5").event_streams(), "trail"), many)
    assert few.rows
    assert set(few.rows) < set(many.rows)
    assert min(row.occurred_at for row in few.rows.values()) > vendors.clock.now() - 54 * HOUR


def test_the_person_of_a_single_sign_on_session_is_its_session_name(vendors: Vendors) -> None:
    store = Store()
    collect(stream_of(vendors.connect("aws_cloudtrail", days="2").event_streams(), "trail"), store)
    event = next(iter(store.rows.values()))
    assert event.actor_email
    assert ":" not in event.actor_email
    assert event.ip


def test_a_cut_file_and_a_cut_list_are_noticed() -> None:
    whole = gzip.compress(json.dumps({"Records": [{"eventID": "e1"}]}).encode())
    assert _decode_file(whole, None) == ([{"eventID": "e1"}], None)
    assert all(_decode_file(whole[:length], None)[1] for length in range(len(whole)))
    listed = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key></Contents></ListBucketResult>"
    )
    found, trouble = _decode_list(listed, None)
    assert ([file.key for file in found.files], found.cut, trouble) == (["a&b"], True, None)
    assert _decode_list(listed[:-1], None)[1] == "cut short"


def test_digests_beside_the_records_are_left_out_and_the_kind_is_complete() -> None:
    kind = find_kind("aws_cloudtrail")
    assert {setting.name for setting in kind.settings if setting.secret} == {"key"}
    assert kind.connector is not None
