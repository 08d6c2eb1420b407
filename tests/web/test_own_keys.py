"""Callers with keys of their own: theirs alone are used, and no address but the operator's."""

import pytest
from mcp import MCPError
from mcp_types import ResourceTemplateReference

from server.errors import ConfigurationError
from server.settings import Settings, load
from tests.client import done
from tests.conftest import Era, text
from tests.vendors import Vendors
from tests.web.conftest import HELLO, OpenSite, hashed

pytestmark = pytest.mark.anyio
GATEWAY = {"Authorization": "Bearer gateway-token"}


def with_keys(vendors: Vendors, **environment: str) -> Settings:
    """Callers bring keys; the addresses are the stand-ins'."""
    urls = {v.base_url_variable: f"{vendors.url}/{v.name}" for v in vendors.catalogue.vendors if not v.needs}
    tokens = f"gateway:destructive:{hashed('gateway-token')}"
    own = {"DRUMBEAT_KEYS": "headers", "DRUMBEAT_TOKENS": tokens, "DRUMBEAT_JOURNAL": vendors.journal}
    return load({**own, **urls, **environment}, vendors.catalogue.vendors)


def keys(vendors: Vendors, vendor: str, **other: str) -> dict[str, str]:
    """The headers of a caller who brings the sandbox's keys for one vendor, or `other` ones."""
    found = next(one for one in vendors.catalogue.vendors if one.name == vendor)
    values = {v.name: v.sandbox for v in found.variables if v.sandbox and v.kind != "url"}
    return {f"X-Drumbeat-{name.replace('_', '-')}": value for name, value in {**values, **other}.items()} | GATEWAY


async def test_each_callers_own_key_goes_to_the_vendor_and_no_other_vendor_exists(
    site: OpenSite, vendors: Vendors, era: Era
) -> None:
    with site(with_keys(vendors)) as here:
        async with here.client(era, keys(vendors, "teamoclock")) as one:
            names = {tool.name.split("_")[0] for tool in (await one.list_tools()).tools}
            assert names - {"insights"} == {"teamoclock", "drumbeat"}
            assert "Platform" in text(await one.call_tool("teamoclock_list_teams"))
        async with here.client(era, keys(vendors, "teamoclock", TEAMOCLOCK_API_KEY="another-key")) as other:
            refused = await other.call_tool("teamoclock_list_teams")
            assert refused.is_error
        async with here.client(era, GATEWAY) as nobody:
            assert {tool.name.split("_")[0] for tool in (await nobody.list_tools()).tools} == {"drumbeat"}
    sent = [request.headers["authorization"] for request in vendors.sent("teamoclock")]
    assert len(set(sent)) == 2


async def test_resources_and_completions_are_of_the_callers_vendors_alone(
    site: OpenSite, vendors: Vendors, era: Era
) -> None:
    ours, others = "teamoclock://retros/{retro_id}", "buddy://projects/{project}/pipelines"
    with site(with_keys(vendors)) as here:
        async with here.client(era, keys(vendors, "teamoclock")) as one:
            listed = [str(each.uri) for each in (await one.list_resources()).resources]
            listed += [each.uri_template for each in (await one.list_resource_templates()).resource_templates]
            assert ours in listed
            assert {uri.partition("://")[0] for uri in listed} == {"teamoclock", "drumbeat"}
            with pytest.raises(MCPError, match="There is no resource"):
                await one.read_resource("buddy://projects")
            for template, variable, found in ((ours, "retro_id", True), (others, "project", False)):
                answer = await one.complete(ResourceTemplateReference(uri=template), {"name": variable, "value": ""})
                assert bool(answer.completion.values) is found
    assert not vendors.sent("buddy")


async def test_prompts_are_those_that_the_callers_vendors_can_answer(
    site: OpenSite, vendors: Vendors, era: Era
) -> None:
    with site(with_keys(vendors)) as here:
        async with (
            here.client(era, keys(vendors, "teamoclock")) as one,
            here.client(era, keys(vendors, "buddy")) as two,
        ):
            first, second = [{each.name for each in (await of.list_prompts()).prompts} for of in (one, two)]
            with pytest.raises(MCPError, match="There is no prompt"):
                await one.get_prompt("failed-pipeline", {"project": "shop"})
    assert first - second == {"standup-summary"}
    assert second - first == {"failed-pipeline"}


async def test_two_callers_behind_one_token_have_nothing_in_common(site: OpenSite, vendors: Vendors, era: Era) -> None:
    one, other = keys(vendors, "teamoclock"), keys(vendors, "teamoclock") | keys(vendors, "linearb")
    with site(with_keys(vendors)) as here:
        async with here.client(era, one) as first, here.client(era, other) as second:
            await done(first, "drumbeat_act", tool="teamoclock_create_action_item", arguments=ITEM)
            assert "create_action_item" in text(await first.call_tool("drumbeat_list_changes"))
            assert "create_action_item" not in text(await second.call_tool("drumbeat_list_changes"))


ITEM = {"team": "platform", "text": "Mine"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"X-Drumbeat-Teamoclock-Base-Url": "https://evil.example"}, "no key of a vendor"),
        ({"X-Drumbeat-Journal": "/tmp/x"}, "no key of a vendor"),
        ({"X-Drumbeat-Teamoclock-Api-Key": "k" * 20}, "half configured"),
    ],
)
async def test_a_header_that_is_no_key_is_refused(
    header: dict[str, str], words: str, site: OpenSite, vendors: Vendors
) -> None:
    with site(with_keys(vendors)) as here:
        answer = await here.post({**GATEWAY, **header})
    assert answer.status_code == 400
    assert words in answer.json()["error_description"]
    assert "kkkk" not in answer.text
    assert not vendors.sent()


async def test_a_session_is_not_served_with_other_keys_than_it_was_opened_with(
    site: OpenSite, vendors: Vendors
) -> None:
    ask = b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
    with site(with_keys(vendors)) as here:
        opened = await here.post(keys(vendors, "teamoclock"), content=HELLO)
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        assert (await here.post({**keys(vendors, "linearb"), **session}, content=ask)).status_code == 404
        assert (await here.post({**keys(vendors, "teamoclock"), **session}, content=ask)).status_code == 200


def test_a_key_in_the_environment_beside_callers_keys_stops_the_start(vendors: Vendors) -> None:
    with pytest.raises(ConfigurationError, match="LINEARB_API_KEY is set"):
        load({"DRUMBEAT_KEYS": "headers", "LINEARB_API_KEY": "k"}, vendors.catalogue.vendors)
