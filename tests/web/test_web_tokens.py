"""The colours: contrast and what colour-blind eyes keep apart, computed from the token file."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "ui" / "src" / "tokens.css"
THEMES = ("light", "dark")
SEVERITY = ("critical", "high", "medium", "low", "info")
FAMILIES = ("people", "money", "secrets", "business")
TEXTS = ("text", "text-2", "text-3", "accent", "ok", *SEVERITY)
GROUNDS = ("surface", "bg", "sunken", "accent-soft", "change-soft")

Rgb = tuple[float, float, float]

#: Machado, Oliveira, Fernandes (2009), severity 1.0, for linear RGB.
BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _tokens(theme: str) -> dict[str, str]:
    found = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\)", TOKENS.read_text())
    return {name: dark if theme == "dark" else light for name, light, dark in found}


def _linear(colour: str) -> Rgb:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def _contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        red, green, blue = _linear(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _lab(linear: Rgb) -> Rgb:
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    white = (0.95047, 1.0, 1.08883)

    def curve(value: float) -> float:
        return value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116

    x, y, z = (
        curve(sum(a * b for a, b in zip(row, linear, strict=True)) / w) for row, w in zip(rows, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _seen(colour: str, blindness: str) -> Rgb:
    linear = _linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in BLINDNESS[blindness]
    )
    return _lab((red, green, blue))


def _distance(first: str, second: str, blindness: str) -> float:
    pairs = zip(_seen(first, blindness), _seen(second, blindness), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_ground(theme: str) -> None:
    tokens = _tokens(theme)
    low = {
        (text, ground): round(_contrast(tokens[text], tokens[ground]), 2)
        for text, ground in itertools.product(TEXTS, GROUNDS)
        if _contrast(tokens[text], tokens[ground]) < 4.5
    }
    assert not low


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_filled_things_is_readable(theme: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert _contrast(tokens["on-critical"], tokens["critical"]) >= 4.5
    assert _contrast(tokens["change-ink"], tokens["change-soft"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_edges_of_controls_and_marks_stand_out(theme: str) -> None:
    tokens = _tokens(theme)
    for mark in ("control", "usual", "change-edge", *FAMILIES):
        assert _contrast(tokens[mark], tokens["surface"]) >= 3.0, mark


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("blindness", sorted(BLINDNESS))
def test_colour_blind_eyes_keep_severities_and_families_apart(theme: str, blindness: str) -> None:
    tokens = _tokens(theme)
    # Info is grey and has no lit bar: it needs less distance than the four that compete for attention.
    for names, least in ((SEVERITY[:4], 15.0), (SEVERITY, 8.0), (FAMILIES, 26.0)):
        nearest = min((_distance(tokens[a], tokens[b], blindness), a, b) for a, b in itertools.combinations(names, 2))
        # The published distances are rounded to whole numbers.
        assert nearest[0] >= least - 0.5, nearest


def test_gold_is_used_for_change_only() -> None:
    tokens = _tokens("light")
    others = {name: value for name, value in tokens.items() if not name.startswith("change")}
    assert tokens["change"] not in others.values()


@pytest.mark.parametrize("theme", THEMES)
def test_figures_on_the_heat_of_the_data_map_are_readable(theme: str) -> None:
    tokens = _tokens(theme)
    for step in (1, 2, 3):
        assert _contrast(tokens["text"], tokens[f"heat-{step}"]) >= 4.5, step
    assert _contrast(tokens["on-heat-4"], tokens["heat-4"]) >= 4.5
