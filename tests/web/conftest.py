"""A real server with fixed pages, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fanlight.model import SystemClock
from fanlight.server import Running, Sessions, WebSettings, create_app, start
from server.sample_views import MemorySignIn, SampleViews

STATIC = Path(__file__).resolve().parents[2] / "src" / "fanlight" / "server" / "static"
CHROMIUM = os.environ.get("FANLIGHT_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def require(condition: bool, reason: str) -> None:
    """Skip where something is missing, but fail where this runs as CI."""
    if condition:
        return
    if os.environ.get("CI") or os.environ.get("FANLIGHT_CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Site:
    """The server under test."""

    url: str
    views: SampleViews
    sessions: Sessions

    def link(self) -> str:
        return self.sessions.issue_link("Mira Köhler", self.url)


@dataclass
class Watched:
    """A page with everything that a test must not overlook."""

    page: Any
    site: Site
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of complaints that the test is about, such as `401`; they come whenever an answer does."""
    acts: list[str] = field(default_factory=list)
    """Paths of the POST requests that left the page, in their order."""

    def open(self, path: str) -> Any:
        self.page.goto(self.site.url + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the page shows what its address asks for: a title or a state, and nothing that is still read."""
        from playwright.sync_api import expect

        expect(self.page.locator("main :is(h1, .state)").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    require(Path(CHROMIUM).exists(), f"There is no Chromium at {CHROMIUM}; install the package chromium.")
    from playwright.sync_api import expect, sync_playwright

    # A busy machine is slow, not wrong. What holds at once costs nothing of this.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def serve(views: SampleViews) -> Iterator[Site]:
    """Run a server on a free port."""
    require((STATIC / "index.html").is_file(), "The interface is not built; run python tools/build_ui.py.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sessions = Sessions(MemorySignIn(), SystemClock())
    running: Running = start(create_app(views, sessions, WebSettings(port=port)), port=port)
    assert running.wait_until_ready()
    yield Site(f"http://127.0.0.1:{port}", views, sessions)
    running.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server with the believable pages."""
    yield from serve(SampleViews())


@pytest.fixture
def empty_site() -> Iterator[Site]:
    """A server to which nothing is connected."""
    yield from serve(SampleViews(empty=True, simulated=False))


def watch(browser: Any, site: Site, **options: Any) -> Iterator[Watched]:
    """A signed-in page; fails the test on console errors and on any request that leaves the host."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    page = context.new_page()
    watched = Watched(page, site)
    page.on("console", lambda m: watched.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((site.url, "data:")) else watched.outside.append(r.url))
    page.on("request", lambda r: watched.acts.append(urlsplit(r.url).path) if r.method == "POST" else None)
    page.goto(site.link())
    page.wait_for_url(site.url + "/")
    watched.settle()
    yield watched
    context.close()
    assert not [each for each in watched.complaints if not any(part in each for part in watched.expected)]
    assert not watched.outside


@pytest.fixture
def signed(browser: Any, site: Site) -> Iterator[Watched]:
    yield from watch(browser, site)


@pytest.fixture
def signed_empty(browser: Any, empty_site: Site) -> Iterator[Watched]:
    yield from watch(browser, empty_site)
