"""Accounts to identities: the ladder, the twelve ways it goes wrong elsewhere, and what never changes between runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fanlight.identity import AccountFacts, EmailClaim, IdentitySettings, Resolution, resolve
from fanlight.model import Link

DAY = 86_400_000_000
NOW = 400 * DAY
OWN = IdentitySettings(company_domains=("example.com", "example.org"))


def mail(address: str, kind: Any = "primary", since: int = 0, until: int | None = None) -> EmailClaim:
    return EmailClaim(address=address, kind=kind, since=since * DAY, until=None if until is None else until * DAY)


def account(
    key: str,
    *claims: EmailClaim | str,
    source: str | None = None,
    since: int = 0,
    until: int | None = None,
    **more: Any,
) -> AccountFacts:
    product, _, native = key.partition(":")
    return AccountFacts(
        tenant="t",
        account_key=key,
        source=source or product,
        product=product,
        native_id=native,
        directory=product in ("okta", "entra_id"),
        claims=tuple(mail(c, since=since, until=until) if isinstance(c, str) else c for c in claims),
        status="active" if until is None else "inactive",
        since=since * DAY,
        until=None if until is None else until * DAY,
        **more,
    )


def groups(result: Resolution) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for link in result.links:
        found.setdefault(link.identity_id, set()).add(link.account_key)
    return {frozenset(keys) for keys in found.values()}


def solve(*accounts: AccountFacts, settings: IdentitySettings = OWN, previous: tuple[Link, ...] = ()) -> Resolution:
    return resolve(accounts, previous, settings, NOW)


def reviews(result: Resolution) -> set[tuple[str, str]]:
    return {(review.kind, review.method) for review in result.reviews}


TOGETHER = {frozenset({"okta:1", "claude:1"})}
APART = {frozenset({"okta:1"}), frozenset({"claude:1"})}


# The ladder


def test_an_operators_word_is_the_strongest_evidence() -> None:
    settings = replace(OWN, same_person=(("okta:1", "claude:1"),))
    result = solve(account("okta:1", "jane@example.com"), account("claude:1", "other@example.net"), settings=settings)
    assert groups(result) == TOGETHER


def test_an_operators_no_keeps_accounts_apart_and_takes_back_an_old_link() -> None:
    people = account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com")
    first = solve(*people)
    assert groups(first) == TOGETHER
    second = resolve(people, first.links, replace(OWN, different_people=(("claude:1", "okta:1"),)), NOW + DAY)
    assert groups(second) == APART
    assert [(row.account_key, row.removed) for row in second.changed if row.removed] == [("claude:1", True)]
    third = resolve(people, (*first.links, *second.changed), OWN, NOW + 2 * DAY)
    assert groups(third) == TOGETHER


def test_the_id_under_which_the_directory_provisions_links_across_any_addresses() -> None:
    okta = account("okta:1", "jane@example.com", provisioned=("claude:1",))
    assert groups(solve(okta, account("claude:1", "jd@example.net"))) == TOGETHER


def test_the_employee_number_joins_two_directories() -> None:
    okta = account("okta:1", "jane@example.com", employee_id="E-7")
    entra = account("entra_id:1", "jane@other.example.net", employee_id="e-7 ")
    assert groups(solve(okta, entra)) == {frozenset({"okta:1", "entra_id:1"})}


def test_one_employee_number_on_two_active_accounts_of_one_source_is_a_question() -> None:
    both = (
        account("okta:1", "jane@example.com", employee_id="E7"),
        account("okta:2", "adm@example.com", employee_id="E7"),
    )
    result = solve(*both)
    assert groups(result) == {frozenset({"okta:1"}), frozenset({"okta:2"})}
    assert ("two_active_accounts", "employee_id") in reviews(result)
    rehired = replace(both[0], until=100 * DAY), replace(both[1], since=150 * DAY)
    assert groups(solve(*rehired)) == {frozenset({"okta:1", "okta:2"})}


def test_the_name_under_which_the_directory_assigns_claude_links_outside_the_company_domains() -> None:
    okta = account("okta:1", "jane@example.com", mail("jane.doe@partner.example.net", "app"))
    assert groups(solve(okta, account("claude:1", "jane.doe@partner.example.net"))) == TOGETHER


def test_without_stated_domains_those_of_the_directory_count() -> None:
    directory = [account(f"okta:{i}", f"p{i}@example.com") for i in range(20)]
    result = solve(*directory, account("claude:1", "p1@example.com"), settings=IdentitySettings())
    assert frozenset({"okta:1", "claude:1"}) in groups(result)
    stranger = solve(*directory, account("claude:1", "p1@gmail.com"), settings=IdentitySettings())
    assert frozenset({"claude:1"}) in groups(stranger)


def test_a_name_alone_never_links_and_is_suggested() -> None:
    result = solve(account("okta:1", "jane@example.com", name="Jane Doe"), account("claude:1", name="Doe, Jane"))
    assert groups(result) == APART
    assert ("suggested_link", "same_name") in reviews(result)


# The twelve cases


def test_case_1_letter_case_unicode_form_and_stray_space_are_one_address() -> None:
    for written in (
        "Jane.DOE@Example.COM",
        " jane.doe@example.com\n",
        "ｊane.doe@example.com",
        "jane.doe@example.com.",
    ):
        assert groups(solve(account("okta:1", "jane.doe@example.com"), account("claude:1", written))) == TOGETHER
    umlauts = account("okta:1", "jane@bücher.example"), account("claude:1", "jane@xn--bcher-kva.example")
    assert groups(solve(*umlauts, settings=IdentitySettings(company_domains=("xn--bcher-kva.example",)))) == TOGETHER


def test_case_2_a_plus_tag_is_only_a_suggestion_except_where_the_domain_delivers_it() -> None:
    people = account("okta:1", "jane@example.com"), account("claude:1", "jane+claude@example.com")
    result = solve(*people)
    assert groups(result) == APART
    assert ("suggested_link", "similar_address") in reviews(result)
    assert groups(solve(*people, settings=replace(OWN, plus_domains=("example.com",)))) == TOGETHER


def test_case_3_dots_in_the_local_part_make_two_addresses() -> None:
    assert groups(solve(account("okta:1", "ja.ne@example.com"), account("claude:1", "jane@example.com"))) == APART


def test_case_4_declared_aliases_and_equivalent_domains_link_and_undeclared_ones_are_suggested() -> None:
    okta = account("okta:1", "jane@example.com", mail("j.doe@example.org", "alias"))
    assert groups(solve(okta, account("claude:1", "j.doe@example.org"))) == TOGETHER
    people = account("okta:1", "jane@example.com"), account("claude:1", "jane@example.org")
    undeclared = solve(*people)
    assert groups(undeclared) == APART
    assert ("suggested_link", "other_company_domain") in reviews(undeclared)
    declared = replace(OWN, equivalent_domains=(("example.com", "example.org"),))
    assert groups(solve(*people, settings=declared)) == TOGETHER


def test_case_5_a_renamed_person_keeps_identity_and_history() -> None:
    before = account("okta:1", "jane.doe@example.com"), account("claude:1", "jane.doe@example.com")
    first = solve(*before)
    after = (
        account("okta:1", mail("jane.doe@example.com", until=300), mail("jane.roe@example.com", since=300)),
        account("claude:1", mail("jane.doe@example.com", until=320), mail("jane.roe@example.com", since=320)),
    )
    second = solve(*after, previous=first.links)
    assert groups(second) == TOGETHER
    assert {link.identity_id for link in second.links} == {link.identity_id for link in first.links}
    assert second.identities[0].emails[0] == "jane.roe@example.com"


def test_case_6_a_reissued_address_does_not_hand_the_leavers_history_to_the_new_hire() -> None:
    result = solve(
        account("okta:1", "jane@example.com", until=200),
        account("claude:1", "jane@example.com", until=200),
        account("okta:2", "jane@example.com", since=250),
        account("claude:2", "jane@example.com", since=250),
    )
    assert groups(result) == {frozenset({"okta:1", "claude:1"}), frozenset({"okta:2", "claude:2"})}


def test_case_6_an_account_left_behind_stops_being_the_leavers_when_the_address_moves_on() -> None:
    result = solve(
        account("okta:1", "jane@example.com", until=200),
        account("claude:1", "jane@example.com"),
        account("okta:2", "jane@example.com", since=250),
    )
    link = next(link for link in result.links if link.account_key == "claude:1")
    owner = next(link for link in result.links if link.account_key == "okta:1")
    assert (link.identity_id, link.valid_to) == (owner.identity_id, 250 * DAY)
    assert ("address_reissued", "verified_email") in reviews(result)


def test_case_6_an_account_that_is_only_an_address_belongs_to_whoever_holds_it_at_the_time() -> None:
    proxy = account("zscaler_zia:jane@example.com", mail("jane@example.com", "observed"), since=100)
    result = solve(
        account("okta:1", "jane@example.com", until=200), account("okta:2", "jane@example.com", since=250), proxy
    )
    holders = {link.account_key: link.identity_id for link in result.links if link.account_key.startswith("okta")}
    stretches = {
        link.identity_id: (link.valid_from, link.valid_to)
        for link in result.links
        if link.account_key == proxy.account_key
    }
    assert stretches == {holders["okta:1"]: (0, 200 * DAY), holders["okta:2"]: (250 * DAY, None)}


def test_case_6_without_a_directory_two_accounts_with_a_gap_between_them_stay_apart() -> None:
    result = solve(
        account("claude:1", "jane@example.com", until=200),
        account("google_workspace:1", "jane@example.com", since=250),
    )
    assert len(groups(result)) == 2


def test_case_6_a_person_who_comes_back_with_the_same_directory_record_is_the_same_person() -> None:
    result = solve(
        account("okta:1", "jane@example.com"),
        account("claude:1", "jane@example.com", until=200),
        account("claude:2", "jane@example.com", since=250),
    )
    assert groups(result) == {frozenset({"okta:1", "claude:1", "claude:2"})}


def test_case_7_a_shared_mailbox_is_nobody() -> None:
    settings = replace(OWN, shared_mailboxes=("frontdoor@example.com",))
    for address in ("frontdoor@example.com", "support@example.com"):
        result = solve(
            account("okta:1", "jane@example.com", mail(address, "alias")),
            account("claude:1", address),
            account("claude:2", "jane@example.com"),
            settings=settings,
        )
        assert groups(result) == {frozenset({"okta:1", "claude:2"}), frozenset({"claude:1"})}
        assert {identity.kind for identity in result.identities} == {"person", "shared"}
        assert ("shared_mailbox", "shared_mailbox") in reviews(result)


def test_case_7_two_people_who_both_get_the_mail_of_a_shared_mailbox_stay_two() -> None:
    result = solve(
        account("okta:1", "jane@example.com", mail("support@example.com", "alias")),
        account("google_workspace:2", "max@example.com", mail("support@example.com", "alias")),
    )
    assert len(groups(result)) == 2


def test_case_8_a_contractor_with_a_private_address_is_a_question_unless_the_employee_number_answers_it() -> None:
    okta = account("okta:1", "kim@gmail.com", name="Kim Poe")
    claude = account("claude:1", "kim@gmail.com")
    result = solve(okta, claude)
    assert groups(result) == APART
    assert ("suggested_link", "unverified_address") in reviews(result)
    numbered = solve(replace(okta, employee_id="C9"), replace(claude, employee_id="C9"))
    assert groups(numbered) == TOGETHER


def test_case_9_a_service_account_with_a_humans_address_is_a_machine_beside_the_human() -> None:
    for robot in (
        account("okta:9", "jane@example.com", kind="service"),
        account("github_audit:jane-bot", "jane@example.com"),
    ):
        settings = replace(OWN, service_accounts=("jane-bot",))
        result = solve(account("okta:1", "jane@example.com"), robot, settings=settings)
        kinds = {identity.accounts: identity.kind for identity in result.identities}
        assert kinds == {("okta:1",): "person", (robot.account_key,): "machine"}
        assert ("machine_owner", "machine_owner") in reviews(result)


def test_case_10_one_person_in_two_directories_counts_once() -> None:
    result = solve(
        account("okta:1", "jane@example.com", source="okta"),
        account("okta:2", "jane@example.org", source="okta-acquired", employee_id="E7"),
        account("entra_id:3", "jane@example.com", employee_id="E7"),
    )
    assert groups(result) == {frozenset({"okta:1", "okta:2", "entra_id:3"})}


def test_case_10_two_active_accounts_in_one_source_are_a_question_not_a_merge() -> None:
    result = solve(
        account("okta:1", "jane@example.com", mail("jd@example.com", "alias")),
        account("claude:1", "jane@example.com"),
        account("claude:2", "jd@example.com"),
    )
    assert groups(result) == {frozenset({"okta:1", "claude:1"}), frozenset({"claude:2"})}
    assert "two_active_accounts" in {review.kind for review in result.reviews}


def test_case_11_a_deleted_claude_account_keeps_its_link_and_ends() -> None:
    first = solve(account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com"))
    gone = solve(
        account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com", until=300), previous=first.links
    )
    assert groups(gone) == TOGETHER
    assert gone.changed == ()


def test_case_12_a_look_alike_domain_is_never_the_persons_and_is_reported() -> None:
    settings = IdentitySettings(company_domains=("aldermoor.example",))
    for domain in ("a1dermoor.example", "aldermooor.example", "аldermoor.example", "alderrnoor.example"):
        result = solve(
            account("okta:1", "jane@aldermoor.example"), account("claude:1", f"jane@{domain}"), settings=settings
        )
        assert groups(result) == APART, domain
        assert ("lookalike_domain", "lookalike_domain") in reviews(result), domain


# What never changes


def test_running_again_changes_nothing() -> None:
    people = [account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com"), account("claude:2")]
    first = solve(*people)
    again = resolve(list(reversed(people)), first.changed, OWN, NOW + DAY)
    assert again.changed == ()
    assert again.links == first.links
    assert again.identities == first.identities


def test_an_identity_keeps_its_id_when_a_directory_is_connected_later() -> None:
    first = solve(account("claude:1", "jane@example.com"))
    second = solve(account("claude:1", "jane@example.com"), account("okta:1", "jane@example.com"), previous=first.links)
    assert {link.identity_id for link in second.links} == {first.links[0].identity_id}


def test_when_an_identity_splits_the_directory_record_keeps_the_id() -> None:
    people = account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com")
    first = solve(*people)
    second = resolve(people, first.links, replace(OWN, different_people=(("okta:1", "claude:1"),)), NOW + DAY)
    ids = {link.account_key: link.identity_id for link in second.links}
    assert ids["okta:1"] == first.links[0].identity_id
    assert ids["claude:1"] != ids["okta:1"]


def test_an_id_says_nothing_about_the_address() -> None:
    (identity,) = solve(account("claude:1", "jane@example.com")).identities
    renamed = solve(account("claude:1", "other@example.com")).identities
    assert identity.id == renamed[0].id
    assert "jane" not in identity.id


def test_every_link_states_a_method_and_a_reason() -> None:
    result = solve(account("okta:1", "jane@example.com"), account("claude:1", "jane@example.com"))
    assert {(link.account_key, link.method, link.reason) for link in result.links} == {
        ("okta:1", "directory_record", "directory record of the person"),
        ("claude:1", "verified_email", "verified e-mail jane@example.com in an owned domain, held at the same time"),
    }


def test_keys_are_machines_with_their_maker_beside_them() -> None:
    result = solve(
        account("claude:user_1", "jane@example.com"),
        account("claude:apikey_1", kind="api_key", owner_account="claude:user_1"),
    )
    machine = next(identity for identity in result.identities if identity.kind == "machine")
    assert machine.accounts == ("claude:apikey_1",)
    assert machine.owner_identity == result.by_account["claude:user_1"]
