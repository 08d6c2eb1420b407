"""Keeping secrets out of what is shown and kept."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import PlainSerializer

MASK = "********"
SECRET = re.compile(r"pass(word|phrase)?$|secret|token|api_?key$|private_?key|credential", re.IGNORECASE)

Masked = Annotated[str, PlainSerializer(lambda _: MASK, return_type=str)]
"""A secret inside vendor data: parsed, never shown."""


def redact(value: Any, secrets: frozenset[str] = frozenset()) -> Any:
    """`value` with `secrets`, and whatever stands under the name of a secret, masked."""
    if isinstance(value, Mapping):
        return {
            key: MASK if SECRET.search(str(key)) and isinstance(item, str) else redact(item, secrets)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item, secrets) for item in value]
    return MASK if isinstance(value, str) and value in secrets else value


def secrets_in(value: Any, *, whole: bool = True) -> Iterator[str]:
    """The secrets in a sensitive argument: a text itself; in objects what stands under a telling name."""
    if isinstance(value, str):
        if whole and value:
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, whole=key == "value" or bool(SECRET.search(str(key))))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item, whole=False)


def is_masked(value: Any) -> bool:
    """Whether a value, or anything inside it, was masked, so that it cannot be sent back."""
    if isinstance(value, Mapping):
        return any(map(is_masked, value.values()))
    return any(map(is_masked, value)) if isinstance(value, list) else value == MASK
