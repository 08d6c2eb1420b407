"""LinearB's incidents: what a person is shown before one goes away, and what comes back afterwards."""

from typing import Any

import pytest
from mcp import Client
from starlette.responses import JSONResponse

from server.settings import Settings
from tests.client import Asked, done, undone
from tests.conftest import Connect, decline
from tests.conftest import text as words
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

MINIMAL = {
    "provider_id": "OPS-1",
    "http_url": "https://pm.acme.example/OPS-1",
    "title": "Checkout is down",
    "issued_at": "2026-11-20T08:00:00Z",
}


async def read(client: Client, provider_id: str) -> dict[str, Any]:
    return await done(client, "linearb_get_incident", provider_id=provider_id)


def without_ids(incident: dict[str, Any]) -> dict[str, Any]:
    """An incident without LinearB's numbers of its teams, services and repositories."""
    lists = {name: rows for name, rows in incident.items() if isinstance(rows, list)}
    plain = {name: [{key: row[key] for key in row if key != "id"} for row in rows] for name, rows in lists.items()}
    return incident | plain


@pytest.mark.era("auto", "legacy")
async def test_person_sees_the_incident_before_it_is_deleted(
    connect: Connect, vendors: Vendors, settings: Settings
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        result = await client.call_tool("linearb_delete_incident", {"provider_id": "INC-74"})
    assert result.is_error
    assert "Incident “mobile-app: errors after PR 74” (INC-74): closed, issued 2026-10-" in asked[0]
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_deleted_incident_is_gone_and_comes_back_with_its_fields(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        before = await read(client, "INC-74")
        assert await done(client, "linearb_delete_incident", provider_id="INC-74") == {
            "done": "Incident INC-74 deleted."
        }
        gone = await client.call_tool("linearb_get_incident", {"provider_id": "INC-74"})
        deleted = await done(client, "linearb_search_incidents", statuses=["deleted"])
        said = (await undone(client))["done"]
        after = await read(client, "INC-74")
    assert "404: Incident not found" in words(gone)
    assert [row["provider_id"] for row in deleted["items"]] == ["INC-74"]
    assert said == "Incident INC-74 created again."
    assert without_ids(after) == without_ids(before)


async def test_changed_incident_is_put_back_with_what_had_been_empty(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        await done(client, "linearb_create_incident", **MINIMAL, teams=["Payments"])
        changes = {"title": "Checkout was down", "ended_at": "2026-11-20T09:00:00Z", "teams": ["Mobile", "Platform"]}
        await done(client, "linearb_update_incident", provider_id="OPS-1", **changes)
        changed = await read(client, "OPS-1")
        said = (await undone(client))["done"]
        after = await read(client, "OPS-1")
    assert (changed["title"], changed["status"]) == ("Checkout was down", "closed")
    assert said == (
        "Incident OPS-1 put back: title is now Checkout is down; ended_at is now empty; teams is now Payments."
    )
    assert (after["title"], after["teams"]) == ("Checkout is down", [{"name": "Payments"}])
    assert "ended_at" not in after


async def test_null_reopens_an_incident(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        made = await done(client, "linearb_update_incident", provider_id="INC-74", ended_at=None)
        after = await read(client, "INC-74")
    assert made["done"] == "Incident INC-74 changed: ended_at is now empty."
    assert [request.body for request in vendors.requests if request.method == "PATCH"] == [{"ended_at": None}]
    assert (after["status"], after.get("ended_at")) == ("in-progress", None)


@pytest.mark.era("auto", "legacy")
async def test_question_of_an_undo_says_what_changes_back_to_what(connect: Connect, settings: Settings) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        await done(client, "linearb_update_incident", provider_id="INC-74", title="New", teams=["mobile"])
        change = (await done(client, "drumbeat_list_changes"))["items"][0]["change_id"]
        await client.call_tool("drumbeat_undo_change", {"change_id": change})
    assert "Incident “mobile-app: errors after PR 74” (INC-74): title “New” back to “mobile-app: errors" in asked[0]
    assert "teams" in asked[0]
    assert "changed by somebody since" not in asked[0]


async def test_undo_of_a_create_deletes_the_incident(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        made = await done(client, "linearb_create_incident", **MINIMAL)
        said = (await undone(client))["done"]
        gone = await client.call_tool("linearb_get_incident", {"provider_id": "OPS-1"})
    assert made["done"] == "Incident “Checkout is down” (OPS-1) created, issued 2026-11-20T08:00:00Z."
    assert said == "Incident OPS-1 deleted."
    assert gone.is_error


async def test_incident_with_another_id_than_asked_for_is_not_touched(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({**MINIMAL, "provider_id": "OPS-9"})
    async with connect() as client:
        result = await client.call_tool("linearb_delete_incident", {"provider_id": "OPS-1"})
    assert "LinearB answered with another incident, OPS-9." in words(result)
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_undo_of_a_list_that_had_been_empty_sends_nothing(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await done(client, "linearb_create_incident", **MINIMAL)
        await done(client, "linearb_update_incident", provider_id="OPS-1", teams=["Mobile"])
        change = (await done(client, "drumbeat_list_changes"))["items"][0]["change_id"]
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change})
    assert "had been empty before" in words(result)
    assert [request.method for request in vendors.requests].count("PATCH") == 1


async def test_update_without_a_field_is_not_sent(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await client.call_tool("linearb_update_incident", {"provider_id": "INC-74"})
    assert "say what to change" in words(result)
    assert "PATCH" not in [request.method for request in vendors.requests]


async def test_incident_that_exists_is_not_created_twice(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("linearb_create_incident", {**MINIMAL, "provider_id": "INC-74"})
    assert words(result).startswith("LinearB answered 409: Incident already exists. Change what is there with")


@pytest.mark.parametrize("tool", ["linearb_delete_incident", "linearb_update_incident"])
async def test_incident_that_does_not_exist_is_not_touched(tool: str, connect: Connect, vendors: Vendors) -> None:
    arguments = {"provider_id": "INC-0"} | ({"title": "New"} if "update" in tool else {})
    async with connect() as client:
        result = await client.call_tool(tool, arguments)
    assert "404: Incident not found" in words(result)
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_declined_delete_leaves_the_incident(connect: Connect) -> None:
    async with connect(answer=decline) as client:
        await client.call_tool("linearb_delete_incident", {"provider_id": "INC-74"})
        assert (await read(client, "INC-74"))["status"] == "closed"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"teams": ["Payments"], "limit": 100}, {"Payments"}),
        ({"services": ["infra", "mobile-app"], "limit": 100}, {"Platform", "Mobile"}),
        ({"repository_urls": ["https://git.acme.example/acme/platform-api.git"]}, {"Platform"}),
        ({"statuses": ["open"]}, set()),
        ({"issued_at": {"before": "2020-01-01"}}, set()),
        (
            {"ended_at": {"after": "2026-10-01", "before": "2026-11-20"}, "limit": 100},
            {"Platform", "Payments", "Mobile"},
        ),
    ],
)
async def test_search_finds_by_what_the_incident_is_tied_to(
    search: dict[str, Any], found: set[str], connect: Connect
) -> None:
    async with connect() as client:
        page = await done(client, "linearb_search_incidents", **search)
    assert {row["teams"][0]["name"] for row in page["items"]} == found


async def test_search_pages(connect: Connect) -> None:
    async with connect() as client:
        first = await done(client, "linearb_search_incidents", limit=9)
        rest = await done(client, "linearb_search_incidents", limit=9, **first["next"])
    times = [row["issued_at"] for row in first["items"] + rest["items"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == first["total"] == 17
    assert "next" not in rest


@pytest.mark.parametrize(
    ("read", "sent"),
    [
        ({"teams": ["A", {"name": "B"}, {"id": 3}]}, {"teams": ["A", "B"]}),
        ({"services": [{"id": 1, "name": "S"}]}, {"services": ["S"]}),
        ({"repositories": [{"url": "u"}, {"http_url": "h", "url": "x"}]}, {"repository_urls": ["u", "h"]}),
        ({"teams": [], "repositories": None, "status": "closed"}, {}),
    ],
)
async def test_objects_that_were_read_are_sent_back_as_names(
    read: dict[str, Any], sent: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({**MINIMAL, **read})
    async with connect() as client:
        await done(client, "linearb_delete_incident", provider_id="OPS-1")
        await undone(client)
    assert [request.body for request in vendors.requests if request.method == "POST"] == [{**MINIMAL, **sent}]


async def test_fields_of_an_incident_that_nobody_documented_are_kept(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({**MINIMAL, "severity": "high", "ended_at": None})
    async with connect() as client:
        assert await read(client, "OPS-1") == {**MINIMAL, "severity": "high"}
