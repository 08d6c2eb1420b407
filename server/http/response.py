"""A vendor's whole answer, and what its body says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic_core import from_json


@dataclass(frozen=True)
class Response:
    """A vendor's answer; `content` is the body, unpacked, whatever its content coding was."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the vendor did what it was asked: 2xx."""
        return 200 <= self.status <= 299

    @property
    def is_redirect(self) -> bool:
        """Whether the vendor points elsewhere: 3xx."""
        return 300 <= self.status <= 399

    @property
    def is_server_error(self) -> bool:
        """Whether the fault is the vendor's: 5xx."""
        return self.status >= 500

    @property
    def text(self) -> str:
        """The body in the charset that its content type names, else in UTF-8; what is not text is replaced."""
        kind = {"content-type": self.headers.get("content-type", "")}
        return httpx.Response(self.status, headers=kind, content=self.content).text

    @property
    def calls_left(self) -> int | None:
        """What the vendor says is left of its rate limit."""
        left = self.headers.get("x-rate-limit-remaining", "")
        return int(left) if left.isdecimal() else None

    def parse(self) -> Any:
        """The body as JSON, whatever its content type says; as text where it is not; None where empty."""
        try:
            return from_json(self.content)
        except ValueError:
            return self._parse_leniently()

    def _parse_leniently(self) -> Any:
        text = self.text
        if not text.strip():
            return None
        try:
            # To JSON and back, so that what is nested too deep to be rendered ends here.
            return from_json(json.dumps(_mended(json.loads(text.removeprefix("\ufeff")))))
        except (ValueError, RecursionError):
            return text


def _mended(value: Any) -> Any:
    """`value` with halves of characters, which cannot be sent on, replaced."""
    if isinstance(value, Mapping):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value
