"""What needs somebody now: the most urgent first, each with age, person, link and the next tool."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import TITLES, TROUBLES, Broken, Trouble, answer_without
from tests.vendors import Vendors
from tools.buddy.pipeline_models import ExecutionRow, PipelineRow
from tools.insights.attention import MOST_ITEMS, MOST_STALE, listed
from tools.insights.needs import Item, Scope, failing
from tools.insights.pipelines import Pipeline

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("auto")]
ASKED = ("linearb", "buddy", "teamoclock")
KINDS = {
    "linearb": {"incident"},
    "buddy": {"waiting pipeline", "failed pipeline"},
    "teamoclock": {"blocker", "stale"},
}


def kinds(found: Mapping[str, Any]) -> set[str]:
    return {item["kind"] for item in found["items"]}


async def test_a_teams_list_names_what_is_urgent_first_with_what_to_do(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_attention_list", team="platform")
    incident, waiting, failed = found["items"][:3]
    assert incident["what"] == "INC-900: platform-api: logins take half a minute (in-progress)"
    assert (incident["age"], incident["link"]) == ("19 h", "https://pm.acme.example/INC-900")
    assert waiting["what"] == "“Deploy to Kubernetes” of #900 (Deploy to production) waits for approval"
    assert (waiting["age"], waiting["who"], waiting["where"]) == ("4 h", "Mona Keller", "infra, pipeline 21")
    assert failed["what"].startswith("#1259 Tests on main")
    assert (failed["age"], failed["who"], failed["where"]) == ("11 h", "Joe Doe", "platform-api")
    assert set(found["next"]) == kinds(found) == {"incident", "waiting pipeline", "failed pipeline", "blocker", "stale"}
    assert sum(item["kind"] == "stale" for item in found["items"]) == MOST_STALE
    assert found["more"] == "11 × stale"


async def test_without_a_team_it_is_about_all_of_them(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_attention_list")
        mobile = await done(client, "insights_get_attention_list", team="mobile")
    assert found["team"] == "all teams"
    assert {"tom.ruiz", "max.weber"} <= {who for item in found["items"] for who in item.get("who", "").split(", ")}
    assert "incident" not in kinds(mobile)
    vendors.app = Broken(vendors.app, "buddy", "refuses")
    async with connect() as client:
        found = await done(client, "insights_get_attention_list")
    assert found["items"][0]["what"].startswith("Buddy answered 418")
    assert {"incident", "blocker"} <= kinds(found)


async def test_since_leaves_out_failures_that_are_older(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_attention_list", team="platform", since="2026-11-20T06:00:00Z")
    assert "failed pipeline" not in kinds(found)
    assert {"incident", "waiting pipeline", "stale"} <= kinds(found)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("vendor", ASKED)
async def test_a_vendor_in_trouble_is_named_and_the_others_answer(
    connect: Connect, vendors: Vendors, vendor: str, trouble: Trouble
) -> None:
    found = kinds(await answer_without(connect, vendors, "insights_get_attention_list", vendor, trouble))
    others = set().union(*(KINDS[name] for name in ASKED if name != vendor))
    assert (others - {"stale"}) <= found
    assert not found & KINDS[vendor]
    assert ("vendor" in found) == (trouble != "off")


async def test_nobody_answering_is_a_failure_that_says_why(connect: Connect, vendors: Vendors) -> None:
    for vendor in ASKED:
        vendors.app = Broken(vendors.app, vendor, "refuses")
    async with connect() as client:
        result = await call(client, "insights_get_attention_list", team="platform")
    assert result.is_error
    assert all(f"{TITLES[vendor]} answered 418" in text(result) for vendor in ASKED)


@pytest.mark.parametrize(
    ("vendor", "part", "missing", "there"),
    [
        ("linearb", "/measurements", "Without pull requests merged without a review", "incident"),
        ("linearb", "/incidents", "Without open incidents", "not reviewed"),
        ("teamoclock", "/actionitems", "Without action items", "blocker"),
        ("teamoclock", "/standup", "Without running stand-ups", "stale"),
        ("buddy", "/projects/infra/pipelines", "1 of 2 projects could not be read", "failed pipeline"),
    ],
)
async def test_a_part_that_a_vendor_refuses_is_named_and_its_other_parts_answer(
    connect: Connect, vendors: Vendors, vendor: str, part: str, missing: str, there: str
) -> None:
    vendors.app = Broken(vendors.app, vendor, "refuses", part)
    async with connect() as client:
        arguments = {"team": "platform", "since": "2026-09-01"}
        result = await call(client, "insights_get_attention_list", **arguments)
    assert missing in text(result)
    assert there in kinds(result.structured_content or {})


def test_nothing_to_do_says_so_and_much_is_counted() -> None:
    scope = Scope(datetime(2026, 11, 6, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), UTC)
    nothing = listed("Platform", scope, [])
    assert nothing.summary == "nothing needs anybody, as far as the vendors that answered tell"
    assert nothing.next is None
    many = [Item(kind="blocker", what=str(number)) for number in range(20)] + [Item(kind="incident", what="down")]
    found = listed("Platform", scope, many)
    assert found.summary == "1 × incident, 20 × blocker"
    assert (len(found.items), found.items[0].kind, found.more) == (MOST_ITEMS, "incident", "9 × blocker")
    assert scope.now - scope.since == timedelta(days=14)


async def test_what_several_answers_were_kept_for_is_said_in_one_line(connect: Connect) -> None:
    async with connect() as client:
        await done(client, "insights_get_action_item_followup", team="platform")
        await done(client, "insights_get_standup_digest", team="platform")
        said = text(await call(client, "insights_get_attention_list", team="platform"))
    assert said.lower().count("cached") == 1
    assert "Cached up to" in said


MAIN_IS_RED = ("#8 Tests on main", "4 h")


def execution(hour: int, status: str, branch: str = "main") -> ExecutionRow:
    at = datetime(2026, 11, 20, hour, tzinfo=UTC).isoformat()
    place = {"name": branch, "default": branch == "main"}
    return ExecutionRow.model_validate({"id": hour, "status": status, "start_date": at, "branch": place})


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([execution(9, "FAILED"), execution(8, "FAILED"), execution(7, "SUCCESSFUL")], [("#9 Tests on main", "4 h")]),
        ([execution(9, "SUCCESSFUL"), execution(8, "FAILED")], []),
        ([execution(9, "SUCCESSFUL", "x"), execution(8, "FAILED")], [MAIN_IS_RED]),  # main is still red
        ([execution(9, "SUCCESSFUL"), execution(8, "FAILED", "x")], []),  # somebody's branch of before
        ([execution(9, "FAILED", "x"), execution(8, "SUCCESSFUL")], [("#9 Tests on x", "3 h")]),
        (
            [execution(9, "INPROGRESS"), execution(8, "FAILED"), execution(7, "FAILED", "x")],
            [MAIN_IS_RED],
        ),
        ([execution(5, "FAILED")], []),  # before the period
        ([ExecutionRow(id=1, status="FAILED")], []),  # nobody knows when
        ([], []),
    ],
)
def test_a_pipeline_fails_where_it_failed_last_since_the_first_failure_in_a_row(
    rows: list[ExecutionRow], found: list[tuple[str, str]]
) -> None:
    scope = Scope(datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC), UTC)
    items = failing(Pipeline("api", PipelineRow(id=1, name="Tests")), rows, scope)
    assert [(item.what, item.age) for item in items] == found


@pytest.mark.parametrize(
    ("only", "asked"), [("incident", "linearb"), ("waiting pipeline", "buddy"), ("stale", "teamoclock")]
)
async def test_one_kind_is_asked_of_the_vendor_that_has_it(
    only: str, asked: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_attention_list", only=only)
    assert kinds(found) == {only}
    assert "summary" not in found or found["summary"].endswith(f" × {only}")
    assert found["since"] == "any age"
    assert list(found["next"]) == [only]
    assert {request.vendor for request in vendors.sent()} == {asked}


async def test_a_kind_that_there_is_not_is_refused_and_one_of_which_there_is_nothing_is_said(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        wrong = await call(client, "insights_get_attention_list", only="incidents")
        none = await done(client, "insights_get_attention_list", only="overdue", team="platform")
        vendors.app = Broken(vendors.app, "linearb", "refuses")
        broken = await call(client, "insights_get_attention_list", only="incident")
    assert text(wrong).startswith("Nothing was sent: there is no kind 'incidents'; there are vendor, incident,")
    assert (none["items"], none["summary"]) == ([], "no overdue, as far as the vendors that answered tell")
    assert "LinearB" in text(broken)
