"""Open action items by age: derived from the retros that they come from, and said to be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import Broken, troubled
from tests.vendors import Vendors
from tools.insights.actions import MOST_SHOWN, followup
from tools.insights.promises import Promise, due
from tools.teamoclock.models import ActionItem, TeamName

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("legacy")]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_the_oldest_come_first_with_their_retro_and_what_to_do(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await call(client, "insights_get_action_item_followup", team="Platform")
    found = result.structured_content or {}
    assert found["open"] == "34 (14 stale, 7 new, 13 undated); the first 12 shown"
    first = found["items"][0]
    assert (first["id"], first["age"], first["state"], first["retro"]) == (
        "A76",
        "57 d",
        "stale",
        "R103",
    )
    assert "teamoclock_update_action_item(action_item_id, resolved=true)" in found["next"]
    assert "since the first retro of the last 26 weeks that lists an item (undated: none does)" in text(result)
    assert {request.vendor for request in vendors.sent()} == {"teamoclock"}


async def test_an_item_that_was_resolved_is_gone_and_a_new_one_is_undated(connect: Connect) -> None:
    async with connect() as client:
        await done(client, "teamoclock_update_action_item", action_item_id="A76", resolved=True)
        await done(client, "teamoclock_create_action_item", team="platform", text="Rotate the keys by 2026-11-19")
        found = await done(client, "insights_get_action_item_followup", team="platform")
    assert found["open"].startswith("34 (1 overdue, 13 stale, 7 new, 13 undated)")
    assert found["items"][0]["text"] == "Rotate the keys by 2026-11-19"
    assert (found["items"][0]["state"], found["items"][0]["due"]) == ("overdue", "2026-11-19")
    assert "A76" not in [item["id"] for item in found["items"]]


async def test_without_a_team_each_team_is_counted(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, "insights_get_action_item_followup")
    counts = {row["team"]: row["open"] for row in found["teams"]}
    assert counts["platform"] == 34
    assert found["open"].startswith(f"{sum(counts.values())} (")
    assert {item["team"] for item in found["items"]} <= counts.keys()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("off", "none of Team O'clock is configured"),
        ("refuses", "Team O'clock answered 418"),
        ("nonsense", "Team O'clock answered"),
    ],
)
@pytest.mark.parametrize("team", [{"team": "platform"}, {}])
async def test_without_its_vendor_it_says_why(
    connect: Connect, vendors: Vendors, trouble: Any, said: str, team: dict[str, str]
) -> None:
    async with connect(troubled(vendors, "teamoclock", trouble)) as client:
        result = await call(client, "insights_get_action_item_followup", **team)
    assert result.is_error
    assert said in text(result)


@pytest.mark.parametrize("vendor", ["linearb", "buddy"])
async def test_other_vendors_do_not_matter(connect: Connect, vendors: Vendors, vendor: str) -> None:
    async with connect(troubled(vendors, vendor, "off")) as client:
        assert (await done(client, "insights_get_action_item_followup", team="platform"))["items"]


async def test_a_retro_that_cannot_be_read_is_counted(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Broken(vendors.app, "teamoclock", "refuses", "/timeline/R103")
    async with connect() as client:
        result = await call(client, "insights_get_action_item_followup", team="platform")
    assert "1 of 12 retros could not be read" in text(result)
    assert "A76" not in [item["id"] for item in (result.structured_content or {})["items"]]


def test_a_team_without_open_items_has_nothing_to_do() -> None:
    found = followup("Platform", [], NOW, UTC, by_team=True)
    assert (found.open, found.items, found.teams) == ("none is open", [], None)
    assert "Nothing to do" in found.next


PROMISES = st.lists(
    st.builds(
        lambda days, late, team: Promise(
            ActionItem(id="A1", text="By 2026-11-01" if late else None, team=team and TeamName(slug=team)),
            None if days is None else NOW - timedelta(days=days),
            None,
            due("by 2026-11-01") if late else None,
        ),
        st.none() | st.integers(0, 90),
        st.booleans(),
        st.sampled_from([None, "a", "b"]),
    ),
    max_size=20,
)


@given(PROMISES)
def test_counts_add_up_and_what_is_late_is_shown(items: list[Promise]) -> None:
    found = followup("all teams", items, NOW, UTC, by_team=True)
    assert sum(row.open for row in found.teams or []) == len(items)
    late = sum(row.overdue for row in found.teams or [])
    assert sum(item.state == "overdue" for item in found.items) == min(late, MOST_SHOWN)
    assert [item.state != "overdue" for item in found.items] == sorted(item.state != "overdue" for item in found.items)
