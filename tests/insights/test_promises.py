"""What became of action items: cases counted by hand, and what holds for all."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.insights.promises import STALE, due, newest, promises
from tools.teamoclock.models import ActionItem, TimelineRecord

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def retro(days_ago: int, *ids: str) -> TimelineRecord:
    at = NOW - timedelta(days=days_ago)
    items = [{"id": number, "text": f"Item {number}"} for number in ids]
    return TimelineRecord.model_validate({"id": f"R{days_ago}", "date": at.isoformat(), "action_items": items})


def test_an_item_is_as_old_as_the_first_retro_that_lists_it() -> None:
    items = [ActionItem(id="A2", text="new"), ActionItem(id="A1", text="old"), ActionItem(id="A9", text="elsewhere")]
    found = promises(items, [retro(1, "A1", "A2"), retro(15, "A1"), retro(8)])
    assert [(one.item.id, one.retro, one.days(NOW), one.state(NOW, UTC)) for one in found] == [
        ("A1", "R15", 15, "stale"),
        ("A2", "R1", 1, "new"),
        ("A9", None, None, "undated"),
    ]


def test_a_day_in_its_text_makes_it_overdue_once_that_day_is_over_where_the_team_is() -> None:
    (item,) = promises([ActionItem(id="A1", text="Write the runbook by 2026-11-20")], [])
    assert item.state(NOW, UTC) == "undated"
    assert item.state(NOW, ZoneInfo("Pacific/Kiritimati")) == "overdue"  # there it is the 21st already


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Done until 2026-12-01", date(2026, 12, 1)),
        ("due 2026-12-01, really", date(2026, 12, 1)),
        ("by 2026-13-01", None),
        ("version 2026-12-01", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_day_that_is_promised_counts(text: str | None, day: date | None) -> None:
    assert due(text) == day


def test_the_newest_retro_has_a_date() -> None:
    latest = retro(2)
    assert newest([retro(9), latest, TimelineRecord(id="R?")]) is latest
    assert newest([TimelineRecord(date="soon")]) is None


@given(st.lists(st.tuples(st.integers(0, 60), st.lists(st.sampled_from(["A1", "A2", "A3"]))), max_size=6))
def test_every_item_is_there_once_oldest_first(rows: list[tuple[int, list[str]]]) -> None:
    retros = [retro(days, *ids) for days, ids in rows]
    items = [ActionItem(id=number, text=number) for number in ("A1", "A2", "A3")]
    found = promises(items, retros)
    assert sorted(one.item.id or "" for one in found) == ["A1", "A2", "A3"]
    ages = [one.days(NOW) for one in found]
    known = [age for age in ages if age is not None]
    assert ages == [*sorted(known, reverse=True), *[None] * (3 - len(known))]
    for one in found:
        listed = [days for days, ids in rows if one.item.id in ids]
        assert one.days(NOW) == (max(listed) if listed else None)
        assert (one.state(NOW, UTC) == "stale") == (bool(listed) and max(listed) >= STALE.days)
