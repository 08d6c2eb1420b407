"""What LinearB answers, and the argument types that its tools share."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from server.declare import Completes, JsonObject, Moment, Noise, VendorModel, iso


def _when(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date as 2026-11-20, or a time as 2026-11-20T09:30:00Z") from None
    if len(text) == len("2026-11-20"):
        return moment.date()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


When = Annotated[
    date | datetime,
    BeforeValidator(_when),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A day, or a moment in ISO 8601; sent in the form in which it was given."""

At = Annotated[Moment, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment, with a shorter schema than `Moment` has."""


class DateFilter(BaseModel):
    """A period to look in, open at either end."""

    # The name says it all: the description would only cost tokens in the schema.
    model_config = ConfigDict(extra="forbid", json_schema_extra=lambda schema: schema.pop("description", None))

    after: When | None = None
    before: When | None = None

    @model_validator(mode="after")
    def _forwards(self) -> "DateFilter":
        if self.after and self.before and self.after.isoformat()[:10] > self.before.isoformat()[:10]:
            raise ValueError("after is later than before")
        return self

    def wire(self) -> dict[str, str | None]:
        """The period as LinearB writes it."""
        return {"after": iso(self.after), "before": iso(self.before)}


class TimeRange(DateFilter):
    """A period to measure."""

    after: When
    before: When


Ids = Annotated[list[int], Field(max_length=50)]
PageSize = Annotated[int, Field(ge=1, le=50, description="Default 50")]
UpTo100 = Annotated[int, Field(ge=1, le=100)]
RollUp = Literal["1d", "1w", "1mo", "custom"]
Direction = Literal["asc", "desc"]
Format = Literal["csv", "json"]

TeamId = Annotated[str, Completes("list_teams", "id")]
ServiceId = Annotated[int, Field(ge=1), Completes("list_services", "id")]
ProviderId = Annotated[
    str, Field(description="The incident's id in your PM tool"), Completes("search_incidents", "provider_id")
]


class Measurements(BaseModel):
    """Measurements as flat rows.

    note: what to know about them, or why there are none. request_id: of the V1 report.
    metrics: what the columns mean, and their units. next: the arguments that fetch what follows.
    """

    note: str | None = None
    request_id: str | None = None
    detail: str | None = None
    metrics: dict[str, str] | None = None
    items: list[JsonObject] = []
    next: dict[str, Any] | None = None


class Window(VendorModel):
    """One period of an answer with a row a group, or one row of a report."""

    metrics: list[dict[str, Any]] | None = None

    def rows(self) -> list[dict[str, Any]]:
        """The window's rows, each with the window's own fields: its `after` and `before`."""
        shared = self.model_extra or {}
        return [shared] if self.metrics is None else [{**shared, **metric} for metric in self.metrics]


class Accepted(VendorModel):
    """What LinearB took on, and will work into its metrics."""

    request_id: str | None = None


class ReportLink(VendorModel):
    """Where a report is."""

    report_url: str
    detail: str | None = None


class Deployment(VendorModel):
    """A deployment. LinearB documents none of its fields."""


class Incident(VendorModel):
    """An incident. The objects inside are undocumented."""

    provider_id: str | None = None
    title: str | None = None
    status: str | None = None
    issued_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    git_ref: str | None = None
    http_url: str | None = None
    teams: list[Any] | None = None
    services: list[Any] | None = None
    repositories: list[Any] | None = None


class Team(VendorModel):
    """A team; `parent_id` is the team above it."""

    id: int | None = None
    name: str | None = None
    parent_id: int | None = None
    organization_id: Any = Noise
    initials: Any = Noise
    color: Any = Noise


class Member(VendorModel):
    """A member of a team. LinearB documents none of its fields."""

    id: int | None = None
    name: str | None = None
    email: str | None = None


class User(VendorModel):
    """A user with teams, permissions and connected accounts."""

    id: int | None = None
    name: str | None = None
    email: str | None = None
    organization_id: Any = Noise
    avatar_url: Any = Noise


class Paths(VendorModel):
    """The part of a repository that belongs to a service."""

    id: int | None = None
    name: str | None = None
    paths: list[str] | None = None


class Service(VendorModel):
    """A service: repositories, or parts of them."""

    id: int | None = None
    name: str | None = None
    paths: list[Paths] | None = None


class Repository(VendorModel):
    """A repository."""

    id: int | None = None
    name: str | None = None
    http_url: str | None = None
