"""What a call came to, laid out for its reader: once, however often it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from server.answers import text as words
from server.answers.budget import Cut, Results
from server.clean import structure


@dataclass(frozen=True)
class Answer:
    """What a call came to; `notes` say what to know of it, such as how old it is."""

    result: BaseModel
    notes: Sequence[str] = ()
    _shown: "dict[Results | None, Shown]" = field(default_factory=dict, repr=False, compare=False)

    def noted(self, *notes: str) -> "Answer":
        """The same answer, laid out once for both, with more notes."""
        return Answer(self.result, (*self.notes, *notes), self._shown)

    def render(self, results: Results | None = None) -> tuple[str, dict[str, Any]]:
        """The answer as text and as structure, within the budget of `results`, whole without."""
        shown = self._shown.get(results)
        if shown is None or not all(results and results.get(cut.number) for cut in shown.cuts):
            shown = self._shown[results] = Shown.of(self.result, results)
        notes = [*(cut.note(results.tools) for cut in shown.cuts if results), *dict.fromkeys(self.notes)]
        text = "\n".join([shown.text, *(f"({note}.)" for note in notes)])
        return text, {**shown.data, "drumbeat_note": ". ".join(notes)} if notes else shown.data


@dataclass(frozen=True)
class Shown:
    """A result laid out: as text, as structure, and what was cut from both."""

    text: str
    data: dict[str, Any]
    cuts: list[Cut]

    @classmethod
    def of(cls, result: BaseModel, results: Results | None) -> "Shown":
        """Lay a result out within the budget of `results`."""
        data, cuts = results.fit(result) if results else (structure(result), [])
        return cls(words.text(result, data), data, cuts)
