"""How a tool declares its way back: a function, fields that it puts back, or the tool that deletes what was made."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.errors import Refusal
from server.redaction import is_masked


@dataclass(frozen=True)
class Change:
    """A journaled change, as an undo function sees it.

    before: what the tool's `preview` or `before` read; result: what the vendor answered.
    """

    arguments: Mapping[str, Any]
    before: Any
    result: Any


NOT_KNOWN = "Nothing was sent: what was there before is a secret or was not read, so it is not known."
PutBack = Callable[[Any, Change, dict[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Restore:
    """The undo of an update: puts back the old values of those fields that it changed.

    fields: the update's arguments, and what their fields are called in `Change.before`. An argument that was
    not given was not changed; a field that was empty is emptied again, with a null.
    """

    function: PutBack
    fields: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def old(self, change: Change) -> dict[str, Any]:
        """The old values by the vendor's names. Raises Refusal where there are none that can be put back."""
        before = change.before
        if not isinstance(before, Mapping):
            raise Refusal(NOT_KNOWN)
        changed = [field for argument, field in self.fields.items() if argument in change.arguments]
        old = {field: before.get(field) for field in changed if not is_masked(before.get(field))}
        if not old:
            raise Refusal(NOT_KNOWN)
        return old

    async def __call__(self, api: Any, change: Change) -> Any:
        """Put the old values back."""
        return await self.function(api, change, self.old(change))


def restores(fields: Mapping[str, str]) -> Callable[[PutBack], Restore]:
    """Declare the undo of an update: a function of the api, the `Change` and the old values to send."""
    return lambda function: Restore(function, fields)


@dataclass(frozen=True)
class Deletes:
    """The undo of a create: the same vendor's delete tool, with its preview and its consent.

    arguments: the delete tool's arguments, and the field of the create's answer (`team.id`) that each takes;
    an argument that the create has under the same name needs no mention.
    """

    tool: str
    arguments: Mapping[str, str]

    def given(self, change: Change, takes: Iterable[str]) -> dict[str, Any]:
        """The delete tool's arguments for what `change` made. Raises Refusal where the answer did not name it."""
        found = {name: change.arguments[name] for name in takes if name in change.arguments}
        for name, path in self.arguments.items():
            value: Any = change.result
            for part in path.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is None:
                raise Refusal(f"Nothing was sent: the vendor's answer did not say the {name} of what was made.")
            found[name] = value
        return found


def deletes(tool: str, **arguments: str) -> Deletes:
    """Declare the undo of a create: `deletes("delete_retro", retro_id="id")`."""
    return Deletes(tool, arguments)


Undo = Callable[[Any, Change], Awaitable[Any]] | Restore | Deletes
"""A way back: a function of the api and the `Change`, whose docstring is what a person reads before it runs."""
