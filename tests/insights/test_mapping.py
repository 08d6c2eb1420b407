"""A suggested map puts the vendors' teams together by name, else by their people, and is ready to paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client import call
from tests.conftest import Connect, text
from tests.insights.broken import troubled
from tests.vendors import Vendors
from tools.insights.configuration import parsed
from tools.insights.mapping import Listed, suggest, written

listed = st.builds(
    Listed, st.text(min_size=1, max_size=9), st.text(min_size=1, max_size=9), st.frozensets(st.sampled_from("abcdef"))
)
lists = st.fixed_dictionaries(
    {}, optional={name: st.lists(listed, max_size=4) for name in ("oobeya", "linearb", "teamoclock")}
)


@pytest.mark.anyio
async def test_what_is_suggested_in_the_sandbox_is_its_own_map(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        said = text(await call(client, "insights_suggest_team_map"))
    found = parsed(said.split("\n◆")[0], "what was suggested").teams
    assert list(found) == ["platform", "payments", "mobile"]
    platform = found["platform"]
    assert (platform.oobeya, platform.linearb, platform.teamoclock) == (["team-platform"], ["101"], ["platform"])
    assert platform.buddy
    assert platform.buddy.projects == ["platform-api"]
    assert 'name = "Platform"\noobeya = "team-platform"  # by name' in said


@pytest.mark.anyio
async def test_a_vendor_that_was_not_asked_is_not_said_to_list_no_such_team(connect: Connect, vendors: Vendors) -> None:
    async with connect(troubled(vendors, "linearb", "off")) as client:
        said = text(await call(client, "insights_suggest_team_map"))
    assert said.count('# linearb = "?"  # LinearB could not be asked') == 3
    assert "lists no such team" not in said


def test_teams_of_other_names_are_matched_by_their_people() -> None:
    people = frozenset({"mona@acme.example", "joe@acme.example", "ada@acme.example"})
    platform, web = Listed("o1", "Platform", people), Listed("o2", "Web", frozenset({"x"}))
    squad, data = Listed("7", "Infra squad", people | {"liam@acme.example"}), Listed("8", "Data", frozenset({"y"}))
    found = suggest({"oobeya": [platform, web], "linearb": [squad, data]})
    assert [team.name for team in found] == ["Web", "Infra squad", "Data"]
    assert found[1].at == {"linearb": squad, "oobeya": platform}
    assert found[1].why["oobeya"] == "Platform: 3 of 4 people are the same"


def test_two_teams_of_one_name_at_one_vendor_stay_two() -> None:
    found = suggest({"oobeya": [Listed("o1", "Web"), Listed("o2", "web")], "linearb": [Listed("7", "WEB")]})
    assert [(team.key, sorted(team.at)) for team in found] == [("web", ["linearb", "oobeya"]), ("web-o2", ["oobeya"])]


@given(lists)
def test_whatever_teams_are_called_the_file_can_be_read_and_loses_none(found: dict[str, list[Listed]]) -> None:
    known = {(vendor, row.id) for vendor, rows in found.items() for row in rows}
    teams = parsed(written(suggest(found)), "what was suggested").teams
    told = {(vendor, one) for team in teams.values() for vendor in found for one in getattr(team, vendor) or []}
    assert told == known
