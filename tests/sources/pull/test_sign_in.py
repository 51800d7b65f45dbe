"""The only thing ever sent to a vendor: a sign-in, to a known address, for a token that ends."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from fanlight.model import SECOND
from fanlight.sources.contract import SourceError
from fanlight.sources.signin import BearerToken, check_token_address, signed_assertion


@pytest.mark.parametrize(
    "address",
    [
        "https://login.microsoftonline.com/contoso.example.com/oauth2/v2.0/token",
        "https://login.microsoftonline.us/0b5e7c9a-1111-4222-8333-00000000a001/oauth2/v2.0/token",
        "https://oauth2.googleapis.com/token",
        "https://api.crowdstrike.com/oauth2/token",
        "https://api.us-2.crowdstrike.com/oauth2/token",
        "http://127.0.0.1:8080/token",
    ],
)
def test_token_addresses_of_the_vendors_are_known(address: str) -> None:
    assert check_token_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://login.microsoftonline.com/x/oauth2/v2.0/token",
        "https://login.microsoftonline.com.example.org/x/oauth2/v2.0/token",
        "https://login.microsoftonline.com/x/oauth2/v2.0/token/more",
        "https://graph.microsoft.com/v1.0/users",
        "https://oauth2.googleapis.com/revoke",
        "https://evil.example.org/token",
        "http://192.0.2.1/token",
        "http://127.0.0.1:8080/v1/compliance/apps/chats/claude_chat_1",
        "file:///token",
    ],
)
def test_nothing_is_sent_to_any_other_address(address: str) -> None:
    with pytest.raises(SourceError, match="nothing was sent"):
        check_token_address(address)


def test_a_token_is_taken_once_and_renewed_at_four_fifths_of_its_life(vendors) -> None:
    settings = vendors.running.neighbour_settings("entra_id")
    asked = []

    def form() -> dict[str, str]:
        asked.append(vendors.clock.now())
        return {
            "grant_type": "client_credentials", "client_id": settings["client"], "client_secret": settings["key"],
            "scope": "x/.default",
        }  # fmt: skip

    address = f"{settings['login_url']}/{settings['directory']}/oauth2/v2.0/token"
    token = BearerToken(label="Entra ID", address=address, form=form, clock=vendors.clock)
    first = token.headers("")
    vendors.clock.sleep(2800)
    assert token.headers("") == first
    vendors.clock.sleep(100)
    assert token.headers("") != first
    token.renewed()
    token.headers("")
    assert len(asked) == 3
    token.close()


def test_a_refused_sign_in_names_the_vendors_code_and_no_secret(vendors) -> None:
    settings = vendors.running.neighbour_settings("entra_id")
    address = f"{settings['login_url']}/{settings['directory']}/oauth2/v2.0/token"
    token = BearerToken(
        label="Entra ID", address=address, form=lambda: {"client_secret": "super-secret"}, clock=vendors.clock
    )
    with pytest.raises(SourceError, match=r"invalid_client") as told:
        token.headers("")
    assert told.value.kind == "credential"
    assert "super-secret" not in str(told.value)


def test_an_assertion_is_signed_with_the_private_key() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made = signed_assertion({"iss": "app", "exp": 3 * SECOND}, pem, {"kid": "k1"})
    head, body, signature = made.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    key.public_key().verify(raw, f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    with pytest.raises(SourceError, match="not an RSA key"):
        signed_assertion({}, b"no key", {})
