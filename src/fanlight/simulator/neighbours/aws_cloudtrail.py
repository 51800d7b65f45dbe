"""A bucket with the company's CloudTrail: gzip files by account, region and day, listed as object storage lists them.

Developers who use the Console's API work in the cloud too: from the address of their Claude work they assume a role by
single sign-on, read and change things, and now and then invoke a model there. Every request's signature is checked.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

import orjson

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.neighbours.site import Call, Entry, NeighbourSite, Refused, lateness, people_of
from fanlight.simulator.records import Person
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Activity, Wire, World

__all__ = ["KIND", "Site"]

KIND = "aws_cloudtrail"
_ACCOUNTS = ("111122223333", "444455556666")
_REGIONS = ("eu-central-1", "us-east-1")
_KEPT = 90 * DAY
"""The bucket keeps everything; so much of it a connector reads at first."""
_FILE: Micros = 5 * MINUTE
_CALLS = (
    ("sts.amazonaws.com", "AssumeRoleWithSAML", False), ("s3.amazonaws.com", "ListBuckets", True),
    ("s3.amazonaws.com", "GetObject", True), ("ec2.amazonaws.com", "DescribeInstances", True),
    ("iam.amazonaws.com", "CreateAccessKey", False), ("bedrock.amazonaws.com", "InvokeModel", True),
)  # fmt: skip


class Site(NeighbourSite):
    """Answers `GET /?list-type=2` and `GET /<key>` with XML and gzip, for requests signed with one key."""

    kind = KIND
    streams = {"trail": "trail"}  # noqa: RUF012
    kept = _KEPT

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self._key_id = "AKIA" + stable_bytes("aws id", world.seed, size=8).hex().upper()
        self._secret = stable_bytes("aws secret", world.seed, size=20).hex()
        self._files: tuple[int, dict[str, list[Entry]]] = (-1, {})
        self._put: dict[str, tuple[bytes, Micros]] = {}

    def put(self, key: str, body: bytes) -> None:
        """Store a file of somebody else's in the bucket, now."""
        self._put[key] = (body, self.world.now)

    def settings(self, base: str) -> Mapping[str, str]:
        """The bucket's address and an access key that lists and reads it."""
        return {"url": base, "region": "eu-central-1", "key_id": self._key_id, "key": self._secret}

    def error_body(self, status: int, code: str) -> bytes:
        """`<Error><Code>`."""
        words = {401: "AccessDenied", 403: "SignatureDoesNotMatch", 404: "NoSuchKey", 429: "SlowDown"}
        return f"<Error><Code>{words.get(status, 'InternalError')}</Code><Message>{code}</Message></Error>".encode()

    def authenticate(self, request: Request) -> str:
        """Signature version 4, worked out here from what arrived."""
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/s3/aws4_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            request.headers.get("authorization", ""),
        )
        stamp = request.headers.get("x-amz-date", "")
        if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or found[1] != self._key_id:
            raise Refused(403, "signature")
        query = sorted(parse_qsl(request.query, keep_blank_values=True))
        canonical = "\n".join(
            (
                request.method,
                quote(unquote(request.path), safe="/-_.~"),
                "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query),
                *(f"{name}:{request.headers.get(name, '')}" for name in found[4].split(";")),
                "",
                found[4],
                request.headers.get("x-amz-content-sha256", ""),
            )
        )
        scope = f"{found[2]}/{found[3]}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self._secret.encode()
        for part in (found[2], found[3], "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), found[5]):
            raise Refused(403, "signature")
        return f"{KIND} key"

    def _handle(self, request: Request) -> tuple[str, Answer]:
        if request.method != "GET":
            raise Refused(405, "method")
        if request.path == "/":
            return f"{KIND} list", self._disturbed(request, self._list)
        return f"{KIND} object", self._disturbed(request, self._object)

    def _list(self, call: Call) -> Answer:
        call.only("list-type", "prefix", "delimiter", "start-after", "continuation-token", "max-keys")
        limit = call.limit("max-keys", 1000, 1000)
        prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
        after = call.query.get("start-after", "")
        if (token := call.query.get("continuation-token")) is not None:
            place = self.cursors.open("aws list", token)
            if place is None or self.dead(call):
                raise Refused(400, "continuation-token")
            after = str(place[0])
        names: list[str] = []
        folders: list[str] = []
        for key in sorted((*self._objects(), *self._put)):
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest.partition(delimiter)[0] + delimiter
                if folder not in folders and folder > after:
                    folders.append(folder)
            elif key > after:
                names.append(key)
        shown, cut = names[:limit], len(names) > limit
        following = ""
        if cut:
            following = f"<NextContinuationToken>{self.cursors.seal('aws list', shown[-1])}</NextContinuationToken>"
        body = "".join(
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>',
                f"<Prefix>{escape(prefix)}</Prefix><IsTruncated>{str(cut).lower()}</IsTruncated>{following}",
                *map(self._contents, shown),
                *(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders),
                "</ListBucketResult>",
            )
        )
        return Answer(200, body.encode(), content_type="application/xml")

    def _contents(self, key: str) -> str:
        body, modified = self._put.get(key, (b"?", self.world.start))
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>{wire_time(modified // 1000 * 1000)[:23]}Z</LastModified>"
            f"<ETag>&quot;{hashlib.md5(body, usedforsecurity=False).hexdigest()}&quot;</ETag><Size>{len(body)}</Size>"
            "</Contents>"
        )

    def _object(self, call: Call) -> Answer:
        if (found := self._put.get(unquote(call.path[1:]))) is not None:
            return Answer(200, found[0], content_type="application/octet-stream")
        rows = self._objects().get(unquote(call.path[1:]))
        if rows is None:
            raise Refused(404, "key")
        bodies = [entry.body() for entry in rows]
        if call.fault is not None and call.fault.kind == "unknown_field":
            bodies[0] = {**bodies[0], "xLaterField": {"since": "a later version"}}
        packed = gzip.compress(orjson.dumps({"Records": bodies}), mtime=0)
        return Answer(200, packed, content_type="application/x-gzip")

    # ------------------------------------------------------------------------------------------------------ files

    def _objects(self) -> dict[str, list[Entry]]:
        """Files by key: rows of one account and region that became visible in the same five minutes."""
        if self._files[0] != self.world.version:
            files: dict[str, list[Entry]] = defaultdict(list)
            for entry in self.log("trail"):
                place = stable_bytes("place", entry.id, size=2)
                account, region = _ACCOUNTS[place[0] % 8 == 0], _REGIONS[place[1] % 4 == 0]
                # What is held back comes in a file of its own, whose name says when it should have come.
                due = entry.at // _FILE * _FILE + _FILE if (late := self.is_held(entry)) else entry.visible_at
                files[_file_name(account, region, due, late=late)].append(entry)
            self._files = (self.world.version, files)
        return self._files[1]

    def entries(self, name: str) -> list[Entry]:
        """What developers did in the cloud."""
        del name
        found = []
        by_user = {person.user_id: person for person in people_of(self.world) if person.api_user and person.okta_id}
        hours: set[tuple[str, int]] = set()
        for row in self.world.feed():
            person = by_user.get(str(row.actor.get("user_id")))
            if person is None or (person.user_id, row.created_at // (3 * HOUR)) in hours:
                continue
            hours.add((person.user_id, row.created_at // (3 * HOUR)))
            for number in range(1 + stable_bytes("cloud", row.id, size=1)[0] % 3):
                at = (row.created_at + number * 71 * SECOND) // SECOND * SECOND
                identifier = stable_uuid("cloudtrail", row.id, number)
                # A file is delivered when its five minutes are over.
                visible = (at + lateness(identifier)) // _FILE * _FILE + _FILE
                found.append(
                    Entry(identifier, at, visible, lambda r=row, p=person, i=identifier, t=at: self._body(r, p, i, t))  # type: ignore[misc]
                )
        return found

    def _body(self, row: Activity, person: Person, identifier: str, at: Micros) -> Wire:
        source, name, reads = _CALLS[stable_bytes("call", identifier, size=1)[0] % len(_CALLS)]
        account = _ACCOUNTS[0]
        session = person.okta_login or person.email
        role = "AWSReservedSSO_Developer_0123456789abcdef"
        return {
            "eventVersion": "1.09",
            "eventID": identifier,
            "eventTime": wire_time(at),
            "eventSource": source,
            "eventName": name,
            "awsRegion": _REGIONS[0],
            "sourceIPAddress": row.actor.get("ip_address"),
            "userAgent": "aws-cli/2.17.0",
            "readOnly": reads,
            "recipientAccountId": account,
            "eventType": "AwsApiCall",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": f"AROAEXAMPLE{person.index:05d}:{session}",
                "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
                "accountId": account,
                "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role, "accountId": account}},
            },
            "requestParameters": {"bucketName": "example-models"} if source.startswith("s3") else None,
            "responseElements": None,
        }


def _file_name(account: str, region: str, visible_at: Micros, *, late: bool = False) -> str:
    moment = datetime.fromtimestamp(visible_at / 1_000_000, UTC)
    tail = stable_bytes("late file" if late else "file", account, region, visible_at, size=8).hex()
    return (
        f"AWSLogs/{account}/CloudTrail/{region}/{moment:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{tail}.json.gz"
    )
