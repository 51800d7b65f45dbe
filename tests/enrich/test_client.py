"""The client behind a user agent."""

from __future__ import annotations

import pytest

from fanlight.enrich.client import UNKNOWN_CLIENT, client_label, client_of

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "family", "major", "system", "device", "automation"),
    [
        ("claude-cli/2.1.3 (external, cli)", "Claude Code", "2", "unknown", "unknown", False),
        ("claude-cli/2.1.3 (external, sdk-py)", "Claude Code", "2", "unknown", "unknown", True),
        ("claude-code/1.0.30 (Darwin arm64)", "Claude Code", "1", "macOS", "computer", False),
        (f"{MAC} Claude/1.0.3 Chrome/138.0 Electron/37.2 Safari/537.36", "Claude desktop", "1", "macOS",
         "computer", False),
        ("Claude/1.250101 (iOS 18.1; iPhone16,1)", "Claude mobile", "1", "iOS", "phone", False),
        ("ClaudeMobile/2.4 (Android 15)", "Claude mobile", "2", "Android", "phone", False),
        ("Anthropic/Python 0.71.0", "Anthropic SDK (python)", "0", "unknown", "unknown", True),
        ("anthropic-sdk-python/0.71.0", "Anthropic SDK (python)", "0", "unknown", "unknown", True),
        ("ClaudeBot/1.0; +claudebot@example.com", "Claude crawler", "1", "unknown", "unknown", True),
        ("python-httpx/0.28.1", "python-httpx", "0", "unknown", "server", True),
        ("python-requests/2.32.3", "python-requests", "2", "unknown", "server", True),
        ("curl/8.7.1", "curl", "8", "unknown", "server", True),
        ("Go-http-client/2.0", "Go-http-client", "2", "unknown", "server", True),
        ("git/2.47.0", "git", "2", "unknown", "server", True),
        ("[Boto3/1.26.165 Python/3.10.6 Linux/5.19.0 Botocore/1.29.165]", "boto3", "1", "Linux", "computer", True),
        (f"{MAC} HeadlessChrome/138.0.0.0 Safari/537.36", "headless Chrome", "138", "macOS", "computer", True),
        (f"{MAC} Chrome/141.0.0.0 Safari/537.36", "Chrome", "141", "macOS", "computer", False),
        (f"{MAC} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge", "140", "macOS", "computer", False),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox", "143",
         "Windows", "computer", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
         "Mobile/15E148 Safari/604.1", "Safari", "18", "iOS", "phone", False),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
         "Safari/537.36", "Chrome", "138", "Android", "phone", False),
        ("Mozilla/5.0", "other", None, "unknown", "unknown", False),
    ],
)  # fmt: skip
def test_names_program_version_system_device_and_whether_a_person_is_there(
    text: str, family: str, major: str | None, system: str, device: str, automation: bool
) -> None:
    client = client_of(text)
    assert (client.family, client.major, client.os_family, client.device_class, client.is_automation) == (
        family, major, system, device, automation,
    )  # fmt: skip


@pytest.mark.parametrize("text", [None, "", "   "])
def test_no_user_agent_is_an_unknown_client(text: str | None) -> None:
    assert client_of(text) == UNKNOWN_CLIENT
    assert client_label(text) == "unknown / unknown"


def test_the_baseline_value_does_not_change_with_the_version() -> None:
    assert client_label(f"{MAC} Chrome/140.0.0.0 Safari/537.36") == client_label(
        f"{MAC} Chrome/141.0.0.0 Safari/537.36"
    )
    assert client_label(f"{MAC} Chrome/141.0.0.0 Safari/537.36") == "Chrome / macOS"


def test_a_hostile_user_agent_is_answered_quickly() -> None:
    assert client_of("(" * 100_000 + "Version/1" * 1000).family == "other"
