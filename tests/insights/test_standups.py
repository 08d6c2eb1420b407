"""What a team said in its stand-ups: blockers first and how long they last, and who did not answer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import Broken, troubled
from tests.vendors import Vendors
from tools.insights.blockers import Day
from tools.insights.periods import Span
from tools.insights.standups import Talk, digest

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("auto")]
MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
WEEK = Span("this week", date(2026, 11, 16), date(2026, 11, 20), ZoneInfo("UTC"))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def day(number: int, running: bool = False, **blocked: str) -> Day:
    said = {who: {"did": "Work", **({"blocked": text} if text else {})} for who, text in blocked.items()}
    return Day(MONDAY + timedelta(days=number), f"S{number}", said, running=running)  # type: ignore[arg-type]


def test_blockers_count_days_from_the_first_answer_to_today_while_they_are_open() -> None:
    first, second = day(0, joe="Staging is down", ada=""), day(1, joe="staging is down", ada="No VPN")
    days = [first, second, day(2, joe="", ada="No VPN")]
    found = digest("Platform", WEEK, Talk(days, ["joe", "ada"]), NOW)
    assert [(row.blocker, row.state, row.who, row.since, row.days, row.answers) for row in found.blocked] == [
        ("No VPN", "open", "ada", "2026-11-17", 4, 2),
        ("staging is down", "over", "joe", "2026-11-16", 2, 2),
    ]
    assert found.did_not_answer == "nobody in 3 stand-ups"


def test_days_are_days_where_the_team_is() -> None:
    auckland = Span("this week", date(2026, 11, 16), date(2026, 11, 21), ZoneInfo("Pacific/Auckland"))
    late = Day(MONDAY.replace(hour=20), "S1", {"joe": {"blocked": "No VPN"}})  # Tuesday there
    (row,) = digest("Platform", auckland, Talk([late], ["joe"]), NOW).blocked
    assert (row.since, row.days) == ("2026-11-17", 5)  # to Saturday, the 21st there


def test_who_did_not_answer_and_who_has_not_yet() -> None:
    talk = Talk([day(0, joe=""), day(1, joe="", ada=""), day(2, running=True, joe="")], ["joe", "ada", "max"])
    said = digest("Platform", WEEK, talk, NOW).did_not_answer
    assert said == "max 2 of 2; ada 1 of 2; in the running one not yet ada, max"


def test_nothing_in_the_period_is_said_with_what_to_do() -> None:
    found = digest("Platform", WEEK, Talk([], ["joe"]), NOW)
    assert (found.stand_ups, found.blocked, found.people) == ("none in this period", [], [])
    assert found.did_not_answer == "not known: no stand-up of the period names who answered"
    assert "teamoclock_create_standup" in found.next
    assert digest("Platform", WEEK, Talk([day(0, joe="")]), NOW).blockers == "none named"


async def test_a_teams_digest_has_blockers_and_people(connect: Connect) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_standup_digest", team="platform")
    found = result.structured_content or {}
    assert found["period"] == "2026-11-13 to today, 2026-11-20 (UTC)"
    assert found["stand_ups"] == "6 (1 still running), the last on 2026-11-20"
    assert found["blocked"][0]["state"] == "open"
    assert found["did_not_answer"].endswith("in the running one not yet liam.novak")
    assert [row["who"] for row in found["people"]] == ["ada.osei", "joe.doe", "liam.novak", "mona.keller"]
    assert "one lasts while the same person repeats it" in text(result)


async def test_spoken_stand_ups_are_shown_without_guessing_whose_blocker_it_is(connect: Connect) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_standup_digest", team="payments", period="2026-11-16..2026-11-19")
    found = result.structured_content or {}
    assert found["stand_ups"] == "4 (4 spoken), the last on 2026-11-19"
    assert found["did_not_answer"].startswith("not known")
    assert len(found["spoken"]) == 8
    assert "Spoken stand-ups keep notes without names" in text(result)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("off", "none of Team O'clock is configured"),
        ("refuses", "Team O'clock answered 418"),
        ("nonsense", "Team O'clock answered"),
    ],
)
async def test_without_its_vendor_it_says_why(connect: Connect, vendors: Vendors, trouble: Any, said: str) -> None:
    async with connect(troubled(vendors, "teamoclock", trouble)) as client:
        result = await call(client, "insights_get_standup_digest", team="platform")
    assert result.is_error
    assert said in text(result)


async def test_a_stand_up_that_cannot_be_read_is_counted(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Broken(vendors.app, "teamoclock", "refuses", "/standup/platform")
    async with connect() as client:
        result = await call(client, "insights_get_standup_digest", team="platform")
        unknown = await call(client, "insights_get_standup_digest", team="nobody")
    assert not result.is_error, text(result)
    assert "Without running stand-ups: Team O'clock answered 418" in text(result)
    assert "no vendor has a team 'nobody'" in text(unknown)


async def test_a_period_that_is_none_is_refused_with_those_there_are(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_standup_digest", team="platform", period="recently")
    assert result.is_error
    assert "last-7-days" in text(result)
    assert vendors.sent() == []


async def test_a_long_period_reads_the_newest_and_says_so(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_standup_digest", team="platform", period="2026-09-01..2026-11-20")
        await done(client, "insights_get_standup_digest", team="mobile")
    assert "Only the newest 40 stand-ups of the period were read" in text(result)
