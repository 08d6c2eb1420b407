"""One page for a retro: what moved, what was promised, what blocked, what failed, what went well."""

from datetime import date
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import TITLES, TROUBLES, Broken, Trouble, answer_without
from tests.vendors import Vendors
from tools.insights.briefing import Material, together
from tools.insights.definitions import defined
from tools.insights.measures import Measure, measured
from tools.insights.periods import Span
from tools.insights.retros import brief, has_moved
from tools.teamoclock.models import Retro, TimelineRecord

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("legacy")]
TOOL = "insights_get_retro_brief"
SPAN = Span("last 14 days and today", date(2026, 11, 6), date(2026, 11, 20), ZoneInfo("UTC"))


def measure(value: float | None, *history: float | None, counted: int = 50) -> Measure:
    definition = defined("oobeya", "change_failure_rate")
    return measured(definition, value, period="p", team="t", counted=counted, history=history)


@pytest.mark.era("auto", "legacy")
async def test_the_page_has_all_that_a_facilitator_needs(connect: Connect) -> None:
    async with connect() as client:
        result = await call(client, TOOL, team="platform")
    found = result.structured_content or {}
    assert found["period"] == "2026-11-06 to today, 2026-11-20 (UTC)"
    assert found["last_retro"].startswith("2026-11-18 (R319): 5 action items")
    assert {item["state"] for item in found["action_items"]} == {"open", "done"}
    assert found["recurring_blockers"][0]["state"] == "open"
    assert any(row["pipeline"] == "Tests, platform-api" for row in found["failed_pipelines"])
    assert "platform-api: logins take half a minute" in [row["incident"] for row in found["incidents"]]
    assert found["notes_of"] == "the retro that runs now, r204c36ysi7z01 (discuss)"
    assert found["went_well"]
    assert found["to_talk_about"][0]["votes"] >= found["to_talk_about"][-1]["votes"]
    assert found["next"] == "What is agreed: teamoclock_create_action_item"
    assert len(text(result)) / 3.4 < 1000


async def test_what_became_of_the_items_follows_what_the_team_does(connect: Connect) -> None:
    async with connect() as client:
        before = await done(client, TOOL, team="platform")
        (first, *_) = [item["id"] for item in before["action_items"] if item["state"] == "open"]
        await done(client, "teamoclock_update_action_item", action_item_id=first, resolved=True)
        after = await done(client, TOOL, team="platform")
    states = {item["id"]: item["state"] for item in after["action_items"]}
    assert states[first] == "done"


async def test_a_past_period_is_about_the_retro_of_then(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="mobile", period="2026-10")
    assert found["notes_of"].startswith("the last retro (R")
    assert found["last_retro"].startswith("2026-10-2")
    assert found["next"].startswith("On agreement: teamoclock_create_retro(team)")


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("vendor", TITLES)
async def test_a_vendor_in_trouble_is_named_and_the_others_answer(
    connect: Connect, vendors: Vendors, vendor: str, trouble: Trouble
) -> None:
    found = await answer_without(connect, vendors, TOOL, vendor, trouble)
    assert bool(found["action_items"]) == (vendor != "teamoclock")
    assert bool(found["incidents"]) == (vendor != "linearb")
    assert bool(found["failed_pipelines"]) == (vendor != "buddy")
    if vendor == "teamoclock":
        assert found["last_retro"] == "none that could be found"
        assert "not known: recurring blockers, went well, to talk about" in found["nothing_of"]
    if vendor == "linearb":
        assert found["nothing_of"].endswith("not known: incidents")
    if vendor == "buddy":
        assert found["nothing_of"].endswith("not known: failed pipelines")


@pytest.mark.parametrize("two", list(combinations(("linearb", "buddy", "teamoclock"), 2)))
async def test_two_in_trouble_leave_the_others(connect: Connect, vendors: Vendors, two: tuple[str, str]) -> None:
    for vendor in two:
        vendors.app = Broken(vendors.app, vendor, "refuses")
    async with connect() as client:
        result = await call(client, TOOL, team="platform")
    assert all(f"{TITLES[vendor]} answered 418" in text(result) for vendor in two)
    assert not result.is_error


async def test_open_items_that_cannot_be_read_leave_their_state_unknown(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Broken(vendors.app, "teamoclock", "refuses", "/actionitems")
    async with connect() as client:
        result = await call(client, TOOL, team="platform")
    found = result.structured_content or {}
    assert found["last_retro"].endswith("5 action items; which are open is not known")
    assert {item["state"] for item in found["action_items"]} == {"not known"}
    assert "Without open action items: Team O'clock answered 418" in text(result)


@pytest.mark.parametrize(
    ("one", "moved"),
    [
        (measure(None, 5), False),
        (measure(20, 10, counted=3), False),  # too little data
        (measure(12, 10), True),
        (measure(11, 10), False),
        (measure(5, 0), False),  # nothing to compare with
        (measure(20, 10, 10, 11, 9, 10, 10), True),
        (measure(10, 8, 9, 10, 11, 12, 10), False),  # within the usual, though a quarter more than before
    ],
)
def test_a_number_moved_that_left_its_usual(one: Measure, moved: bool) -> None:
    assert has_moved(one) is moved


def test_a_page_about_nothing_says_so_in_one_line() -> None:
    read = Material(measures=[], troubles=[], pipelines=[], incidents=[], running=[])
    page = brief("Platform", SPAN, read)
    empty = "moved, recurring blockers, failed pipelines, incidents, went well, to talk about"
    assert page.nothing_of == f"none: {empty}"
    assert brief("Platform", SPAN, Material()).nothing_of == f"not known: {empty}"
    assert (page.last_retro, page.action_items, page.better) == ("none that could be found", [], None)


def test_a_retro_with_nulls_is_no_trouble() -> None:
    last = TimelineRecord.model_validate({"id": "R1", "date": None, "notes": [{"text": None, "column": None}]})
    running = Retro.model_validate({"id": "r2", "date": "2026-11-20T08:00:00Z", "state": None})
    page = brief("Platform", SPAN, Material(last=last, running=[running], open_ids=frozenset()))
    assert page.last_retro == "a day that is not told (R1): no action items"
    assert page.next.startswith("A retro runs: r2 (stage not told)")


def test_what_several_brought_is_one() -> None:
    whole = together([Material(notes=["a"]), Material(notes=["b"], open_ids=frozenset({"A1"})), Material()])
    assert (whole.notes, whole.open_ids, whole.last) == (["a", "b"], frozenset({"A1"}), None)
    assert together([]) == Material()
