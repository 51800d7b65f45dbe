"""The server over fixed pages: who is let in, what is refused, and what leaves the host."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fanlight.model import MINUTE, Micros
from fanlight.server import Sessions, Viewer, WebSettings, create_app
from fanlight.server.app import COOKIE
from fanlight.server.run import run
from fanlight.server.signin import LINK_LIFE, SESSION_LIFE, hash_token
from server.sample_views import MemorySignIn, SampleViews

BASE = "http://127.0.0.1:8650"
OURS = {"Origin": BASE}


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at: Micros = 1_800_000_000_000_000

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1_000_000)


class Site:
    """A server with its parts at hand."""

    def __init__(self, static: Path) -> None:
        self.clock, self.store, self.views = HandClock(), MemorySignIn(), SampleViews()
        self.sessions = Sessions(self.store, self.clock)
        self.app = create_app(self.views, self.sessions, WebSettings(static=static))
        self.client = TestClient(self.app, base_url=BASE, raise_server_exceptions=False)

    def token(self) -> str:
        return self.sessions.issue_link("Mira Köhler", BASE).partition("token=")[2]

    def sign_in(self) -> None:
        assert self.client.get(f"/enter?token={self.token()}").status_code == 200


@pytest.fixture
def site(tmp_path: Path) -> Site:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text('<meta name="csp-nonce" content="__NONCE__"><div id="root"></div>')
    (static / "assets" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("outside")
    return Site(static)


def _api_routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path


# -- signing in --------------------------------------------------------------------------------------------------


def test_a_link_signs_in_once(site: Site) -> None:
    token = site.token()
    assert site.client.get(f"/enter?token={token}").status_code == 200
    assert site.client.get("/api/header").status_code == 200
    other = TestClient(site.app, base_url=BASE)
    again = other.get(f"/enter?token={token}")
    assert again.status_code == 410
    assert "works once" in again.text
    assert other.get("/api/header").status_code == 401


def test_a_link_expires_after_ten_minutes(site: Site) -> None:
    token = site.token()
    site.clock.at += LINK_LIFE + 1
    assert LINK_LIFE == 10 * MINUTE
    assert site.client.get(f"/enter?token={token}").status_code == 410
    assert site.client.get("/api/header").status_code == 401


def test_a_spent_link_brings_its_style_and_runs_nothing(site: Site) -> None:
    spent = site.client.get("/enter?token=spent")
    policy = spent.headers["content-security-policy"]
    nonce = re.search(r"style-src 'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in spent.text
    assert "script-src 'none'" in policy
    assert "script" not in spent.text
    assert site.client.get("/enter?token=spent").headers["content-security-policy"] != policy


def test_an_invented_or_empty_token_opens_nothing(site: Site) -> None:
    for token in ("", "x", "a" * 43):
        assert site.client.get(f"/enter?token={token}").status_code == 410
    assert not site.store.sessions


def test_looking_at_a_link_without_following_it_does_not_use_it_up(site: Site) -> None:
    token = site.token()
    site.client.head(f"/enter?token={token}")
    assert site.client.get(f"/enter?token={token}").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    cookie = site.client.get(f"/enter?token={site.token()}").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_the_store_holds_hashes_and_never_a_token(site: Site) -> None:
    token = site.token()
    assert list(site.store.links) == [hash_token(token)]
    site.client.get(f"/enter?token={token}")
    session = site.client.cookies[COOKIE]
    assert list(site.store.sessions) == [hash_token(session)]
    assert token not in repr(site.store)
    assert session not in repr(site.store)


def test_a_session_ends_by_itself_and_by_signing_out(site: Site) -> None:
    site.sign_in()
    kept = site.client.cookies[COOKIE]
    assert site.client.post("/api/sign-out", headers=OURS).status_code == 200
    site.client.cookies.set(COOKIE, kept)
    assert site.client.get("/api/header").status_code == 401
    site.client.cookies.clear()
    site.sign_in()
    site.clock.at += SESSION_LIFE + 1
    assert site.client.get("/api/header").status_code == 401


def test_every_page_and_act_needs_a_session(site: Site) -> None:
    routes = [(method, path) for method, path in _api_routes(site.app) if path.startswith("/api/")]
    assert len(routes) >= 15
    for method, path in routes:
        if path == "/api/sign-out":
            continue
        address = re.sub(r"\{[^}]+\}", "x", path)
        answer = site.client.request(method, address, headers=OURS, json={} if method == "POST" else None)
        assert answer.status_code == 401, (method, path)
        assert "signed in" in answer.json()["sentence"]


# -- host and origin ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:9999", "127.0.0.1", "localhost.evil.example:8650", "evil.example:8650", ""]
)
def test_a_foreign_host_is_refused_with_one_sentence(site: Site, host: str) -> None:
    site.sign_in()
    for path in ("/", "/api/header", "/enter?token=x", "/assets/app.js"):
        answer = site.client.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["sentence"].count(".") == 1


@pytest.mark.parametrize("host", ["127.0.0.1:8650", "localhost:8650", "[::1]:8650", "LOCALHOST:8650"])
def test_the_names_of_this_machine_are_let_in(site: Site, host: str) -> None:
    assert site.client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1:8650.evil.example", "file://"]
)
def test_a_foreign_origin_is_refused_on_reading_and_writing(site: Site, origin: str) -> None:
    site.sign_in()
    assert site.client.get("/api/header", headers={"Origin": origin}).status_code == 403
    answer = site.client.post(
        "/api/findings/f-2287aa10/verdict", json={"kind": "true_positive"}, headers={"Origin": origin}
    )
    assert answer.status_code == 403
    assert not site.views.verdicts


def test_a_change_must_name_its_origin(site: Site) -> None:
    site.sign_in()
    answer = site.client.post("/api/findings/f-2287aa10/verdict", json={"kind": "true_positive"})
    assert answer.status_code == 403
    assert "names no origin" in answer.json()["sentence"]
    assert not site.views.verdicts


def test_no_method_but_get_head_and_post_is_answered(site: Site) -> None:
    site.sign_in()
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"):
        assert site.client.request(method, "/api/findings/f-2287aa10", headers=OURS).status_code == 405


# -- what is sent ------------------------------------------------------------------------------------------------


def test_every_answer_allows_only_this_host(site: Site) -> None:
    site.sign_in()
    for path in ("/", "/api/header", "/assets/app.js", "/api/none", "/enter?token=x"):
        headers = site.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "http" not in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
    assert site.client.get("/api/header").headers["cache-control"] == "no-store"


def test_each_page_has_a_nonce_of_its_own(site: Site) -> None:
    first, second = site.client.get("/"), site.client.get("/findings/any")
    for answer in (first, second):
        nonce = re.search(r'content="([^"]+)"', answer.text)
        assert nonce is not None
        assert f"'nonce-{nonce[1]}'" in answer.headers["content-security-policy"]
    assert first.text != second.text


def test_assets_do_not_lead_out_of_their_folder(site: Site) -> None:
    for path in ("/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/assets//etc/passwd"):
        answer = site.client.get(path)
        assert "outside" not in answer.text
        assert "root:" not in answer.text


def test_without_a_built_interface_the_page_says_so_and_the_api_works(site: Site, tmp_path: Path) -> None:
    app = create_app(site.views, site.sessions, WebSettings(static=tmp_path / "nothing"))
    client = TestClient(app, base_url=BASE)
    assert client.get(f"/enter?token={site.token()}").status_code == 200
    page = client.get("/")
    assert page.status_code == 503
    assert "build_ui.py" in page.text
    assert client.get("/api/queue").status_code == 200


def test_no_documentation_page_that_loads_scripts_from_elsewhere(site: Site) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert 'id="root"' in site.client.get(path).text


# -- bad input ---------------------------------------------------------------------------------------------------


def test_a_refused_request_never_echoes_a_key(site: Site) -> None:
    site.sign_in()
    canary = "sk-ant-api01-canary-0123456789"
    for body in ({"kind": 7, "name": canary, "options": canary}, {"kind": "claude", "key": canary}):
        answer = site.client.post("/api/sources/test", json=body, headers=OURS)
        assert answer.status_code == 422
        assert canary not in answer.text


def test_an_unexpected_error_tells_its_class_only(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(viewer: Viewer, since: Micros | None) -> None:
        raise RuntimeError("canary-in-an-exception")

    site.sign_in()
    monkeypatch.setattr(site.views, "header", fail)
    with caplog.at_level(logging.DEBUG):
        answer = site.client.get("/api/header")
    assert answer.status_code == 500
    assert answer.json()["details"] == "RuntimeError"
    assert "canary" not in answer.text
    assert "canary" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_what_does_not_exist_is_a_sentence(site: Site) -> None:
    site.sign_in()
    for path in ("/api/findings/none", "/api/identities/none", "/api/access?pivot=nothing:here", "/api/nowhere"):
        answer = site.client.get(path)
        assert answer.status_code == 404
        assert answer.json()["sentence"].endswith(".")


def test_a_second_verdict_is_refused_and_changes_nothing(site: Site) -> None:
    site.sign_in()
    path = "/api/findings/f-2287aa10/verdict"
    assert site.client.post(path, json={"kind": "true_positive"}, headers=OURS).status_code == 200
    again = site.client.post(path, json={"kind": "false_positive"}, headers=OURS)
    assert again.status_code == 409
    assert site.views.verdicts["f-2287aa10"].kind == "true_positive"


def test_the_server_listens_on_loopback_only(site: Site) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(ValueError, match="loopback only"):
            run(site.app, host, 0)
