"""What a call came to, laid out for its reader: once, however often it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from server.answers import text as words
from server.answers.budget import Cut, Results
from server.answers.columns import folded
from server.clean import OURS, THEIRS, one_line, structure
from server.models import Page
from server.settings import Layout

NOTE = "drumbeat_note"


@dataclass(frozen=True)
class Answer:
    """What a call came to; `notes` say what to know of it, such as how old it is.

    heavy: that laying it out takes so long that it must not hold up other calls.
    """

    result: BaseModel
    notes: Sequence[str] = ()
    heavy: bool = False
    _fitted: "dict[Layout, Fitted]" = field(default_factory=dict, repr=False, compare=False)

    def noted(self, *notes: str) -> "Answer":
        """The same answer, laid out once for both, with more notes."""
        return Answer(self.result, (*self.notes, *notes), self.heavy, self._fitted)

    def whole(self) -> str:
        """The whole answer as text."""
        return _noted(words.text(self.result, structure(self.result)), [*map(one_line, self.notes)])

    def fitted(self, results: Results, caller: str, layout: Layout = "text") -> "Sent":
        """The answer as it is sent, within the budget; `results` keeps what was cut for the caller."""
        fitted = self._fitted.get(layout)
        if not fitted or not all(results.keeps(cut.number, caller) for cut in fitted.cuts):
            fitted = self._fitted[layout] = _fit(self.result, results, caller, layout)
        notes = [*(cut.note(results.tools) for cut in fitted.cuts), *map(one_line, self.notes)]
        text = None if fitted.text is None else _noted(fitted.text, notes)
        return Sent(text, None if fitted.data is None else _data_noted(fitted.data, notes))


@dataclass(frozen=True)
class Sent:
    """What a client is sent of an answer."""

    text: str | None
    data: dict[str, Any] | None


@dataclass(frozen=True)
class Fitted(Sent):
    """A result within the budget, and what was cut from it."""

    cuts: list[Cut]


def _fit(result: BaseModel, results: Results, caller: str, layout: Layout) -> Fitted:
    data, cuts = results.fit(result, caller)
    text = None if layout == "structured" else words.text(result, data)
    return Fitted(text, None if layout == "text" else _structured(result, data), cuts)


def _structured(result: BaseModel, data: dict[str, Any]) -> dict[str, Any]:
    # A vendor's field of that name must not pass for ours.
    sent: dict[str, Any] = folded({THEIRS + name if name == NOTE else name: value for name, value in data.items()})
    goes_on = isinstance(result, Page) and "next" in data
    return {**sent, NOTE: words.shown(len(data["items"]), data)} if goes_on else sent


def _noted(text: str, notes: Sequence[str]) -> str:
    return "\n".join([text, *(f"{OURS} {note}." for note in dict.fromkeys(notes))])


def _data_noted(data: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    notes = list(dict.fromkeys([data[NOTE], *notes] if NOTE in data else notes))
    return {**data, NOTE: ". ".join(notes)} if notes else data
