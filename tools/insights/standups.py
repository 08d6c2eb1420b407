"""What a team said in its stand-ups, blockers first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from pydantic import BaseModel

from server.declare import Apis, VendorError
from tools.insights import insights
from tools.insights.ages import day
from tools.insights.blockers import BY_WORDS, Blocker, Day, Kind, Trouble, blockers, silent, troubles
from tools.insights.periods import Span
from tools.insights.recent import LatestPeriod, latest
from tools.insights.rituals import stand_ups, usernames
from tools.insights.teams import Place, ask, known
from tools.insights.together import both
from tools.insights.who import TeamName
from tools.teamoclock.api import TeamOClock

standups = insights.toolset("standups", "What a team said in its stand-ups, blockers first.")

MOST_BLOCKERS = 8
MOST_SPOKEN = 8
DONE_SHOWN = 2
DERIVED = "Blockers are read from answers: one lasts while the same person repeats it, open ones until today"
NAMELESS = "Spoken stand-ups keep notes without names, so who was blocked or silent in them is not known"
NEXT = "What is agreed: teamoclock_create_action_item. One stand-up in full: teamoclock_get_timeline_record"


class Blocked(BaseModel):
    """What blocked people; `days` is how long it has lasted or, once it is over, its longest spell."""

    blocker: str
    state: str
    who: str
    since: str | None
    days: int
    answers: int


class Told(BaseModel):
    """What a person did, the newest first, and what they plan."""

    who: str
    did: str | None = None
    plans: str | None = None


class Spoken(BaseModel):
    """A note of a stand-up that was not written but spoken."""

    day: str | None
    note: str


class Digest(BaseModel):
    """A team's stand-ups in a period."""

    team: str
    period: str
    stand_ups: str
    blocked: list[Blocked]
    blockers: str | None = None
    did_not_answer: str
    people: list[Told]
    spoken: list[Spoken] | None = None
    next: str


@dataclass(frozen=True)
class Talk:
    """What was read of a team's stand-ups."""

    days: list[Day]
    members: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@standups.read(everyday=True)
async def get_standup_digest(api: Apis, team: TeamName, period: LatestPeriod | None = None) -> Digest:
    """A team's stand-ups: blockers first and how long each lasts, who did not answer, who did and plans what."""
    span = latest(known(api, team), period, api.clock)

    async def read(vendor: TeamOClock, place: Place) -> Talk:
        talks, members = await both(
            partial(stand_ups, vendor, place.ids, span.start, span.end), partial(_members, vendor, place.ids)
        )
        return Talk(talks.days, members, talks.notes)

    found, gathered = await ask(api, team, {"teamoclock": read})
    talk = gathered.answers["teamoclock"]
    spoken = any(day.spoken for day in talk.days)
    api.notes += [*found.notes, *talk.notes, *([DERIVED] if talk.days else []), *([NAMELESS] if spoken else [])]
    return digest(found.name, span, talk, api.clock.now())


async def _members(vendor: TeamOClock, slugs: Sequence[str]) -> list[str]:
    """Who is in the team; nobody is known where the vendor does not say, which the answer then says."""
    try:
        return await usernames(vendor, slugs)
    except VendorError:
        return []


def digest(team: str, span: Span, talk: Talk, now: datetime) -> Digest:
    """The stand-ups as an answer."""
    found = troubles(blockers(talk.days))
    more = len(found) - MOST_BLOCKERS
    return Digest(
        team=team,
        period=str(span),
        stand_ups=_counted(talk.days, span),
        blocked=[_blocked(one, now, span) for one in found[:MOST_BLOCKERS]],
        blockers=f"{more} more that are over" if more > 0 else None if found or not _named(talk.days) else "none named",
        did_not_answer=_silent(talk),
        people=_people(talk.days),
        spoken=_spoken(talk.days, span)[:MOST_SPOKEN] or None,
        next=NEXT if talk.days else "Look at an earlier period, or start one: teamoclock_create_standup",
    )


def _counted(days: Sequence[Day], span: Span) -> str:
    if not days:
        return "none in this period"
    spoken = sum(bool(one.spoken) and not one.said for one in days)
    running = sum(one.running for one in days)
    kinds = {"spoken": spoken, "still running": running}
    said = ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number)
    last = day(max(one.at for one in days), span.zone)
    return f"{len(days)}{f' ({said})' if said else ''}, the last on {last}"


def _blocked(one: Trouble, now: datetime, span: Span) -> Blocked:
    people = dict.fromkeys(spell.who for spell in one.open or one.spells)
    before = dict.fromkeys(spell.who for spell in one.spells if one.open and spell.who not in people)
    names = ", ".join(people)
    return Blocked(
        blocker=one.text,
        state="open" if one.open else "over",
        who=f"{names}; before: {', '.join(before)}" if before else names,
        since=day(one.first, span.zone),
        days=max(_days(spell, now, span) for spell in one.open or one.spells),
        answers=one.times,
    )


def _days(spell: Blocker, now: datetime, span: Span) -> int:
    """How many days a spell has, its first and its last one among them; an open one lasts until now."""
    first, last = (at.astimezone(span.zone).date() for at in (spell.first, spell.last))
    if spell.open:
        last = max(last, min(now, span.end - timedelta(seconds=1)).astimezone(span.zone).date())
    return (last - first).days + 1


def _named(days: Sequence[Day]) -> list[Day]:
    """The stand-ups that tell who said what."""
    return [one for one in days if one.said]


def _silent(talk: Talk) -> str:
    if talk.days and not talk.members:
        return "not known: Team O'clock did not say who is in the team"
    over = [one for one in _named(talk.days) if not one.running]
    running = [one for one in talk.days if one.running]
    missed = "; ".join(f"{who} {times} of {len(over)}" for who, times in silent(over, talk.members).items())
    waiting = ", ".join(silent(running, talk.members))
    said = [missed or f"nobody in {len(over)} stand-up{'s' if len(over) > 1 else ''}" if over else ""]
    said += [f"in the running one not yet {waiting}" if waiting else ""]
    return "; ".join(filter(None, said)) or "not known: no stand-up of the period names who answered"


def _people(days: Sequence[Day]) -> list[Told]:
    """Everybody who said something: their newest answers."""
    ordered = sorted(days, key=lambda one: one.at, reverse=True)
    return [_told(who, ordered) for who in sorted({who for one in days for who in one.said})]


def _told(who: str, newest_first: Sequence[Day]) -> Told:
    answers = [one.said[who] for one in newest_first if who in one.said]
    did = list(dict.fromkeys(_of("did", answers)))
    return Told(who=who, did="; ".join(did[:DONE_SHOWN]) or None, plans=next(_of("plans", answers), None))


def _of(kind: Kind, answers: Iterable[Mapping[Kind, str]]) -> Iterator[str]:
    return (answer[kind] for answer in answers if kind in answer)


def _spoken(days: Sequence[Day], span: Span) -> list[Spoken]:
    """Notes that name nobody, the newest first; those that sound like a blocker before the others."""
    ordered = sorted(days, key=lambda one: one.at, reverse=True)
    notes = [Spoken(day=day(one.at, span.zone), note=note) for one in ordered for note in one.spoken]
    return sorted(notes, key=lambda one: not BY_WORDS["blocked"].search(one.note))
