from fanlight.identity import AccountFacts, EmailClaim, IdentitySettings, resolve

DAY = 86_400_000_000


def test_an_okta_user_and_a_claude_user_with_one_address_are_one_person() -> None:
    okta = AccountFacts(
        tenant="t", account_key="okta:00u1", source="okta", product="okta", native_id="00u1", directory=True,
        name="Jane Doe", claims=(EmailClaim(address="Jane.Doe@Example.com ", kind="primary"),), status="active",
    )  # fmt: skip
    claude = AccountFacts(
        tenant="t", account_key="claude:user_1", source="claude", product="claude", native_id="user_1",
        name="Jane", claims=(EmailClaim(address="jane.doe@example.com", kind="primary"),), status="active",
    )  # fmt: skip
    result = resolve([okta, claude], [], IdentitySettings(), 10 * DAY)
    assert len(result.identities) == 1
    again = resolve([claude, okta], result.changed, IdentitySettings(), 11 * DAY)
    assert again.changed == ()
    assert again.identities == result.identities
