"""The argument types that LinearB's tools share."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.declare import LAST_MOMENT, Completes, Refusal, Since, Until, covering, iso, utc


class DateFilter(BaseModel):
    """A period to look in, open at either end."""

    # The name says it all: the description would only cost tokens in the schema.
    model_config = ConfigDict(extra="forbid", json_schema_extra=lambda schema: schema.pop("description", None))

    after: Since | None = None
    before: Until | None = None

    @model_validator(mode="after")
    def _forwards(self) -> "DateFilter":
        if self.after and self.before and self.after > self.before:
            raise ValueError("after is later than before")
        return self

    def wire(self) -> dict[str, str | None]:
        """The period as moments, a day as its first or last one."""
        return {"after": utc(self.after), "before": utc(self.before)}


class TimeRange(DateFilter):
    """A period to measure."""

    after: Since
    before: Until

    def wire(self) -> dict[str, str | None]:
        """The period as LinearB writes it: days, which belong to it as a whole, where days were given."""
        return {"after": iso(first_of(self.after)), "before": iso(last_of(self.before))}


def first_of(moment: datetime | None) -> date | None:
    """The day that a period begins with, or its first moment where that is within a day."""
    return moment.date() if moment and moment.time() == time.min else moment


def last_of(moment: datetime | None) -> date | None:
    """The day that a period ends with, or its last moment where that is within a day."""
    return moment.date() if moment and moment.time() == LAST_MOMENT else moment


def covered(periods: Sequence[DateFilter]) -> str:
    """The periods that an answer covers, in words."""
    first = first_of(min(period.after for period in periods if period.after))
    last = last_of(max(period.before for period in periods if period.before))
    said = covering(first, last) + (f", in {len(periods)} ranges" if len(periods) > 1 else "")
    whole = not isinstance(first, datetime) and not isinstance(last, datetime)
    return f"{said}; days in LinearB's own zone, which it does not document" if whole else said


Days = Annotated[list[TimeRange], Field(min_length=1, description="Both ends belong to a range")]

Team = Annotated[str, Completes("list_teams", "id", names=("name",), kind="team")]
Repository = Annotated[str, Completes("list_repositories", "id", names=("name",), ids=r"\d+", kind="repository")]
Service = Annotated[str, Completes("list_services", "id", names=("name",), kind="service")]
Contributor = Annotated[str, Completes("list_users", "email", names=("name",), ids=r"\d+", kind="contributor")]
"""A contributor's id, or the e-mail address or name of the user that it is connected to."""

TeamId = Annotated[str, Completes("list_teams", "id", names=("name",), ids=r"\d+", kind="team")]
ServiceId = Annotated[str, Completes("list_services", "id", names=("name",), ids=r"\d+", kind="service")]
TeamName = Annotated[str, Completes("list_teams", "name", names=("id",), kind="team")]
ServiceName = Annotated[str, Completes("list_services", "name", names=("id",), kind="service")]
ProviderId = Annotated[
    str, Field(description="The incident's id in your PM tool"), Completes("search_incidents", "provider_id")
]

Limit = Annotated[int, Field(ge=1)]
Offset = Annotated[int, Field(ge=0)]
PageSize = Annotated[int, Field(ge=1, le=50, description="Default 50")]
UpTo100 = Annotated[int, Field(ge=1, le=100)]
RollUp = Literal["1d", "1w", "1mo", "custom"]
Direction = Literal["asc", "desc"]
Format = Literal["csv", "json"]


def numbers(argument: str, given: Iterable[str] | None) -> list[int] | None:
    """Ids as the numbers that LinearB takes. Raises Refusal for a name, where the list that has its id is off."""
    ids = list(given or [])
    if wrong := [name for name in ids if not (name.isascii() and name.isdigit())]:
        raise Refusal(f"Nothing was sent: {argument} takes ids here, not {wrong[0]!r}.")
    return [int(number) for number in ids] or None
