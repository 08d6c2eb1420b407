"""Which teams there are, and who each is at each vendor."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from server.declare import Apis, Completes, Page
from tools.insights import insights
from tools.insights.configuration import WEEKDAYS, configuration
from tools.insights.gather import Gathered, ask_all
from tools.insights.teams import every, find, plain
from tools.insights.vendors import TITLES
from tools.linearb.teams import list_teams as list_linearb_teams
from tools.oobeya.teams import list_all_teams as list_oobeya_teams
from tools.teamoclock.teams import list_teams as list_teamoclock_teams

teams = insights.toolset("teams", "Who a team is at each vendor.")

TeamName = Annotated[str, Field(description="Name, slug or id, as any vendor has it"), Completes("list_teams", "team")]
"""A team in a tool's arguments; `teams.find` and `teams.ask` make it a Team."""


class TeamRow(BaseModel):
    """A team, and its id at each vendor that lists it under this name."""

    team: str
    oobeya: str | None = None
    linearb: str | None = None
    teamoclock: str | None = None
    mapped: str | None = None


class WhoIsWho(BaseModel):
    """A team: its days, its sprints, and who it is at each vendor."""

    team: str
    time_zone: str
    working_days: str
    sprints: str
    at: dict[str, str]


@teams.read()
async def list_teams(api: Apis) -> Page[TeamRow]:
    """The teams of all vendors, those of one name in one row, with their ids at each."""
    rows, gathered = await all_teams(api)
    api.notes += gathered.notes
    return Page(items=rows)


async def all_teams(api: Apis) -> tuple[list[TeamRow], Gathered[list[tuple[str, str]]]]:
    """The teams of all vendors, and what each answered. Raises Failure or Refusal where none did."""
    lists: Mapping[str, Callable[[Any], Awaitable[list[tuple[str, str]]]]] = {
        "oobeya": _oobeya,
        "linearb": _linearb,
        "teamoclock": _teamoclock,
    }
    gathered = await ask_all(api, lists)
    rows: dict[str, dict[str, str]] = {}
    for key, entry in configuration(api.settings).teams.items():
        rows[plain(entry.name or key)] = {"team": entry.name or key, "mapped": key}
    for vendor, found in gathered.answers.items():
        for identity, name in found:
            rows.setdefault(plain(name), {"team": name}).setdefault(vendor, identity)
    return [TeamRow(**row) for row in rows.values()], gathered


@teams.read(resource="drumbeat://teams/{team}")
async def get_team(api: Apis, team: TeamName) -> WhoIsWho:
    """Who a team is at each vendor, its time zone, working days and sprints, and what could not be matched."""
    found = await find(api, team)
    api.notes += found.notes
    sprints = f"{found.sprint.days} days, one began {found.sprint.start}" if found.sprint else "not known"
    return WhoIsWho(
        team=found.name,
        time_zone=found.zone.key,
        working_days=", ".join(WEEKDAYS[day] for day in sorted(found.working_days)),
        sprints=sprints,
        at={TITLES[name]: ", ".join(place.ids) for name, place in found.at.items()},
    )


async def _oobeya(api: Any) -> list[tuple[str, str]]:
    return [(row.id, row.unit_name or row.id) for row in (await list_oobeya_teams(api)).items if row.id]


async def _linearb(api: Any) -> list[tuple[str, str]]:
    rows = await every(list_linearb_teams, api)
    return [(str(row.id), row.name or str(row.id)) for row in rows if row.id is not None]


async def _teamoclock(api: Any) -> list[tuple[str, str]]:
    return [(row.slug, row.name or row.slug) for row in (await list_teamoclock_teams(api)).items if row.slug]
