"""The way back from a change: what a person is shown before it runs, and running it."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.changes.journal import Record
from server.errors import Refusal, VendorError
from server.redaction import MASK, is_masked
from server.restore import Change, Deletes, Restore
from server.spec import Declaration, Preview

LONGEST_VALUE = 60


@dataclass(frozen=True)
class WayBack:
    """One change's undo. api: the vendor's Api for it. Both methods raise Refusal and VendorError."""

    record: Record
    declaration: Declaration
    api: Any

    @property
    def _change(self) -> Change:
        return Change(self.record.arguments, self.record.before, self.record.result)

    async def preview(self) -> Preview:
        """What the undo would do to the object as it is now."""
        undo = self.declaration.undo
        what = (self.record.preview or f"{self.declaration.title}, {self.record.time}").rstrip(".:")
        if isinstance(undo, Deletes):
            tool, given = self._deletion(undo)
            assert tool.preview is not None
            lost = await tool.preview(self.api, **taken_by(tool.preview, given))
            return Preview(what=f"Deletes what was made. {lost.what}", name=lost.name, lost=lost.lost)
        if isinstance(undo, Restore):
            old, now = undo.old(self._change), await self._now()
            named = {field: argument for argument, field in undo.fields.items()}
            parts = [self._back(field, named[field], value, now) for field, value in old.items()]
            return Preview(what=f"{what}: {'; '.join(parts)}", name=self.record.change_id)
        return Preview(what=f"{what}: {inspect.getdoc(undo)}", name=self.record.change_id)

    async def run(self) -> Any:
        """Take the change back; what the vendor answered."""
        undo = self.declaration.undo
        assert undo is not None
        if isinstance(undo, Deletes):
            tool, given = self._deletion(undo)
            return await tool.function(self.api, **given)
        try:
            return await undo(self.api, self._change)
        except VendorError as error:
            if len(self.api.sent) < 2:
                raise
            done = ", ".join(self.api.sent[:-1])
            said = f"{error} The undo is half done: before that it sent {done}. Look at both halves."
            raise VendorError(said, status=error.status, acted=True) from error

    def _deletion(self, undo: Deletes) -> tuple[Declaration, dict[str, Any]]:
        tool = self.declaration.toolset.vendor.tool(undo.tool)
        return tool, undo.given(self._change, list(inspect.signature(tool.function).parameters)[1:])

    async def _now(self) -> Mapping[str, Any] | None:
        """The object as it is now; None where that cannot be read."""
        read = self.declaration.before
        if read is None:
            return None
        try:
            found = await read(self.api, **taken_by(read, self.record.arguments))
        except (VendorError, Refusal):
            return None
        before = found.before if isinstance(found, Preview) else found
        return before if isinstance(before, Mapping) else None

    def _back(self, field: str, argument: str, old: Any, now: Mapping[str, Any] | None) -> str:
        made = self.record.arguments[argument]
        found = now.get(field) if now is not None else made
        answered = self.record.result.get(field) if isinstance(self.record.result, Mapping) else None
        # The vendor may write the same in another form, which it does not where it is a plain word or number.
        plain = isinstance(found, str | int | float) and type(found) is type(made)
        since = (
            " (changed by somebody since)" if plain and not any(_same(found, ours) for ours in (made, answered)) else ""
        )
        return f"{field} {quoted(found)} back to {quoted(old)}{since}"


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one, as the same moment is with another offset."""
    if one == other:
        return True
    moments = [_moment(value) for value in (one, other)]
    return None not in moments and moments[0] == moments[1]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def quoted(value: Any) -> str:
    """A value as it may stand in a question: short, and plainly a value."""
    if value in (None, "", [], {}):
        return "nothing"
    text = MASK if is_masked(value) else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE // 2]}…{text[-LONGEST_VALUE // 2 :]}"
    return f"“{text}”" if isinstance(value, str) else text


def taken_by(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that `function` takes by name, after its Api; None for those that were not given."""
    return {name: values.get(name) for name in list(inspect.signature(function).parameters)[1:]}
