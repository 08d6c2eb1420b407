"""What goes out and what comes back, as JSON and as types."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter


class Request(BaseModel):
    """A request as a dry run shows it."""

    would_send: str
    body: Any = None


class WouldSend(Exception):
    """A dry run came to the point where it would have sent `request`."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.would_send)
        self.request = request


@cache
def adapter(returns: Any) -> TypeAdapter[Any]:
    """The validator of a return type, built once."""
    return TypeAdapter(returns)


def without_none(value: Any) -> Any:
    """`value` with every None left out of its objects, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_none(item) for item in value]
    return value


def remaining(response: httpx.Response) -> int | None:
    """What a vendor's answer says is left of its rate limit."""
    left = response.headers.get("x-rate-limit-remaining", "")
    return int(left) if left.isdecimal() else None


def parse(response: httpx.Response) -> Any:
    """The body as JSON, whatever its content type says; as text where it is not; None where empty."""
    text = response.text
    if not text.strip():
        return None
    try:
        payload = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return text
    return _mended(payload) if "\\ud" in text.lower() else payload


def _mended(value: Any) -> Any:
    """`value` with halves of characters, which cannot be sent on, replaced."""
    if isinstance(value, Mapping):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value
