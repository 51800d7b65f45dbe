"""Account facts from the store: dated addresses, switched-off accounts, actors that only events name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from fanlight.identity import gather_accounts, identity_rows, resolve
from fanlight.identity.accounts import IdentitySettings
from fanlight.identity.gather import accounts_of_events, accounts_of_objects
from fanlight.model import Event, Link, ObjectVersion
from fanlight.pipeline.home import open_home

DAY = 86_400_000_000


def version(kind: str, key: str, at: int, product: str = "claude", removed: bool = False, **more: Any) -> ObjectVersion:
    return ObjectVersion(
        tenant="default", source=product, product=product, kind=kind, object_id=key, valid_from=at * DAY,
        seen_at=at * DAY, removed=removed, name=more.pop("name", None), organization_id=more.pop("organization", None),
        owner_account=more.pop("owner", None), attributes=orjson.dumps(more).decode(),
    )  # fmt: skip


def test_an_address_holds_from_the_version_that_brought_it_to_the_one_that_took_it() -> None:
    (account,) = accounts_of_objects(
        [
            version("user", "user_1", 10, email="jane.doe@example.com"),
            version("user", "user_1", 50, email="jane.roe@example.com"),
            version("user", "user_1", 90, removed=True, email="jane.roe@example.com"),
        ]
    )
    assert [(c.address, c.since // DAY, c.until and c.until // DAY) for c in account.claims] == [
        ("jane.doe@example.com", 10, 50),
        ("jane.roe@example.com", 50, 90),
    ]
    assert (account.status, account.until) == ("inactive", 90 * DAY)


def test_a_member_of_two_organizations_who_leaves_one_is_still_there() -> None:
    (account,) = accounts_of_objects(
        [
            version("user", "user_1", 10, organization="a", email="jane@example.com"),
            version("user", "user_1", 20, organization="b", email="jane@example.com"),
            version("user", "user_1", 30, removed=True, organization="a", email="jane@example.com"),
        ]
    )
    assert (account.status, account.until) == ("active", None)
    assert [(c.since // DAY, c.until) for c in account.claims] == [(10, None)]


def test_a_directory_account_that_was_switched_off_ends_when_the_directory_says_so() -> None:
    (account,) = accounts_of_objects(
        [
            version("idp_user", "00u1", 10, "okta", email="jane@example.com", status="ACTIVE"),
            version("idp_user", "00u1", 70, "okta", email="jane@example.com", status="DEPROVISIONED"),
            version("idp_user", "00u1", 80, "okta", email="jane@example.com", status="DEPROVISIONED", title="-"),
        ]
    )
    assert account.directory
    assert (account.status, account.until) == ("inactive", 70 * DAY)


def test_an_assignment_of_the_claude_application_adds_the_provisioned_name_and_id() -> None:
    accounts = accounts_of_objects(
        [
            version("idp_user", "00u1", 10, "okta", email="jane@example.com", login="jane@example.com"),
            version("user", "user_1", 10, email="jd@partner.example.net"),
            version(
                "idp_app_assignment", "0oa1/00u1", 10, "okta", user="00u1", app="0oa1",
                userName="jd@partner.example.net", externalId="user_1",
            ),
            version("idp_app", "0oa1", 10, "okta", name="Claude"),
        ]
    )  # fmt: skip
    okta = next(account for account in accounts if account.product == "okta")
    assert okta.provisioned == ("claude:user_1",)
    assert ("jd@partner.example.net", "app") in {(c.address, c.kind) for c in okta.claims}


def test_accounts_come_from_the_store_with_actors_that_no_directory_lists(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    objects = [
        version("idp_user", "00u1", 10, "okta", name="Jane Doe", email="jane@example.com", status="ACTIVE"),
        version("user", "user_1", 10, name="Jane", email="Jane@example.com"),
        version("api_key", "apikey_1", 10, name="build", status="active", owner="claude:user_1"),
    ]

    def event(number: int, product: str, native: str, email: str | None, kind: str = "user_actor") -> Event:
        return Event(
            tenant="default", source=product, product=product, event_id=f"e{number}", type="seen", family="other",
            occurred_at=number * DAY, actor_kind=kind, actor_email=email, account_key=f"{product}:{native}",
        )  # fmt: skip

    events = [
        event(20, "zscaler_zia", "jane@example.com", "jane@example.com"),
        event(21, "claude", "user_1", "jane@example.com"),
        event(22, "claude", "svac_1", None, "service_account_actor"),
        event(23, "claude", "user_9", "ghost@example.com"),
    ]
    for rows in (objects, events):
        segments = home.lake.stage(rows)
        with home.state.tick() as tick:
            tick.add_segments(segments)
    with home.reader() as reader:
        accounts = gather_accounts(reader)
        result = resolve(accounts, reader.rows(Link), IdentitySettings(company_domains=("example.com",)), 30 * DAY)
    home.close()
    rows = {row["name"]: row for row in identity_rows(result.identities, result.links)}
    assert [(a["source"], a["id"], a["method"]) for a in rows["Jane Doe"]["accounts"]] == [
        ("claude", "user_1", "verified_email"),
        ("okta", "00u1", "directory_record"),
        ("zscaler_zia", "jane@example.com", "address_held"),
    ]
    assert rows["Jane Doe"]["emails"] == ["jane@example.com"]
    assert rows["build"]["kind"] == rows["svac_1"]["kind"] == "machine"
    assert rows["build"]["owner"] == rows["Jane Doe"]["id"]
    assert rows["ghost@example.com"]["accounts"][0]["id"] == "user_9"


def test_somebody_whom_the_directory_of_a_source_does_not_list_any_more_is_gone() -> None:
    listed = accounts_of_objects([version("user", "user_2", 100, email="jane@example.com")])
    actor = {
        "account_key": "claude:user_1", "tenant": "default", "product": "claude", "source": "claude",
        "actor_kind": "user_actor", "actor_email": "jane@example.com", "first_at": 10 * DAY,
        "last_at": 50 * DAY, "n": 9,
    }  # fmt: skip
    gone, here = accounts_of_events([actor], listed)
    assert (gone.status, gone.until, gone.claims[0].until) == ("inactive", 50 * DAY + 1, 50 * DAY + 1)
    assert (here.status, here.until) == ("active", None)
    (alone,) = accounts_of_events([actor], [])
    assert (alone.status, alone.until) == ("unknown", None)


def test_names_of_fields_may_be_written_either_way() -> None:
    for employee in ("employeeNumber", "employee_number"):
        (account,) = accounts_of_objects([version("idp_user", "00u1", 10, "okta", **{employee: "E7"})])
        assert account.employee_id == "E7"
