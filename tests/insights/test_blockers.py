"""What blocked whom for how long, out of stand-ups: cases counted by hand, and what holds for all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.insights.blockers import (
    Day,
    alike,
    blockers,
    day_of,
    day_of_running,
    is_blocker,
    silent,
    troubles,
)
from tools.teamoclock.models import Standup, TimelineRecord

MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
QUESTIONS = {
    "q1": "What did you do yesterday",
    "q2": "What will you do today",
    "q3": "Do you have any impediments",
}


def day(number: int, **said: str | None) -> Day:
    """The stand-up of a day; who is blocked by what, None for an answer without a blocker."""
    answers = {who: {"blocked": text} if text else {"did": "Work"} for who, text in said.items()}
    return Day(MONDAY + timedelta(days=number), f"S{number}", answers)  # type: ignore[arg-type]


def test_a_blocker_lasts_while_one_stand_up_after_another_names_it() -> None:
    days = [day(0, joe="Waiting for a review"), day(1, joe="still waiting for a review"), day(2, joe=None)]
    (found,) = blockers(days)
    assert (found.who, found.times, found.open) == ("joe", 2, False)
    assert (found.first, found.last) == (days[0].at, days[1].at)


def test_a_day_without_an_answer_does_not_end_it() -> None:
    days = [day(0, joe="Staging is down", ada=None), day(1, ada=None), day(2, joe="Staging is down")]
    (found,) = blockers(days)
    assert (found.times, found.open, found.last - found.first) == (2, True, timedelta(days=2))


def test_another_blocker_ends_the_first_and_open_ones_come_first() -> None:
    days = [day(0, joe="Staging is down", ada=None), day(1, joe="No access to the vault", ada="Waiting for a review")]
    assert [(one.who, one.text, one.open) for one in blockers(days)] == [
        ("ada", "Waiting for a review", True),
        ("joe", "No access to the vault", True),
        ("joe", "Staging is down", False),
    ]


def test_what_two_people_or_two_spells_have_recurs() -> None:
    days = [day(0, joe="Staging is down"), day(1, joe=None, ada="staging is down!"), day(2, max="Waiting for a review")]
    found = {one.text.casefold().rstrip("!"): one for one in troubles(blockers(days))}
    staging, review = found["staging is down"], found["waiting for a review"]
    assert sorted(one.who for one in staging.spells) == ["ada", "joe"]
    assert (staging.recurs, staging.times, [one.who for one in staging.open]) == (True, 2, ["ada"])
    assert staging.first == days[1].at
    assert (review.recurs, review.times, len(review.open)) == (False, 1, 1)
    assert troubles([]) == []


def test_who_did_not_answer_is_counted() -> None:
    days = [day(0, joe=None), day(1, joe=None, ada=None)]
    assert silent(days, ["ada", "joe", "max"]) == {"max": 2, "ada": 1}
    assert silent([], ["ada"]) == {}


@pytest.mark.parametrize(
    "text", ["", " ", "-", "No", "none.", "N/A", "Nothing", "nope!", "No blockers today", "all good", "None right now"]
)
def test_no_blocker_is_none(text: str) -> None:
    assert not is_blocker(text)


@pytest.mark.parametrize(
    "text", ["No access to the vault", "Staging is down", "nothing works since the upgrade", "Not sure about the API"]
)
def test_a_blocker_is_one(text: str) -> None:
    assert is_blocker(text)


def test_a_record_of_the_timeline_is_read_by_its_questions() -> None:
    notes = [
        {"username": "joe", "text": "Merged it", "question": "q1"},
        {"username": "joe", "text": "Staging is down", "question": "q3"},
        {"username": "joe", "text": "and no VPN", "question": "q3"},
        {"username": "ada", "text": "None", "question": "q3"},
        {"username": None, "text": "lost", "question": "q3"},
        {"username": "max", "text": None, "question": None},
    ]
    record = TimelineRecord.model_validate(
        {"id": "S1", "date": "2026-11-16T09:30:00.000Z", "questions": QUESTIONS, "async_notes": notes}
    )
    read = day_of(record)
    assert read
    assert read.said == {"joe": {"did": "Merged it", "blocked": "Staging is down; and no VPN"}, "ada": {}}


def test_questions_in_other_words_are_taken_by_their_place() -> None:
    asked = {"q1": "Gestern?", "q2": "Heute?", "q3": "Sorgen?"}
    notes = [{"username": "joe", "text": "Staging steht", "question": "q3"}]
    read = day_of(
        TimelineRecord.model_validate({"date": "2026-11-16T09:30Z", "questions": asked, "async_notes": notes})
    )
    assert read
    assert read.said["joe"] == {"blocked": "Staging steht"}


def test_a_running_stand_up_is_read_too() -> None:
    answers = {"q1": "Reviews", "q2": "Reviews", "q3": "", "q_ts": 3435232523}
    state = {"questions": QUESTIONS, "member_notes": [{"username": "joe", "questions": answers}]}
    read = day_of_running(Standup.model_validate({"id": "x", "date": "2026-11-16T09:30:00Z", "state": state}))
    assert read
    assert read.running
    assert read.said == {"joe": {"did": "Reviews", "plans": "Reviews"}}
    assert day_of_running(Standup(id="x", date="2026-11-16T09:30:00Z")) == Day(MONDAY, "x", {}, running=True)


def test_what_has_no_date_or_no_notes_is_left_out() -> None:
    assert day_of(TimelineRecord(id="S1")) is None
    assert day_of_running(Standup(id="x", date="soon")) is None
    empty = day_of(TimelineRecord(date="2026-11-16T09:30:00Z"))
    assert empty
    assert not empty.said
    assert not empty.spoken


TEXTS = st.sampled_from([None, "Staging is down", "Waiting for a review", "No access"])
DAYS = st.lists(st.dictionaries(st.sampled_from(["joe", "ada"]), TEXTS), max_size=8).map(
    lambda rows: [day(number, **row) for number, row in enumerate(rows)]
)


@given(DAYS)
def test_every_blocked_answer_is_in_one_spell_and_only_the_last_one_is_open(days: list[Day]) -> None:
    found = blockers(days)
    assert sum(one.times for one in found) == sum("blocked" in said for day in days for said in day.said.values())
    assert all(one.first <= one.last for one in found)
    assert found == blockers(reversed(days))
    assert sorted(spell.times for one in troubles(found) for spell in one.spells) == sorted(one.times for one in found)
    for who in ("joe", "ada"):
        last = next((day.said[who] for day in reversed(days) if who in day.said), {})
        assert sum(one.open for one in found if one.who == who) == int("blocked" in last)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_mutual_and_reflexive(one: str, other: str) -> None:
    assert alike(one, one)
    assert alike(one, other) == alike(other, one)
