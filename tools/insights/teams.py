"""Who a team is at each vendor: matched by name, slug or id in the vendor's own list, or as `drumbeat.toml` says."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from server.declare import Api, Apis, Clock, Refusal, folded, nearest
from tools.buddy.projects import list_projects
from tools.insights.configuration import WEEKDAYS, Configuration, TeamEntry, configuration
from tools.insights.gather import Gathered, Missing, NotThere, SeveralThere, nobody, outcomes
from tools.insights.periods import Span, Sprint, span
from tools.insights.vendors import APIS, TITLES
from tools.linearb.teams import list_teams as list_linearb_teams
from tools.oobeya.teams import list_all_teams as list_oobeya_teams
from tools.teamoclock.teams import list_teams as list_teamoclock_teams

T = TypeVar("T")
MOST_PAGES = 20
MOST_CANDIDATES = 5
LONGEST_NAME = 80
FEWEST_LETTERS = 3
FILE = "drumbeat.toml"


@dataclass(frozen=True)
class Place:
    """A team at one vendor: its ids there (at Buddy its projects), their names, and by what it was found.

    workspace and deploys: only at Buddy, and only where `drumbeat.toml` says so: the projects' workspace, and the
    pipelines that deploy.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    found_by: str
    workspace: str | None = None
    deploys: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The first of its ids."""
        return self.ids[0]


@dataclass(frozen=True)
class Team:
    """A team with its days and its sprints; `at` says who it is at each vendor that has it.

    notes: what matched where, and where nothing or several things did, with the candidates.
    """

    name: str
    zone: ZoneInfo
    working_days: frozenset[int]
    sprint: Sprint | None
    at: Mapping[str, Place] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def span(self, period: str, clock: Clock) -> Span:
        """The days of a period in this team's zone, up to its today. Raises Refusal."""
        return span(period, self.zone, Clock(self.zone, clock.now).today, self.sprint)


async def find(api: Apis, team: str) -> Team:
    """Who a team is, asking the lists of all vendors that are on. Raises Refusal where no vendor has it."""

    async def place(_: Api, found: Place) -> Place:
        return found

    return (await ask(api, team, {name: place for name in APIS if APIS[name] in api}))[0]


def known(api: Apis, team: str) -> Team:
    """A team as `drumbeat.toml` has it, with its zone and its sprints; no vendor is asked."""
    configured = configuration(api.settings)
    return _described(api, team, configured, _entry(configured, team))


async def ask(
    api: Apis, team: str, questions: Mapping[str, Callable[[Any, Place], Awaitable[T]]]
) -> tuple[Team, Gathered[T]]:
    """Put a question about a team to several vendors at once; each function is given its Api and the team's place.

    A vendor is asked as soon as the team is found there, so that a slow list keeps nobody else waiting.
    Raises Refusal where no vendor has the team, Failure where none could answer.
    """
    configured = configuration(api.settings)
    entry = _entry(configured, team)
    described = _described(api, team, configured, entry)
    places: dict[str, Place] = dict(described.at)
    wanted = _names_of(team, entry)

    async def one(name: str, names: Sequence[str], vendor: Api) -> T:
        if name not in places:
            places[name] = await LISTS[name](vendor, names)
        return await questions[name](vendor, places[name])

    gathered = await outcomes(api, {name: partial(one, name, wanted) for name in questions})
    others = [name for place in places.values() for name in place.names if name not in wanted]
    unknown = [name for name, missing in gathered.missing.items() if missing.kind == "unknown"]
    if unknown and others and not described.at:
        # It was named by the id of one vendor; the others may know it by the name that it has there.
        again = await outcomes(api, {name: partial(one, name, [*wanted, *others]) for name in unknown})
        gathered = Gathered({**gathered.answers, **again.answers}, {**gathered.missing, **again.missing})
        gathered.missing = {name: why for name, why in gathered.missing.items() if name not in gathered.answers}
    if not gathered.answers:
        raise _nobody(team, gathered.missing, [e.name or key for key, e in configured.teams.items()])
    at = {name: places[name] for name in APIS if name in places}
    called = described.name if entry else next((n for place in at.values() for n in place.names), described.name)
    notes = (
        *_matches({name: place for name, place in at.items() if name in questions}),
        *(why.words for why in gathered.missing.values() if why.kind == "unknown"),
    )
    return Team(called, described.zone, described.working_days, described.sprint, at, notes), gathered


def _nobody(team: str, missing: Mapping[str, Missing], mapped: Sequence[str]) -> Exception:
    """The error where no vendor answered; where all of them looked in vain, with the nearest names or the several."""
    errors = [why.error for why in missing.values()]
    unknown = [error for error in errors if isinstance(error, NotThere)]
    if not unknown or len(unknown) < sum(why.kind != "off" for why in missing.values()):
        return nobody(missing)
    if several := [str(error) for error in unknown if isinstance(error, SeveralThere)]:
        return Refusal(f"Nothing was sent: {'. '.join(several)}.")
    candidates = list(dict.fromkeys([*mapped, *(name for error in unknown for name in error.candidates)]))
    near = nearest(team, candidates, MOST_CANDIDATES) or candidates[:MOST_CANDIDATES]
    said = f" The nearest: {', '.join(near)}." if near else ""
    return Refusal(f"Nothing was sent: no vendor has a team {team!r}.{said} {FILE} can say who it is.")


def _described(api: Apis, team: str, common: Configuration, found: tuple[str, TeamEntry] | None) -> Team:
    entry = found[1] if found else TeamEntry()
    zone = entry.timezone or common.timezone
    days: Sequence[str] = entry.working_days or common.working_days or WEEKDAYS[:5]
    rhythm = entry.sprint or common.sprint
    return Team(
        name=entry.name or (found[0] if found else team),
        zone=ZoneInfo(zone) if zone else api.settings.timezone,
        working_days=frozenset(WEEKDAYS.index(day) for day in days),
        sprint=Sprint(rhythm.start, rhythm.days) if rhythm else None,
        at=_mapped(entry),
    )


def _mapped(entry: TeamEntry) -> dict[str, Place]:
    given = {name: getattr(entry, name) for name in ("oobeya", "linearb", "haystack", "teamoclock")}
    places = {name: Place(tuple(ids), tuple(ids), FILE) for name, ids in given.items() if ids}
    if buddy := entry.buddy:
        names = tuple(buddy.projects)
        places["buddy"] = Place(names, names, FILE, buddy.workspace, tuple(buddy.deploys or ()))
    return places


def _entry(configured: Configuration, team: str) -> tuple[str, TeamEntry] | None:
    """The entry that is meant: by its key or its name, else by one of its ids. Raises Refusal where several are."""
    for ways in (lambda key, entry: (key, entry.name or key), lambda key, entry: _ids(entry)):
        found = [(k, e) for k, e in configured.teams.items() if plain(team) in map(plain, ways(k, e))]
        if len(found) > 1:
            raise Refusal(f"Nothing was sent: {FILE} has several teams {team!r}: {', '.join(k for k, _ in found)}.")
        if found:
            return found[0]
    return None


def _ids(entry: TeamEntry) -> list[str]:
    return [id for name in ("oobeya", "linearb", "teamoclock") for id in getattr(entry, name) or ()]


def _names_of(team: str, found: tuple[str, TeamEntry] | None) -> list[str]:
    """All that a team may be called at a vendor that `drumbeat.toml` does not name."""
    return list(dict.fromkeys([*([found[1].name or found[0], found[0]] if found else []), team]))


def _matches(at: Mapping[str, Place]) -> list[str]:
    """What matched where, in one line for all that say the same; what a person wrote down needs no word."""
    by: dict[str, list[str]] = {}
    for name, place in at.items():
        by.setdefault(place.found_by, []).append(f"{TITLES[name]} {', '.join(place.ids)}")
    return [f"Matched by {how}: {'; '.join(where)}" for how, where in by.items() if how != FILE]


def plain(name: str) -> str:
    """A name as it is compared: without case, accents, punctuation and space; C++ and C# stay two, and so do signs."""
    letters = re.sub(r"[\W_]+", "", folded(name))
    return letters if len(letters) >= FEWEST_LETTERS else folded(name)


Row = tuple[str, Sequence[str | None]]


def _match(title: str, rows: Sequence[Row], wanted: Sequence[str]) -> Place:
    """The one row that is meant: by its id as it is, else by a name, else by one that reads the same.

    rows: the id of each, and its names. Raises NotThere with the candidates for none and for several.
    """
    ways: list[tuple[str, Callable[[Row, str], bool]]] = [
        ("id", lambda row, name: row[0] == name),
        ("name", lambda row, name: folded(name) in [folded(known) for known in (row[0], *row[1]) if known]),
        ("name", lambda row, name: plain(name) in [plain(known) for known in (row[0], *row[1]) if known]),
    ]
    for how, fits in ways:
        for name in wanted:
            found = [row for row in rows if plain(name) and fits(row, name)]
            if len(found) == 1:
                row = found[0]
                return Place((row[0],), tuple(n for n in row[1] if n) or (row[0],), how)
            if found:
                several = ", ".join(row[0] for row in found)
                raise SeveralThere(f"{title} has several teams {name!r}: {several}; name one in {FILE}")
    names = [next((name for name in row[1] if name), row[0])[:LONGEST_NAME] for row in rows]
    near = nearest(wanted[0], names, MOST_CANDIDATES) or names[:MOST_CANDIDATES]
    has = f" (it has {', '.join(near)}{' and others' if len(names) > len(near) else ''})" if near else ""
    raise NotThere(f"{title} has no team {wanted[0]!r}{has}", names)


async def _at_oobeya(api: Any, wanted: Sequence[str]) -> Place:
    rows = (await list_oobeya_teams(api)).items
    return _match("Oobeya", [(row.id, [row.unit_name]) for row in rows if row.id], wanted)


async def _at_linearb(api: Any, wanted: Sequence[str]) -> Place:
    rows = await every(list_linearb_teams, api)
    return _match("LinearB", [(str(row.id), [row.name]) for row in rows if row.id is not None], wanted)


async def _at_teamoclock(api: Any, wanted: Sequence[str]) -> Place:
    rows = (await list_teamoclock_teams(api)).items
    return _match("Team O'clock", [(row.slug, [row.name]) for row in rows if row.slug], wanted)


async def _at_haystack(api: Any, wanted: Sequence[str]) -> Place:
    raise NotThere(f"Haystack has no list of teams: put the team's number there into {FILE}")


async def _at_buddy(api: Any, wanted: Sequence[str]) -> Place:
    """A project of the team's name; Buddy has no teams, so anything more is for `drumbeat.toml` to say."""
    rows = await every(list_projects, api, per_page=100)
    names = [row.name for row in rows if row.name]
    meant = [name for name in names if plain(name) in map(plain, wanted)]
    if meant:
        return Place(tuple(meant), tuple(meant), "project's name")
    like = [name for name in names if any(plain(name).startswith(plain(one)) for one in wanted)]
    perhaps = f", perhaps {', '.join((like or names)[:MOST_CANDIDATES])}" if names else ""
    raise NotThere(f"Buddy has projects, not teams: put the team's into {FILE}{perhaps}", [])


LISTS: Mapping[str, Callable[[Any, Sequence[str]], Awaitable[Place]]] = {
    "oobeya": _at_oobeya,
    "linearb": _at_linearb,
    "haystack": _at_haystack,
    "buddy": _at_buddy,
    "teamoclock": _at_teamoclock,
}


async def every(lister: Callable[..., Awaitable[Any]], api: Any, **arguments: Any) -> list[Any]:
    """All rows of a list with pages, as far as it is reasonable to read them."""
    rows: list[Any] = []
    following: Mapping[str, Any] = {}
    for _ in range(MOST_PAGES):
        page = await lister(api, **{**arguments, **following})
        rows += page.items
        if not page.next:
            break
        following = page.next
    return rows
