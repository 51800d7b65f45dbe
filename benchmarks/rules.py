"""Speed of the rule executors: `python benchmarks/rules.py [--rules DIR] [--events N]`.

Synthetic SaaS audit events of about 720 bytes (six products, 1 % of them made to match a rule) are judged from raw JSON
by the live executor, and as columns by the SQL executor. Prints events per CPU second, and that both found the same.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from fanlight.detections.batch import Batch
from fanlight.detections.rulefile import Rule, load_rules, own_rules
from fanlight.detections.stream import Index
from fanlight.detections.tree import And, AnyValue, Equals, Node, Or, Part


def _event(random_: random.Random, product: str) -> dict[str, Any]:
    who = f"user{random_.randrange(5000)}@example.com"
    ip = f"198.51.100.{random_.randrange(255)}"
    agent = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/{random_.randrange(120, 142)}.0.0.0 Safari/537.36"
    number = random_.randrange(10**12)
    kind = f"kind.of.event.{random_.randrange(200)}"
    at = f"2026-05-{random_.randrange(1, 29):02d}T{random_.randrange(24):02d}:10:{random_.randrange(60):02d}.000Z"
    if product == "okta":
        return {
            "uuid": f"{number:032x}", "published": at, "eventType": kind, "severity": "INFO", "version": "0",
            "displayMessage": "Something happened to a user", "legacyEventType": f"core.{kind}",
            "actor": {"id": f"00u{number}", "type": "User", "alternateId": who, "displayName": "A Person"},
            "client": {"ipAddress": ip, "userAgent": {"rawUserAgent": agent, "os": "Mac OS X", "browser": "CHROME"},
                       "geographicalContext": {"city": "Lyon", "country": "France"}, "device": "Computer"},
            "outcome": {"result": "SUCCESS", "reason": None},
            "target": [{"id": f"0oa{number}", "type": "AppInstance", "displayName": "An application"},
                       {"id": f"0ua{number}", "type": "AppUser", "alternateId": who}],
            "securityContext": {"asNumber": 64496, "asOrg": "example", "isProxy": False},
        }  # fmt: skip
    if product == "github":
        return {
            "@timestamp": 1795144260123 + number % 10**6, "_document_id": f"doc{number}", "action": kind, "actor": who,
            "actor_id": number % 9999, "actor_ip": ip, "actor_location": {"country_code": "FR"}, "org": "example-eng",
            "org_id": 7000001, "repo": f"example-eng/repo{number % 90}", "repo_id": number % 999, "user_agent": agent,
            "operation_type": "access", "public_repo": False, "transport_protocol_name": "http", "created_at": 1,
            "business": "example", "business_id": 4, "hashed_token": f"{number:040x}", "token_scopes": "repo,read:org",
            "programmatic_access_type": "Personal access token (classic)", "request_id": f"{number:020x}",
            "external_identity_nameid": who, "visibility": "private", "team": f"example-eng/team{number % 20}",
        }  # fmt: skip
    if product == "azure":
        return {
            "id": f"{number:032x}", "time": at, "operationName": kind, "category": "SomeLogs", "resultType": "0",
            "tenantId": f"{number % 7:032x}", "callerIpAddress": ip, "correlationId": f"{number:032x}", "Level": 4,
            "properties": {"userPrincipalName": who, "appDisplayName": "Claude", "ipAddress": ip, "userAgent": agent,
                           "status": {"errorCode": 0, "failureReason": "Other."}, "isInteractive": True,
                           "conditionalAccessStatus": "success", "riskState": "none",
                           "location": {"city": "Lyon", "countryOrRegion": "FR"},
                           "deviceDetail": {"operatingSystem": "MacOs", "isCompliant": True, "isManaged": True},
                           "targetResources": [{"displayName": "Something", "type": "User"}]},
        }  # fmt: skip
    return {
        "insertId": f"{number:020x}", "timestamp": at, "severity": "NOTICE", "logName": "projects/example/logs/a",
        "protoPayload": {"methodName": kind, "serviceName": "example.googleapis.com", "resourceName": f"a/{number}",
                         "authenticationInfo": {"principalEmail": who},
                         "requestMetadata": {"callerIp": ip, "callerSuppliedUserAgent": agent},
                         "authorizationInfo": [{"permission": f"{kind}.get", "granted": True},
                                               {"permission": f"{kind}.list", "granted": True}],
                         "status": {}, "request": {"@type": "type.example.com/Request", "name": f"n{number}"}},
        "resource": {"type": "project", "labels": {"project_id": "example", "zone": "europe-west1"}},
    }  # fmt: skip


def _satisfy(node: Node, event: dict[str, Any]) -> None:
    """Put fields into an event that make a simple rule match; negations are left to chance."""
    if isinstance(node, And):
        for part in node.parts:
            _satisfy(part, event)
    elif isinstance(node, Or) and node.parts:
        _satisfy(node.parts[0], event)
    elif isinstance(node, AnyValue) and isinstance(node.test, Equals | Part):
        event[node.field] = min(node.test.texts) if isinstance(node.test, Equals) else node.test.text


def events(rules: tuple[Rule, ...], count: int, seed: int = 7) -> list[bytes]:
    """Raw JSON lines."""
    random_ = random.Random(seed)
    made: list[bytes] = []
    trees = [rule.tree for rule in rules if rule.tree is not None]
    for number in range(count):
        event = _event(random_, random_.choice(["okta", "github", "azure", "gcp"]))
        if number % 100 == 0:
            _satisfy(random_.choice(trees), event)
        made.append(orjson.dumps(event))
    return made


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rules", type=Path, default=own_rules())
    options.add_argument("--events", type=int, default=100_000)
    given = options.parse_args()
    start = time.process_time()
    rules = load_rules([given.rules]).rules
    print(f"{len(rules)} rules loaded in {time.process_time() - start:.2f} CPU-s")
    lines = events(rules, given.events)
    print(f"{len(lines):,} events of {sum(map(len, lines)) / len(lines):.0f} bytes")
    index = Index(rules)
    live: list[tuple[int, str]] = []
    start = time.process_time()
    for number, line in enumerate(lines):
        for rule in index.match_raw(orjson.loads(line)):
            live.append((number, rule.id))
    spent = time.process_time() - start
    print(f"live, from raw JSON: {len(lines) / spent:,.0f} events/CPU-s, {len(live)} hits")
    batch = Batch(rules)
    start = time.process_time()
    table = batch.table([batch.extract(orjson.loads(line)) for line in lines])
    print(f"columns from raw JSON: {len(lines) / (time.process_time() - start):,.0f} events/CPU-s")
    table = pa.concat_tables([table] * max(1, 1_000_000 // len(lines))).combine_chunks()
    start = time.process_time()
    found = batch.hits(table)
    spent = time.process_time() - start
    print(f"SQL over {table.num_rows:,} rows of columns: {table.num_rows / spent:,.0f} events/CPU-s, {len(found)} hits")
    same = sorted(live) == sorted((row, rule.id) for row, rule in batch.hits(table.slice(0, len(lines))))
    print(f"same hits: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
