"""Incidents at LinearB, which documents little of what is in them."""

from datetime import datetime, timedelta
from typing import Any

from server.declare import ALL, Page
from tools.insights.ages import moment
from tools.insights.pipelines import person
from tools.insights.teams import Place
from tools.linearb.api import LinearB
from tools.linearb.incidents import search_incidents
from tools.linearb.models import Incident

MOST = 100
"""How many incidents are looked at; of more the newest."""


async def searched(api: LinearB, **search: Any) -> Page[Incident]:
    """The incidents of a search, as `search_incidents` takes it, with all that LinearB tells of each."""
    page = await search_incidents(api, **search, limit=MOST, fields=[ALL])
    return page.model_copy(update={"items": [Incident.model_validate(row) for row in page.items]})


def is_of(incident: Incident, place: Place) -> bool:
    """Whether an incident is a team's: LinearB documents no form of its teams, so ids and names count alike."""
    named = [part for team in incident.teams or [] for part in (team.values() if isinstance(team, dict) else [team])]
    return bool({*map(str, named)} & {*place.ids, *place.names})


def titled(incident: Incident) -> str:
    """`INC-74: mobile-app: errors after PR 74`."""
    return f"{incident.provider_id}: {incident.title or 'without a title'}"


def team_of(incident: Incident) -> str | None:
    """The names of its teams, as far as they have any."""
    teams = [team if isinstance(team, str) else person(team) for team in incident.teams or []]
    return ", ".join(filter(None, teams)) or None


def started(incident: Incident) -> datetime | None:
    """When it began, or was reported."""
    return moment(incident.started_at) or moment(incident.issued_at)


def lasted(incident: Incident) -> timedelta | None:
    """How long it took to restore; None while it is open, and where it cannot be told."""
    first, last = started(incident), moment(incident.ended_at)
    return last - first if first and last and last >= first else None
