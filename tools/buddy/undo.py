"""What is known of an object before a change, and which of it can be put back."""

from typing import Any

from pydantic import BaseModel

from server.declare import Change, Exactly, Refusal, is_masked


def told(model: BaseModel) -> dict[str, Any]:
    """An object as it is now, with the fields that Buddy says are empty."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def old_fields(api: Any, change: Change) -> Exactly:
    """The old values of an update's `fields`; notes those that are not known. Raises Refusal where none is."""
    names, before = list(change.arguments.get("fields") or {}), change.before or {}
    old = {name: before[name] for name in names if name in before and not is_masked(before[name])}
    if not old:
        raise Refusal("Nothing was sent: every old value is a secret or was not told, so it is not known.")
    if rest := [name for name in names if name not in old]:
        api.notes.append(f"Not put back: {', '.join(rest)}, whose old value is a secret or was not told")
    return Exactly(old)


def secrets_lost(now: dict[str, Any] | None, names: list[str]) -> list[str]:
    """What a change of the fields `names` would lose, in words: those whose present values are secrets."""
    lost = []
    for name in names:
        present = (now or {}).get(name)
        if not is_masked(present):
            continue
        keys = [str(item["key"]) for item in present if "key" in item] if isinstance(present, list) else []
        lost.append(f"the values of its {name} {', '.join(keys)}" if keys else f"the present {name}, a secret")
    return lost
