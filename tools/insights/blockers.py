"""What people said in stand-ups: what they did, what they plan, and what blocks them for how long.

Pure: it is given stand-ups. A blocker lasts while the same person names it in one stand-up that they answer after
another; Team O'clock itself knows no blockers, only answers to questions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from tools.insights.ages import moment
from tools.teamoclock.models import Standup, StandupState, TimelineRecord

Kind = Literal["did", "plans", "blocked"]

# The classic order of the three questions, which the vendor's own keys have.
BY_KEY: Mapping[str, Kind] = {"q1": "did", "q2": "plans", "q3": "blocked"}
BY_WORDS: Mapping[Kind, re.Pattern[str]] = {
    "blocked": re.compile(r"block|impediment|obstacle|stuck|hinder|in (your|the) way|need help|slow", re.IGNORECASE),
    "did": re.compile(r"\b(did|done|yesterday|complet\w*|finish\w*|accomplish\w*|achiev\w*)\b", re.IGNORECASE),
    "plans": re.compile(r"\b(will|today|plan\w*|next|going to|focus\w*|tomorrow)\b", re.IGNORECASE),
}
NOTHING = re.compile(
    r"(no(ne|pe|thing)?|na|nein|all (good|clear|fine|well)|"
    r"(no|none|not any|without|keine?) (blockers?|blocked|impediments?|issues?|problems?|obstacles?|news)( \w+){0,3}|"
    r"(none|not|nothing|nope|no) (at the moment|right now|today|now|so far|yet|really|from me|for me|on my side))?"
)
WORD = re.compile(r"[^\W_]+")
ALIKE = 0.6


@dataclass(frozen=True)
class Day:
    """One stand-up: by person what they answered, by kind of question; `spoken` has notes that name nobody."""

    at: datetime
    id: str | None = None
    said: Mapping[str, Mapping[Kind, str]] = field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    running: bool = False


@dataclass(frozen=True)
class Blocker:
    """Something that blocked somebody, from one stand-up to another; `open`: it is in their latest answer."""

    who: str
    text: str
    first: datetime
    last: datetime
    times: int
    open: bool


def day_of(record: TimelineRecord) -> Day | None:
    """A stand-up out of the timeline; None for one whose date cannot be read."""
    at = moment(record.date)
    if at is None:
        return None
    said: dict[str, dict[Kind, str]] = {}
    for note in record.async_notes or []:
        if note.username and (kind := _kind(note.question, record.questions)):
            _add(said.setdefault(note.username, {}), kind, note.text)
    return Day(at, record.id, said, tuple(note for note in record.sync_notes or [] if note))


def day_of_running(standup: Standup) -> Day | None:
    """A stand-up that is still running."""
    at = moment(standup.date)
    if at is None:
        return None
    state = standup.state or StandupState()
    said: dict[str, dict[Kind, str]] = {}
    for member in state.member_notes or []:
        for question, answer in (member.questions or {}).items():
            if member.username and (kind := _kind(question, state.questions)):
                _add(said.setdefault(member.username, {}), kind, answer)
    return Day(at, standup.id, said, running=True)


def blockers(days: Iterable[Day]) -> list[Blocker]:
    """All that blocked anybody, open ones first, then the longest ones."""
    ordered = sorted(days, key=lambda day: day.at)
    people = dict.fromkeys(who for day in ordered for who in day.said)
    found = [blocker for who in people for blocker in _of(who, ordered)]
    return sorted(found, key=lambda one: (not one.open, one.first - one.last, one.first, one.who))


@dataclass(frozen=True)
class Trouble:
    """Blockers of one or several people that mean the same, in the order of `blockers`."""

    spells: tuple[Blocker, ...]

    @property
    def text(self) -> str:
        """What it is, in the words of one of them."""
        return self.spells[0].text

    @property
    def open(self) -> tuple[Blocker, ...]:
        """The spells that are not over."""
        return tuple(one for one in self.spells if one.open)

    @property
    def first(self) -> datetime:
        """Since when it blocks somebody: the earliest open spell, else the earliest of all."""
        return min(one.first for one in self.open or self.spells)

    @property
    def times(self) -> int:
        """How many answers named it."""
        return sum(one.times for one in self.spells)

    @property
    def recurs(self) -> bool:
        """Whether several people had it, or one of them again after it was over."""
        return len(self.spells) > 1


def troubles(found: Iterable[Blocker]) -> list[Trouble]:
    """Blockers that mean the same as one: open ones first, then those that were named most."""
    groups: list[list[Blocker]] = []
    for one in found:
        same = next((group for group in groups if alike(group[0].text, one.text)), None)
        if same is None:
            groups.append([one])
        else:
            same.append(one)
    return sorted((Trouble(tuple(group)) for group in groups), key=lambda one: (not one.open, -one.times))


def silent(days: Iterable[Day], members: Iterable[str]) -> dict[str, int]:
    """Members and how many of the stand-ups they did not answer, the most first."""
    asked = list(days)
    missed = {member: sum(member not in day.said for day in asked) for member in members}
    return dict(sorted(((who, times) for who, times in missed.items() if times), key=lambda one: (-one[1], one[0])))


def alike(one: str, other: str) -> bool:
    """Whether two answers mean the same blocker: most of their words are the same."""
    words, others = set(_words(one)), set(_words(other))
    if not words or not others:
        return one.strip() == other.strip()
    return len(words & others) >= ALIKE * len(words | others)


def is_blocker(text: Any) -> bool:
    """Whether an answer to the question for blockers names one."""
    return isinstance(text, str) and not NOTHING.fullmatch(" ".join(_words(text.replace("/", ""))))


def _of(who: str, ordered: Sequence[Day]) -> Iterator[Blocker]:
    """The spells of one person, oldest first."""
    current: Blocker | None = None
    for day in ordered:
        if who not in day.said:
            continue
        text = day.said[who].get("blocked")
        if current and (text is None or not alike(current.text, text)):
            yield replace(current, open=False)
            current = None
        if text is None:
            continue
        begun = current.first if current else day.at
        current = Blocker(who, text, begun, day.at, (current.times if current else 0) + 1, open=True)
    if current:
        yield current


def _kind(question: Any, questions: Mapping[str, Any] | None) -> Kind | None:
    """Which kind of question it is, by its words, else by its place among the three."""
    if not isinstance(question, str):
        return None
    for kind, words in BY_WORDS.items():
        if words.search(question):
            return kind
    key = next((key for key, text in (questions or {}).items() if text == question), question)
    return BY_KEY.get(key)


def _add(answers: dict[Kind, str], kind: Kind, text: Any) -> None:
    """Put an answer to the others of its kind, unless it says that there is nothing."""
    if not isinstance(text, str) or not text.strip() or (kind == "blocked" and not is_blocker(text)):
        return
    said = " ".join(text.split())
    answers[kind] = f"{answers[kind]}; {said}" if kind in answers else said


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())
