"""What the previews and undos of this vendor share."""

from collections.abc import Mapping, Sized
from typing import Any

from server.declare import Change, Refusal


def counted(things: Sized | None, noun: str) -> str:
    """`3 notes`, `1 note`, `no notes`."""
    number = len(things or ())
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def old_values(change: Change, fields: Mapping[str, str]) -> dict[str, Any]:
    """What an update overwrote; `fields` maps its arguments to the vendor's fields.

    Raises Refusal where all of it was empty: the vendor documents no way to empty a field.
    """
    changed = [field for argument, field in fields.items() if change.arguments.get(argument) is not None]
    old = {field: change.before[field] for field in changed if change.before.get(field) is not None}
    if not old:
        raise Refusal(f"Nothing was sent: {', '.join(changed)} had no value before, and cannot be emptied.")
    return old


def key_now(change: Change, field: str, *, new: str, old: str) -> str:
    """The slug or username that an object has since an update that may have changed it."""
    answered = change.result.get(field) if isinstance(change.result, Mapping) else None
    return str(answered or change.arguments.get(new) or change.arguments[old])
