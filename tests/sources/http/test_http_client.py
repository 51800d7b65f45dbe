"""The one client: what it retries, what it never does, what it never says."""

from __future__ import annotations

import json
import logging
import re
import threading
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import fanlight.sources
from fanlight.sources.budget import SharedBudget
from fanlight.sources.claude.api import MANNER
from fanlight.sources.contract import SourceError
from fanlight.sources.http import HttpRefusal, VendorClient, check_address
from fanlight.sources.redaction import RedactionFilter, redact
from support.source_fixtures import JumpingClock

KEY = "sk-ant-api01-a-key-that-must-not-leak"
BODY = "canary-body-text"


class Scripted(ThreadingHTTPServer):
    """Answers from a list; the last answer is repeated. Each is (status, headers, body, announced length or None)."""

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.seen = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.seen.append((self.path, dict(self.headers)))
        status, headers, body, length = server.answers[min(len(server.seen), len(server.answers)) - 1]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def scripted(*answers):
    server = Scripted(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def ok(value=None, **headers):
    return 200, headers, json.dumps({"data": []} if value is None else value).encode(), None


def failed(status, headers=None, message=BODY):
    body = {"error": {"type": "api_error", "message": message}}
    return status, headers or {}, json.dumps(body).encode(), None


def client_for(server, keys=(KEY,), patience=60.0, clock=None):
    given = iter(keys)
    held = []

    def credentials():
        held.append(next(given, held[-1] if held else KEY))
        return {"x-api-key": held[-1]}

    clock = clock or JumpingClock()
    return VendorClient(
        label="Test",
        base_url=server.url,
        credentials=credentials,
        clock=clock,
        manner=MANNER,
        seed=1,
        budget=SharedBudget(clock, limit=60_000, share=1.0),
        patience_seconds=patience,
    )


def get(client):
    return client.get_json("/v1/x", purpose="feed", is_right=lambda value: isinstance(value["data"], list))


def is_ours(frame):
    return str(Path(fanlight.sources.__file__).parent) in frame.f_code.co_filename


RETRIED = {
    "500": failed(500),
    "502": failed(502),
    "503": failed(503),
    "504": failed(504),
    "529": failed(529),
    "429 without a wait": failed(429),
    "429 with a wait": failed(429, {"retry-after": "7"}),
    "broken JSON": (200, {}, b'{"data": [1, 2', None),
    "wrong shape": ok({"rows": []}),
    "short body": (200, {}, b'{"data": []}', 500),
    "empty body": (200, {}, b"", None),
}


@pytest.mark.parametrize("answer", RETRIED.values(), ids=RETRIED)
def test_trouble_is_retried_with_the_same_request_until_it_works(answer):
    with scripted(answer, answer, ok({"data": [1]})) as server:
        client = client_for(server)
        assert get(client) == {"data": [1]}
        assert len(server.seen) == 3
        assert len({path for path, _ in server.seen}) == 1
        assert client.budget.spent() == {"feed": 1, "feed:retry": 2}
        assert sum(client.troubles.values()) == 2


def test_the_wait_of_a_429_is_kept_on_the_clock():
    clock = JumpingClock()
    with scripted(failed(429, {"retry-after": "25"}), ok()) as server:
        get(client_for(server, clock=clock))
    assert 25 <= clock.slept <= 60


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (failed(503), "unreachable", "keeps answering status 503"),
        ((200, {}, b'{"data": [1, 2', None), "unreadable", "not readable as JSON"),
        ((200, {}, b'{"data": []}', 500), "unreadable", "cut short"),
    ],
)
def test_patience_ends_in_one_clear_sentence_without_the_body(answer, kind, words):
    with scripted(answer) as server, pytest.raises(SourceError, match=words) as caught:
        get(client_for(server))
    assert caught.value.kind == kind


def test_a_500_that_asks_not_to_be_retried_is_asked_twice_more():
    with scripted(failed(500, {"x-should-retry": "false"})) as server:
        with pytest.raises(HttpRefusal):
            get(client_for(server))
        assert len(server.seen) == 3


def test_a_401_reads_the_key_again_once_then_stops():
    with scripted(failed(401)) as server:
        with pytest.raises(SourceError, match="does not accept the key") as caught:
            get(client_for(server))
        assert caught.value.kind == "credential"
        assert len(server.seen) == 2


def test_a_replaced_key_is_taken_up_without_a_restart():
    with scripted(failed(401), ok()) as server:
        client = client_for(server, keys=("old-key-000", "new-key-000"))
        get(client)
        assert [headers["x-api-key"] for _, headers in server.seen] == ["old-key-000", "new-key-000"]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422])
def test_other_refusals_are_not_retried(status):
    with scripted(failed(status)) as server:
        with pytest.raises(HttpRefusal) as caught:
            get(client_for(server))
        assert caught.value.status == status
        assert len(server.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status):
    with scripted(ok()) as elsewhere:
        answer = (status, {"location": elsewhere.url + "/v1/x"}, b"", None)
        with scripted(answer) as server, pytest.raises(SourceError, match="redirect"):
            get(client_for(server))
        assert elsewhere.seen == []


def test_an_absolute_address_of_another_host_is_not_asked():
    with scripted(ok()) as elsewhere, scripted(ok()) as server:
        with pytest.raises(SourceError, match="stays here"):
            client_for(server).get_json(elsewhere.url + "/v1/x", purpose="feed")
        assert elsewhere.seen == []


def test_no_exception_holds_a_body_or_a_key():
    answers = [failed(400), failed(403), failed(500), (200, {}, f'{{"data": ["{BODY}"'.encode(), None)]
    for answer in answers:
        with scripted(answer) as server:
            try:
                get(client_for(server))
            except SourceError as error:
                frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if is_ours(frame)]
                chain = [error, error.__cause__, error.__context__]
                assert frames
                assert all(BODY not in repr(frame.f_locals) for frame in frames)
                assert BODY not in "".join(traceback.format_exception(error))
                assert all(BODY not in repr(link) and BODY not in repr(getattr(link, "__dict__", "")) for link in chain)
                assert KEY not in "".join(traceback.format_exception(error))
            else:
                pytest.fail("the broken answer was accepted")


def test_nothing_secret_is_logged_even_with_debugging_on(caplog):
    with caplog.at_level(logging.DEBUG), scripted(failed(503), ok({"data": [BODY]})) as server:
        get(client_for(server))
    assert KEY not in caplog.text
    assert BODY not in caplog.text


def test_text_that_is_not_quite_unicode_does_not_stop_a_feed():
    body = b'{"data": ["\\ud800 lone", "caf\xe9"]}'
    with scripted((200, {}, body, None)) as server:
        assert len(get(client_for(server))["data"]) == 2


def test_a_download_is_cut_at_the_cap():
    with scripted((200, {"content-type": "text/plain; charset=utf-8"}, b"x" * 5000, None)) as server:
        got = client_for(server).get_bytes("/f", purpose="content", cap=100)
    assert (got.truncated, got.content.length, got.mime_type) == (True, 100, "text/plain")


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "ftp://x.example.com",
        "https://",
        "api.example.com",
        "https://user:pw@example.com",
        "https://example.com?x=1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
    ],
)
def test_addresses_that_would_show_the_key_are_refused(address):
    with pytest.raises(SourceError):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["https://api.example.com/", "http://127.0.0.1:80", "http://[::1]:9", "http://localhost:1"]
)
def test_https_and_loopback_are_accepted(address):
    assert check_address(address) == address.rstrip("/")


def test_a_proxy_from_the_environment_is_not_used_for_plain_http(monkeypatch):
    with scripted(ok()) as proxy, scripted(ok()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        get(client_for(server))
        assert proxy.seen == []


def test_only_get_is_spoken_and_signing_in_is_the_one_exception():
    """Reads the source: two modules know the HTTP library; one gets, the other sends, and only for a token."""
    root = Path(fanlight.sources.__file__).parent
    speaking = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(
            r"^\s*(import|from) (httpx|urllib3|requests|aiohttp|http\.client|urllib\.request|socket)\b",
            path.read_text(),
            re.MULTILINE,
        )
    }
    assert speaking == {"http.py", "signin.py"}
    others = [path for path in root.rglob("*.py") if path.name not in ("http.py", "signin.py")]
    assert not [
        path for path in others if re.search(r"_client\.(stream|request|send|put|post|delete)", path.read_text())
    ]
    sends = (root / "signin.py").read_text()
    assert re.findall(r"_client\.(\w+)\(\s*\"(\w+)\", (\w+)\(url\)", sends) == [
        ("stream", "POST", "check_token_address")
    ]
    assert len(re.findall(r"\b(POST|PUT|PATCH|DELETE)\b", sends)) == 1
    text = (root / "http.py").read_text()
    assert re.findall(r"_client\.(\w+)\(", text).count("stream") == 1
    assert set(re.findall(r"_client\.(\w+)\(", text)) == {"stream", "close"}
    assert not re.search(r"\b(POST|PUT|PATCH|DELETE)\b", text)
    assert re.findall(r"stream\(\s*\"(\w+)\"", text) == ["GET"]


@pytest.mark.parametrize(
    "text",
    [
        f"x-api-key: {KEY}",
        f"key {KEY} here",
        "Authorization: Bearer abcdefgh12345",
        "authorization: SSWS 00abcdefghijk",
        "token=ghp_abcdefghijklmnop",
        "xoxb-123456-abcdef",
        "eyJhbGciOiJ.eyJzdWIiOiIx.abc",
        "{'x-api-key': 'abcdef123456'}",
    ],
)
def test_credentials_are_redacted(text):
    secret = re.search(r"(sk-ant-\S+|abcdefgh12345|00abcdefghijk|ghp_\w+|xoxb\S+|eyJ\S+|abcdef123456)", text)[0].rstrip(
        "'}"
    )
    assert secret not in redact(text)
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (text,), None)
    RedactionFilter().filter(record)
    assert secret not in record.getMessage()


def test_ordinary_words_are_not_redacted():
    text = "The key works and sees 3 organizations. Cursor 42, page 7 of /v1/compliance/activities."
    assert redact(text) == text
