"""What a call came to, laid out for its reader: once, however often it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from server.answers import text as words
from server.answers.budget import Cut, Results
from server.clean import OURS, THEIRS, structure
from server.models import Image

NOTE = "drumbeat_note"


@dataclass(frozen=True)
class Answer:
    """What a call came to; `notes` say what to know of it, such as how old it is.

    heavy: that laying it out takes so long that it must not hold up other calls. images: the pictures beside it.
    page_data: what a page in the chat shows of it, which no model reads.
    """

    result: BaseModel
    notes: Sequence[str] = ()
    heavy: bool = False
    images: Sequence[Image] = ()
    page_data: dict[str, Any] | None = None
    _fitted: "list[Fitted]" = field(default_factory=list, repr=False, compare=False)

    def noted(self, *notes: str) -> "Answer":
        """The same answer, laid out once for both, with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def whole(self) -> tuple[str, dict[str, Any]]:
        """The whole answer as text and as structure."""
        data = structure(self.result)
        return self._with_notes(words.text(self.result, data), data, self.notes)

    def fitted(self, results: Results, caller: str) -> tuple[str, dict[str, Any]]:
        """The answer as text and as structure within the budget; `results` keeps what was cut for the caller."""
        if not self._fitted or not all(results.keeps(cut.number, caller) for cut in self._fitted[0].cuts):
            data, cuts = results.fit(self.result, caller)
            self._fitted[:] = [Fitted(words.text(self.result, data), data, cuts)]
        fitted = self._fitted[0]
        notes = [*(cut.note(results.tools) for cut in fitted.cuts), *self.notes]
        return self._with_notes(fitted.text, fitted.data, notes)

    def _with_notes(self, text: str, data: dict[str, Any], notes: Sequence[str]) -> tuple[str, dict[str, Any]]:
        notes = list(dict.fromkeys(notes))
        text = "\n".join([text, *(f"{OURS} {note}." for note in notes)])
        # A vendor's field of that name must not pass for ours.
        data = (
            {THEIRS + name if name == NOTE else name: value for name, value in data.items()} if NOTE in data else data
        )
        return text, {**data, NOTE: ". ".join(notes)} if notes else data


@dataclass(frozen=True)
class Fitted:
    """A result within the budget: as text, as structure, and what was cut from both."""

    text: str
    data: dict[str, Any]
    cuts: list[Cut]
