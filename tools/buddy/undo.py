"""How old values are put back."""

from collections.abc import Iterable
from typing import Any

from server.declare import MASK, Change, Done, Refusal


def old_values(change: Change, names: Iterable[str]) -> dict[str, Any]:
    """The old values of the fields in `names`, except empty and masked ones. Raises Refusal where none is left."""
    before = change.before or {}
    old = {name: before[name] for name in names if name in before and not _is_masked(before[name])}
    if not old:
        raise Refusal(
            "Nothing was sent: every old value was empty, a secret or not read, so there is nothing to put back."
        )
    return old


def put_back(what: str, names: Iterable[str], old: dict[str, Any]) -> Done:
    """Says which of the fields in `names` have their old value again, and which not."""
    rest = [name for name in names if name not in old]
    but = f"; {', '.join(rest)} not, since the old value was empty or a secret" if rest else ""
    return Done(done=f"{what}: {', '.join(old)} put back{but}.")


def _is_masked(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_masked, value.values()))
    return any(map(_is_masked, value)) if isinstance(value, list) else value == MASK
