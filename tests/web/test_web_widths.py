"""The pages that are found by scan fit every width, both themes, and hold no control without a name."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web

PATHS = (
    "/access", "/labels?row=p0&label=PII", "/posture?check=sensitive_project_broad",
    "/detections?rule=sensitive_chat_new_place",
)  # fmt: skip

_NAMELESS = """() => [...document.querySelectorAll('main button, main a, main input')]
    .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length || e.title))
    .map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_every_width(signed: Any, path: str) -> None:
    page = signed.page
    for width, scheme in ((1440, "light"), (1280, "dark"), (720, "light"), (1920, "dark")):  # 720: 1440 at 200 %
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        signed.open(path)
        expect(page.locator("main table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert page.evaluate(_NAMELESS) == []
    expect(page.get_by_text("Simulated data")).to_be_visible()
