"""Errors of the Compliance API as it words them: both generations of texts, newest by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import orjson

from fanlight.simulator.http.wire import Answer

__all__ = ["Generation", "Problem", "bad_request", "missing_scopes", "not_found", "overloaded"]

Generation = Literal["newer", "older"]
"""`newer`: September 2026 on. `older`: May to August 2026."""

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "api_error",
    529: "overloaded_error",
}


class Problem(Exception):
    """An answer that is an error: status, words, and the headers that belong to it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        older: str | None = None,
        error_code: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.older = older
        self.error_code = error_code
        self.headers = tuple(headers)

    def answer(self, generation: Generation = "newer") -> Answer:
        """The error envelope of the API."""
        message = self.older if generation == "older" and self.older is not None else self.message
        error: dict[str, object] = {"type": _TYPES.get(self.status, "api_error"), "message": message}
        if self.error_code is not None:
            error["details"] = {"error_code": self.error_code}
        return Answer(self.status, orjson.dumps({"error": error}), self.headers)


def bad_request(message: str, *, older: str | None = None) -> Problem:
    """400 with these words."""
    return Problem(400, message, older=older)


def not_found(message: str = "Not found", *, older: str | None = None) -> Problem:
    """404 with these words."""
    return Problem(404, message, older=older)


def overloaded(message: str, status: int = 503) -> Problem:
    """A transient failure."""
    return Problem(status, message)


def missing_scopes(got: Sequence[str], needed: Sequence[str]) -> Problem:
    """403 in the words of the API: what the key has and which one of the others would do."""
    reads = [*needed, "read:org_audit"]
    return Problem(
        403,
        f"Missing required scopes. Got: {list(got)!r} Needed one of: {reads!r}",
        older=f"Missing required scopes. Got: {list(got)!r} Needed: {list(needed)!r}",
    )
