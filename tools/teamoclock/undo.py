"""What this vendor's updates, previews and undos share."""

from collections.abc import Iterable, Mapping, Sized
from typing import Any

from server.declare import Change, Deletes, Exactly, Refusal, changes


class DeletesWhatWasOpened(Deletes):
    """Deletes the meeting that a call opened; not one that was running already and was only returned."""

    def given(self, change: Change, takes: Iterable[str]) -> dict[str, Any]:
        """The delete tool's arguments. Raises Refusal where the call opened nothing."""
        if not change.result.get("created"):
            raise Refusal("Nothing was sent: the meeting was running already, so that call opened none.")
        return super().given(change, takes)


def sent(fields: Mapping[str, Any], names: Mapping[str, str]) -> Exactly:
    """The body of an update; `names` maps its arguments to the vendor's fields. Raises Refusal where it is empty."""
    return Exactly({names[argument]: value for argument, value in changes(fields).items()})


def asked_for(kind: str, wanted: str, found: Any) -> None:
    """Raise Refusal where the vendor answered with another object than the one that was asked for."""
    if found is not None and str(found).casefold() != wanted.casefold():
        raise Refusal(f"Nothing was changed: Team O'clock answered with {kind} {found!r} when asked for {wanted!r}.")


def key_now(change: Change, field: str, *, new: str, old: str) -> str:
    """The slug or username that an object has since an update that may have changed it."""
    answered = change.result.get(field) if isinstance(change.result, Mapping) else None
    return str(answered or change.arguments.get(new) or change.arguments[old])


def counted(things: Sized | None, noun: str) -> str:
    """`3 notes`, `1 note`, `no notes`."""
    number = len(things or ())
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
