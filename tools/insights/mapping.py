"""Suggesting who is who: teams of all vendors put together by their names, and where these differ by their members."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from server.declare import Apis, Refusal, Text, VendorError
from tools.buddy.api import Buddy
from tools.buddy.projects import list_projects
from tools.insights.gather import Gathered, in_parallel, nobody, outcomes
from tools.insights.teams import every, plain
from tools.insights.vendors import TITLES
from tools.insights.who import teams
from tools.linearb.teams import list_team_members as list_linearb_members
from tools.linearb.teams import list_teams as list_linearb_teams
from tools.oobeya.members import list_members as list_oobeya_members
from tools.oobeya.teams import list_all_teams as list_oobeya_teams
from tools.teamoclock.teams import list_team_members as list_teamoclock_members
from tools.teamoclock.teams import list_teams as list_teamoclock_teams

ALIKE = 0.5
"""What part of the people of two teams must be in both for these to be taken for one."""
MOST_TEAMS = 40
"""Of so many teams of a vendor the members are read."""
HEAD = """# Suggested by Drumbeat: check it, and put it into drumbeat.toml.
# timezone = "Europe/Berlin"
# sprint = { start = 2026-11-02, days = 14 }
"""


@dataclass(frozen=True)
class Listed:
    """A team as a vendor lists it; `people` are its members by e-mail address, else by name."""

    id: str
    name: str
    people: frozenset[str] = frozenset()


@dataclass
class Suggested:
    """A team put together: its entry at each vendor, and why it was put there."""

    key: str
    name: str
    at: dict[str, Listed] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    projects: list[str] = field(default_factory=list)

    @property
    def people(self) -> frozenset[str]:
        """All who are in it at any vendor."""
        return frozenset().union(*(listed.people for listed in self.at.values()))


@teams.read()
async def suggest_team_map(api: Apis) -> Text:
    """Write a drumbeat.toml by comparing the vendors' teams by names and members, ready to paste."""
    gathered = await outcomes(api, {"oobeya": _oobeya, "linearb": _linearb, "teamoclock": _teamoclock})
    if not gathered.answers:
        raise nobody(gathered.missing)
    api.notes += gathered.notes
    suggested = suggest(gathered.answers)
    if Buddy in api:
        projects: Gathered[list[Any]] = await outcomes(api, {"buddy": partial(every, list_projects, per_page=100)})
        api.notes += projects.notes
        _share_out([row.name for rows in projects.answers.values() for row in rows if row.name], suggested)
    if not suggested:
        raise Refusal("Nothing to suggest: the vendors that answered list no teams.")
    return Text(text=written(suggested, silent=gathered.missing))


def suggest(lists: Mapping[str, Sequence[Listed]]) -> list[Suggested]:
    """Teams of one name as one; then those left over with the team of another vendor that has most of their people."""
    found: dict[str, Suggested] = {}
    for vendor, rows in lists.items():
        for row in rows:
            key = plain(row.name) or f"team-{row.id}"
            if key in found and vendor in found[key].at:
                key = f"{key}-{row.id}"  # a second one of this name
            team = found.setdefault(key, Suggested(key, row.name))
            team.at[vendor], team.why[vendor] = row, "by name"
    teams = list(found.values())
    for alone in teams:
        if len(alone.at) != 1:
            continue
        ((vendor, row),) = alone.at.items()
        others = [team for team in teams if team is not alone and vendor not in team.at and team.at]
        best = max(others, key=lambda team: _alike(row.people, team.people), default=None)
        if best and _alike(row.people, best.people) >= ALIKE:
            both, either = row.people & best.people, row.people | best.people
            best.at[vendor], best.why[vendor] = row, f"{row.name}: {len(both)} of {len(either)} people are the same"
            alone.at.clear()
    return [team for team in teams if team.at]


def _alike(ours: frozenset[str], theirs: frozenset[str]) -> float:
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


def _share_out(projects: Iterable[str], suggested: Sequence[Suggested]) -> None:
    """Give each project to the one team whose name it begins with."""
    for project in projects:
        owners = [team for team in suggested if plain(team.name) and plain(project).startswith(plain(team.name))]
        if owners:
            max(owners, key=lambda team: len(team.name)).projects.append(project)


def written(suggested: Sequence[Suggested], silent: Collection[str] = ()) -> str:
    """Suggestions as the text of a `drumbeat.toml`; what is to be filled in or checked stands in comments.

    silent: the vendors whose teams are not known.
    """
    lines = [HEAD]
    for team in suggested:
        lines += [f"[teams.{_quoted(team.key)}]", f"name = {_quoted(team.name)}"]
        for vendor in ("oobeya", "linearb", "teamoclock"):
            if listed := team.at.get(vendor):
                lines.append(f"{vendor} = {_quoted(listed.id)}  # {_comment(team.why[vendor])}")
            else:
                why = "could not be asked" if vendor in silent else "lists no such team"
                lines.append(f'# {vendor} = "?"  # {TITLES[vendor]} {why}')
        lines.append("# haystack = ?  # the number in a Copy API Request: Haystack lists no teams")
        projects = ", ".join(map(_quoted, team.projects))
        lines.append(f"buddy = {{ projects = [{projects}] }}" if projects else '# buddy = { projects = ["?"] }')
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A TOML string: every character that would need an escape has one."""
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


async def _oobeya(api: Any) -> list[Listed]:
    rows = (await list_oobeya_teams(api)).items
    people = {row.id: _person(row.email, row.full_name) for row in await every(list_oobeya_members, api)}
    return [
        Listed(row.id, row.unit_name or row.id, frozenset(filter(None, map(people.get, row.unit_members or []))))
        for row in rows
        if row.id
    ]


async def _linearb(api: Any) -> list[Listed]:
    rows = [row for row in await every(list_linearb_teams, api) if row.id is not None]
    return await _with_people(
        [Listed(str(row.id), row.name or str(row.id)) for row in rows],
        lambda listed: list_linearb_members(api, listed.id),
    )


async def _teamoclock(api: Any) -> list[Listed]:
    rows = (await list_teamoclock_teams(api)).items
    return await _with_people(
        [Listed(row.slug, row.name or row.slug) for row in rows if row.slug],
        lambda listed: list_teamoclock_members(api, listed.id),
    )


async def _with_people(rows: Sequence[Listed], members: Callable[[Listed], Awaitable[Any]]) -> list[Listed]:
    """Teams with their members, as far as these can be read."""

    async def one(listed: Listed) -> Listed:
        try:
            page = await members(listed)
        except VendorError:
            return listed
        people = (_person(row.email, getattr(row, "name", None)) for row in page.items)
        return Listed(listed.id, listed.name, frozenset(filter(None, people)))

    return [*await in_parallel([partial(one, row) for row in rows[:MOST_TEAMS]]), *rows[MOST_TEAMS:]]


def _person(email: str | None, name: str | None) -> str | None:
    return (email or "").strip().lower() or plain(name or "") or None
