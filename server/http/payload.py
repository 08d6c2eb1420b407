"""What goes out as JSON, and what comes back as types."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter


class Request(BaseModel):
    """A request as a dry run shows it."""

    would_send: str
    body: Any = None


class Exactly(dict[str, Any]):
    """A body, or an object in one, whose nulls are meant: they empty the vendor's fields."""


@cache
def adapter(returns: Any) -> TypeAdapter[Any]:
    """The validator of a return type, built once."""
    return TypeAdapter(returns)


def without_none(value: Any) -> Any:
    """`value` with every None left out of its objects, at any depth but in what is sent `Exactly`."""
    if isinstance(value, Exactly):
        return value
    if isinstance(value, Mapping):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_none(item) for item in value]
    return value
