"""What LinearB answers."""

from typing import Any, Literal

from pydantic import BaseModel

from server.declare import JsonObject, Noise, VendorModel


class Measurements(BaseModel):
    """Measurements as flat rows.

    note: what to know about them, or why there are none. request_id: of the V1 report. report_url: its file.
    metrics: what the columns mean, their units and aggregations. next: the arguments that fetch what follows.
    """

    note: str | None = None
    vendor: Literal["LinearB"] = "LinearB"
    request_id: str | None = None
    report_url: str | None = None
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

    done: str | None = None
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
