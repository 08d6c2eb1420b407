"""What each vendor says of a team's delivery, as measures: one module a vendor."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from tools.insights.definitions import defined
from tools.insights.gather import in_parallel
from tools.insights.measures import Measure, measured
from tools.insights.periods import Span
from tools.insights.teams import Place

T = TypeVar("T", covariant=True)
PERIODS = 6
"""How many periods before are asked for, where a vendor gives them."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a vendor: a team's name, a period, and how many of the periods before."""

    team: str
    span: Span
    periods: int = PERIODS

    @property
    def spans(self) -> list[Span]:
        """The period and those before it, latest first."""
        return [self.span, *(self.span.history(self.periods) if self.periods else [])]

    def measure(self, vendor: str, metric: str, values: Sequence[float | None], **more: Any) -> Measure:
        """A measure of its values in `spans`. more: as `measured` takes it."""
        value, *history = values
        about: dict[str, Any] = {"period": str(self.span), "team": self.team, "days": self.span.days, **more}
        return measured(defined(vendor, metric), value, history=history, **about)


class Source(Protocol[T]):
    """What one vendor answers to what is asked of a team that has a place there."""

    def __call__(self, api: Any, place: Place, asked: Asked) -> Awaitable[T]:
        """The answer. Raises VendorError and Refusal."""
        ...


async def of_each(place: Place, asked: Asked, one: Callable[[str, Asked], Awaitable[list[Measure]]]) -> list[Measure]:
    """The measures of each id that a team has at a vendor, side by side."""
    if len(place.ids) == 1:
        return await one(place.id, asked)
    lists = await in_parallel([partial(one, identity, asked) for identity in place.ids])
    return [
        measure.model_copy(update={"part": identity})
        for identity, measures in zip(place.ids, lists, strict=True)
        for measure in measures
    ]


def ratio(part: float | None, whole: float | None, times: float = 1.0) -> float | None:
    """`part / whole`; None where one is missing, or the whole is less than one, which no count of a thing is."""
    return None if part is None or whole is None or whole < 1 else part / whole * times
