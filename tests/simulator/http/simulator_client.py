"""A client of the simulated vendors that asks exactly what a test says."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx

from fanlight.simulator.http import RunningSimulator


class Client:
    """Asks a running simulator as a named key; answers are httpx responses."""

    created: ClassVar[list[Client]] = []
    """Closed after each test."""

    def __init__(self, running: RunningSimulator) -> None:
        self.created.append(self)
        self.running = running
        self.secrets = {key.name: key.secret for key in list(running.world.keys())}
        self.http = httpx.Client(timeout=10)

    def get(self, path: str, key: str | None = "parent", params: Any = None, method: str = "GET") -> httpx.Response:
        """One Compliance request; `path` stands behind `/v1/compliance`."""
        headers = {"anthropic-version": "2023-06-01", "user-agent": "test/1"}
        if key is not None:
            headers["x-api-key"] = self.secrets[key]
        return self.http.request(
            method, f"{self.running.compliance_url}/v1/compliance{path}", params=params, headers=headers
        )

    def admin(self, path: str, key: str = "admin", params: Any = None) -> httpx.Response:
        """One Admin API request."""
        headers = {"anthropic-version": "2023-06-01", "x-api-key": self.secrets[key]}
        return self.http.get(f"{self.running.admin_url}/v1/organizations{path}", params=params, headers=headers)

    def okta(self, path: str, params: Any = None, token: str | None = None) -> httpx.Response:
        """One Okta request; a full address is followed as it is."""
        url = path if path.startswith("http") else f"{self.running.okta_url}/api/v1{path}"
        return self.http.get(url, params=params, headers={"authorization": f"SSWS {token or self.secrets['okta']}"})

    def message(self, path: str, params: Any = None, key: str | None = "parent") -> tuple[int, str]:
        """Status and error text."""
        response = self.get(path, key, params)
        return response.status_code, response.json()["error"]["message"]
