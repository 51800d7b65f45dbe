"""User agent → client: which program, on which system, and whether a person is behind it.

Browser strings change every week, so the baseline value is `family / os` (`client_label`), never the raw text.
Our own rules run first because public parsers do not know Claude's clients.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

__all__ = ["UNKNOWN_CLIENT", "Client", "DeviceClass", "client_label", "client_of"]

DeviceClass = Literal["computer", "phone", "tablet", "server", "unknown"]


@dataclass(frozen=True, slots=True)
class Client:
    """The program that made a request."""

    family: str
    """`Chrome`, `Claude Code`, `Claude desktop`, `Anthropic SDK (python)`, `curl`, …; `unknown` without one."""
    major: str | None
    """First part of its version, as text."""
    os_family: str
    """`macOS`, `Windows`, `Linux`, `iOS`, `Android`, `ChromeOS`, `unknown`."""
    device_class: DeviceClass
    is_automation: bool
    """True for SDKs, HTTP libraries, crawlers and headless browsers; an interactive command line is not automation."""


UNKNOWN_CLIENT = Client("unknown", None, "unknown", "unknown", False)

_Rule = tuple[re.Pattern[str], str, bool]


def _rule(pattern: str, family: str, automation: bool = False) -> _Rule:
    return re.compile(pattern, re.IGNORECASE), family, automation


#: Pattern with one optional group for the major version. `\g<kind>` of a named group completes the family.
_CLAUDE: tuple[_Rule, ...] = (
    _rule(r"^claude-(?:cli|code)/(\d+)", "Claude Code"),
    _rule(r"\bclaude(?:mobile|-ios|-android)(?:/(\d+))?", "Claude mobile"),
    _rule(r"^claude/(\d+)[^(]*\([^)]*(?:ios|iphone|ipad|android)", "Claude mobile"),
    _rule(r"\bclaude/(\d+).*\belectron/", "Claude desktop"),
    _rule(r"\belectron/.*\bclaude/(\d+)", "Claude desktop"),
    _rule(r"\bclaude[ -]?desktop(?:/(\d+))?", "Claude desktop"),
    _rule(r"^claude[ -]?(?:for-)?(?:excel|office|chrome|slack)(?:/(\d+))?", "Claude add-in"),
    _rule(r"\bclaude(?:bot|-user|-searchbot)(?:/(\d+))?", "Claude crawler", True),
    _rule(r"^anthropic/python (\d+)", "Anthropic SDK (python)", True),
    _rule(r"^(?:async)?anthropic/(?:js|typescript) (\d+)", "Anthropic SDK (typescript)", True),
    _rule(r"^(?:async)?anthropic/(?P<kind>\w+) (\d+)", r"Anthropic SDK (\g<kind>)", True),
    _rule(r"\banthropic-sdk-(?P<kind>\w+)(?:/(\d+))?", r"Anthropic SDK (\g<kind>)", True),
)

_LIBRARIES: tuple[_Rule, ...] = (
    _rule(r"\bheadlesschrome(?:/(\d+))?", "headless Chrome", True),
    _rule(r"\b(?:phantomjs|puppeteer|playwright|selenium)(?:/(\d+))?", "browser automation", True),
    _rule(r"^python-httpx(?:/(\d+))?|^httpx(?:/(\d+))?", "python-httpx", True),
    _rule(r"\bpython-requests(?:/(\d+))?", "python-requests", True),
    _rule(r"\bpython-urllib3?(?:/(\d+))?", "python-urllib", True),
    _rule(r"\baiohttp(?:/(\d+))?", "aiohttp", True),
    _rule(r"\bboto(?:3|core)(?:/(\d+))?", "boto3", True),
    _rule(r"\baws-cli(?:/(\d+))?", "aws-cli", True),
    _rule(r"\baws-sdk-(?P<kind>\w+)(?:/(\d+))?", r"aws-sdk-\g<kind>", True),
    _rule(r"\bterraform(?:/(\d+))?", "Terraform", True),
    _rule(r"\bokhttp(?:/(\d+))?", "okhttp", True),
    _rule(r"\baxios(?:/(\d+))?", "axios", True),
    _rule(r"\bnode-fetch(?:/(\d+))?", "node-fetch", True),
    _rule(r"\bundici(?:/(\d+))?", "undici", True),
    _rule(r"\bgo-http-client(?:/(\d+))?", "Go-http-client", True),
    _rule(r"\bcurl(?:/(\d+))?", "curl", True),
    _rule(r"\bwget(?:/(\d+))?", "Wget", True),
    _rule(r"\bpowershell(?:/(\d+))?", "PowerShell", True),
    _rule(r"\bpostmanruntime(?:/(\d+))?", "Postman", True),
    _rule(r"\binsomnia(?:/(\d+))?", "Insomnia", True),
    _rule(r"\bapache-httpclient(?:/(\d+))?", "Apache-HttpClient", True),
    _rule(r"^java(?:/(\d+))?", "Java", True),
    _rule(r"^ruby\b|\bfaraday\b|\brest-client(?:/(\d+))?", "Ruby", True),
    _rule(r"\bguzzlehttp(?:/(\d+))?", "Guzzle", True),
    _rule(r"\bgit(?:hub-[\w-]+)?/(\d+)", "git", True),
    _rule(r"^(?:npm|yarn|pnpm)/(\d+)", "npm", True),
    _rule(r"^node(?:\.js)?(?:/v?(\d+))?|\bnode/v?(\d+)", "node", True),
    _rule(r"^python/(\d+)|\bpython/(\d+)", "python", True),
    _rule(r"\b(?:bot|crawler|spider|slurp)\b|\w+bot(?:/(\d+))", "crawler", True),
)

#: The most specific first: almost every browser also says Chrome and Safari.
_BROWSERS: tuple[_Rule, ...] = (
    _rule(r"\belectron/(\d+)", "Electron app"),
    _rule(r"\b(?:edg|edga|edgios|edge)/(\d+)", "Edge"),
    _rule(r"\b(?:opr|opera|opios|opt)/(\d+)", "Opera"),
    _rule(r"\bvivaldi/(\d+)", "Vivaldi"),
    _rule(r"\bbrave/(\d+)", "Brave"),
    _rule(r"\bduckduckgo/(\d+)", "DuckDuckGo"),
    _rule(r"\bsamsungbrowser/(\d+)", "Samsung Internet"),
    _rule(r"\b(?:firefox|fxios)/(\d+)", "Firefox"),
    _rule(r"\b(?:chrome|crios|chromium)/(\d+)", "Chrome"),
    _rule(r"\bversion/(\d+)[^ ]* (?:mobile/\S+ )?safari/", "Safari"),
    _rule(r"\bmsie (\d+)|\btrident/.*rv:(\d+)", "Internet Explorer"),
    _rule(r"\bapplewebkit/(\d+)", "WebKit app"),
    _rule(r"^chrome$", "Chrome"),
)

_SYSTEMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bipad|\biphone|\bipod|\bios\b", "iOS"),
        (r"\bandroid\b", "Android"),
        (r"\bcros\b", "ChromeOS"),
        (r"\bwindows\b|\bwin(?:32|64)\b", "Windows"),
        (r"\bmac ?os|\bmacintosh\b|\bdarwin\b|\bmacos", "macOS"),
        (r"\blinux\b|\bubuntu\b|\bx11\b|\bdebian\b", "Linux"),
    )
)

_SDK_ENTRY = re.compile(r"\bsdk[-\w]*\)?|\bgithub-action\b", re.IGNORECASE)
_MOBILE = re.compile(r"\bmobile\b|\biphone\b|\bipod\b", re.IGNORECASE)
_TABLET = re.compile(r"\bipad\b|\btablet\b", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def client_of(user_agent: str | None) -> Client:
    """The client behind a user agent string; `UNKNOWN_CLIENT` for none, family `other` for one nobody knows."""
    if user_agent is None or not user_agent.strip():
        return UNKNOWN_CLIENT
    text = user_agent.strip().strip("[]")[:512]
    system = _system(text)
    for rules, fallback_device in ((_CLAUDE, None), (_LIBRARIES, "server"), (_BROWSERS, None)):
        for pattern, family, automation in rules:
            found = pattern.search(text)
            if found is None:
                continue
            if family == "Claude Code":
                # It names how it was started: `(external, cli)` by a person, `(external, sdk-py)` by a program.
                automation = _SDK_ENTRY.search(text) is not None  # noqa: PLW2901
            device = _device(text, system, family)
            if device == "unknown" and fallback_device is not None:
                device = "server"
            return Client(_family(found, family), _major(found), system, device, automation)
    return Client("other", None, system, _device(text, system, "other"), False)


def client_label(user_agent: str | None) -> str:
    """The value that baselines count: `family / os`, for example `Chrome / macOS`."""
    client = client_of(user_agent)
    return f"{client.family} / {client.os_family}"


def _family(found: re.Match[str], family: str) -> str:
    return found.expand(family) if r"\g<" in family else family


def _major(found: re.Match[str]) -> str | None:
    numbers = [group for group in found.groups() if group and group.isdigit()]
    return numbers[0] if numbers else None


def _system(text: str) -> str:
    for pattern, name in _SYSTEMS:
        if pattern.search(text):
            return name
    return "unknown"


def _device(text: str, system: str, family: str) -> DeviceClass:
    if _TABLET.search(text):
        return "tablet"
    if family == "Claude mobile" or system == "iOS" or _MOBILE.search(text):
        return "phone"
    if system == "Android":
        return "tablet"  # Android browsers on phones say "Mobile"; on tablets they leave it out.
    if system in {"macOS", "Windows", "Linux", "ChromeOS"}:
        return "computer"
    return "unknown"
