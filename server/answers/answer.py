"""What a call came to, laid out for its reader: once, however often it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from server.answers.budget import Fitted, Results
from server.answers.layout import Sent, lay_out
from server.clean import structure
from server.models import Image
from server.settings import Layout


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
    _fitted: dict[Layout, Fitted] = field(default_factory=dict, repr=False, compare=False)
    _said: dict[Layout, tuple[Sequence[str], Sent]] = field(default_factory=dict, repr=False, compare=False)

    def noted(self, *notes: str) -> "Answer":
        """The same answer, laid out once for both, with more notes."""
        said = (*self.notes, *notes)
        return Answer(self.result, said, self.heavy, self.images, self.page_data, self._fitted, self._said)

    def whole(self) -> str:
        """The whole answer as text."""
        return lay_out(self.result, structure(self.result), "text").noted((), self.notes).text or ""

    def fitted(self, results: Results, caller: str, layout: Layout = "text") -> Sent:
        """The answer as it is sent, within the budget; `results` keeps what was cut for the caller."""
        fitted = self._fitted.get(layout)
        if not fitted or not all(results.keeps(cut.number, caller) for cut in fitted.cuts):
            fitted = self._fitted[layout] = results.fit(self.result, caller, layout, self.notes)
        if fitted.cuts:
            return fitted.sent.noted([cut.note(results.tools) for cut in fitted.cuts], self.notes)
        # What is given again within a second is as old in words, and need not be written and encoded anew.
        notes, sent = self._said.get(layout, (None, fitted.sent))
        if notes != self.notes:
            sent = fitted.sent.noted([], self.notes)
            self._said[layout] = (self.notes, sent)
        return sent
