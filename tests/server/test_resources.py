"""What a person attaches to a chat: lists, single objects, and ids completed from the vendor's own lists."""

from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.shared.uri_template import UriTemplate
from mcp_types import Completion, ResourceTemplateReference, TextResourceContents
from starlette.responses import JSONResponse

from server.settings import Settings
from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
NOT_FOUND, FAILED = -32602, -32603
# Variables whose values no list of the vendor has.
KNOWN = {
    "buddy://projects/{project}/pipelines/{pipeline_id}/executions/{execution_id}/logs/{action_execution_id}": {
        "project": "payments-service",
        "pipeline_id": "31",
        "execution_id": "123",
        "action_execution_id": "000000000000007b00000003",
    },
    "buddy://projects/{project}/commits/{revision}": {"revision": "main"},
    "buddy://projects/{project}/contents/{+path}": {"path": "src/app.py"},
    "linearb://reports/{request_id}": {"request_id": "123"},
}
PIPELINES = "buddy://projects/{project}/pipelines/{pipeline_id}"
ACTION_ITEMS = "teamoclock://action-items/{action_item_id}"


async def read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.uri == uri
    assert content.mime_type == "text/plain"
    return content.text


async def refusal(client: Client, uri: str) -> MCPError:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value


async def completion(client: Client, template: str, name: str, typed: str = "", **known: str) -> Completion:
    reference = ResourceTemplateReference(uri=template)
    return (await client.complete(reference, {"name": name, "value": typed}, known or None)).completion


def without_cache(vendors: Vendors, **environment: str) -> Settings:
    return vendors.settings(DRUMBEAT_CACHE_TTL="0", DRUMBEAT_RESULT_TOKENS="100000", **environment)


# Reading.


async def test_every_list_is_a_resource_with_its_tools_answer(connect: Connect, vendors: Vendors) -> None:
    tools = {e.resource: e for e in vendors.catalogue.tools if e.resource and "{" not in e.resource}
    async with connect(without_cache(vendors)) as client:
        listed = {resource.uri: resource for resource in (await client.list_resources()).resources}
        assert set(listed) == set(tools)
        for uri, entry in tools.items():
            answer = await client.call_tool("drumbeat_read", {"tool": entry.name})
            assert await read(client, uri) == text(answer)
            assert (listed[uri].title, listed[uri].description) == (entry.title, entry.description)
            assert listed[uri].mime_type == "text/plain"


async def test_every_template_can_be_read_with_completed_ids(connect: Connect, vendors: Vendors) -> None:
    tools = {e.resource: e.name for e in vendors.catalogue.tools if e.resource and "{" in e.resource}
    async with connect(without_cache(vendors)) as client:
        listed = [template.uri_template for template in (await client.list_resource_templates()).resource_templates]
        assert set(listed) == {*tools, "drumbeat://results/{result_id}", "drumbeat://results/{result_id}.csv"}
        for template, tool in tools.items():
            parsed, values = UriTemplate.parse(template), dict(KNOWN.get(template, {}))
            for name in parsed.variable_names:
                values[name] = values.get(name) or (await completion(client, template, name, **values)).values[0]
            answer = await client.call_tool("drumbeat_read", {"tool": tool, "arguments": values})
            assert not answer.is_error, text(answer)
            assert await read(client, parsed.expand(values)) == text(answer)


async def test_a_resource_is_whole_whatever_the_budget_is(connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings(DRUMBEAT_RESULT_TOKENS="200")) as client:
        answer = await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_action_items"})
        whole = await read(client, "teamoclock://action-items")
    assert "Cut to fit" in text(answer)
    assert "◆ 100 shown" in whole


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("teamoclock://teams/pl%61tform", "/teams/platform"),
        ("teamoclock://timeline/j%C3%B6rg%20a", "/timeline/j%C3%B6rg%20a"),
        ("linearb://incidents/a%3Fb%23c%26d", "/api/v1/incidents/a%3Fb%23c%26d"),
        ("linearb://incidents/100%25", "/api/v1/incidents/100%25"),
        (
            "buddy://projects/infra/branches/feature%2Foffline-banners",
            "/workspaces/acme/projects/infra/repository/branches/feature%2Foffline-banners",
        ),
        (
            "buddy://projects/infra/contents/src/a%20b.py",
            "/workspaces/acme/projects/infra/repository/contents/src/a%20b.py",
        ),
    ],
)
async def test_an_encoded_id_reaches_the_vendor_as_it_was_meant(
    uri: str, target: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"data": {"name": "x"}, "name": "x"})
    async with connect() as client:
        await read(client, uri)
    assert [request.target for request in vendors.sent()] == [target]


# What cannot be read.


@pytest.mark.parametrize(
    "uri",
    [
        "teamoclock://nope",
        "teamoclock://retros/a/b",
        "teamoclock://retros?team=platform",
        "nobody://retros",
        "https://www.teamoclock.com/retros",
        "file:///etc/passwd",
    ],
)
async def test_an_unknown_resource_is_a_protocol_error_and_asks_nobody(
    uri: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        error = await refusal(client, uri)
    assert error.error.code == NOT_FOUND
    assert "There is no resource" in error.error.message
    assert vendors.sent() == []


@pytest.mark.parametrize(
    "uri",
    [
        "teamoclock://retros/",
        "teamoclock://retros/..",
        "teamoclock://retros/%2E%2E",
        "buddy://projects/../pipelines",
        "buddy://projects/infra/contents/../../variables",
        "buddy://projects/infra/contents/..%2F..%2Fvariables",
    ],
)
async def test_an_id_that_is_none_or_would_lead_elsewhere_is_refused(
    uri: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        error = await refusal(client, uri)
    assert error.error.code in (NOT_FOUND, FAILED)
    assert vendors.sent() == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, {"errors": [{"detail": "Object not found"}]}, "answered 404: Object not found."),
        (401, {"error": "Bad key"}, "Check TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY."),
        (500, {}, "answered 500. The fault is the vendor's"),
        (200, ["surprise"], "answered in an unknown shape"),
    ],
)
async def test_the_vendors_refusal_is_a_protocol_error_in_its_words(
    status: int, body: Any, words: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(body, status)
    async with connect() as client:
        error = await refusal(client, "teamoclock://retros/r1")
    assert error.error.code == (NOT_FOUND if status == 404 else FAILED)
    assert words in error.error.message
    assert "skey-sandbox" not in str(error.error)


# Completing.


async def test_ids_are_completed_from_the_vendors_list_by_prefix_whatever_the_case(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        for typed in ("p", "P", "pL", ""):
            found = await completion(client, "teamoclock://teams/{team}", "team", typed)
            expected = [t for t in ("platform", "payments", "mobile") if t.startswith(typed.lower())]
            assert found.values == expected
            assert (found.total, found.has_more) == (len(expected), False)
        assert (await completion(client, "teamoclock://teams/{team}", "team", "latform")).values == []
    assert {request.target for request in vendors.sent()} == {"/teams"}


async def test_ids_below_others_are_completed_from_what_was_filled_in(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        infra = await completion(client, PIPELINES, "pipeline_id", project="infra")
        other = await completion(client, PIPELINES, "pipeline_id", project="payments-service")
        neither = await completion(client, PIPELINES, "pipeline_id")
        unknown = await completion(client, PIPELINES, "pipeline_id", project="no-such-project", workspace="acme")
    assert infra.values
    assert other.values
    assert set(infra.values) & set(other.values) == set()
    assert neither.values == unknown.values == []


async def test_at_most_a_hundred_values_are_offered_and_more_is_said(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        first_page = await completion(client, ACTION_ITEMS, "action_item_id")
        vendors.app = JSONResponse({"data": [{"slug": f"team-{number}"} for number in range(150)]})
        teams = await completion(client, "teamoclock://teams/{team}", "team", "TEAM")
    assert (len(teams.values), teams.total, teams.has_more) == (100, 150, True)
    assert len(first_page.values) == 100
    assert first_page.has_more, "the vendor has a second page"


async def test_what_no_list_has_is_completed_by_nothing(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        for template in ("teamoclock://teams/{team}", "nobody://x/{id}"):
            assert (await completion(client, template, "team_id")).values == []
    assert vendors.sent() == []


async def test_a_vendor_that_fails_completes_nothing_and_breaks_nothing(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({}, 500)
    async with connect() as client:
        assert (await completion(client, "teamoclock://teams/{team}", "team")).values == []
        assert (await client.list_tools()).tools


async def test_nothing_of_a_vendor_that_is_off_is_there(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings()
    settings = settings.model_copy(update={"vendors": {"teamoclock": settings.vendors["teamoclock"]}})
    async with connect(settings) as client:
        uris = [resource.uri for resource in (await client.list_resources()).resources]
        uris += [one.uri_template for one in (await client.list_resource_templates()).resource_templates]
        errors = [await refusal(client, uri) for uri in ("buddy://projects", "buddy://projects/infra")]
        completed = await completion(client, "buddy://projects/{project}", "project")
    assert {uri.split(":")[0] for uri in uris} == {"teamoclock", "drumbeat"}
    assert {error.error.code for error in errors} == {NOT_FOUND}
    assert completed.values == []
    assert vendors.sent() == []


@pytest.mark.parametrize(
    "uri",
    [
        "teamoclock://retros/r-gone",
        "teamoclock://action-items/%2e%2e",
        "teamoclock://nothing/here",
    ],
)
async def test_what_is_not_there_is_not_found_and_no_fault_of_the_server(uri: str, connect: Connect) -> None:
    async with connect() as client:
        assert (await refusal(client, uri)).code == NOT_FOUND
