"""Callers who keep their own keys in the vault: led to the page, let in, and served with what they entered there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, ElicitRequestParams, ElicitResult
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from server.errors import ConfigurationError
from server.settings import load
from tests.client import call, done
from tests.conftest import Era, text
from tests.vendors import Vendors
from tests.web.conftest import HELLO, Site
from tests.web.vault.browser import Browser
from tests.web.vault.conftest import KEY, LINEARB, ORIGIN, TEAMOCLOCK, Led, Someone, vault_settings, vault_site

pytestmark = pytest.mark.anyio


async def entered(someone: Someone, vendor: str, values: dict[str, str]) -> Browser:
    browser = await someone.at_the_page()
    answer = await browser.save(vendor, **values)
    assert answer.status_code == 200, answer.text
    return browser


async def test_who_has_no_keys_is_led_to_the_page_and_served_once_they_are_there(
    here: Site, someone: Someone, vendors: Vendors, era: Era
) -> None:
    user = Led()
    async with here.client(era, someone.headers, user) as client:
        assert "teamoclock_create_retro" in [tool.name for tool in (await client.list_tools()).tools]
        told = await call(client, "teamoclock_list_teams")
        assert told.is_error
        assert "The page for it was opened" in text(told)
        assert "Team O'clock" in user[0].message
        assert not vendors.sent()
        browser = someone.browser()
        arrived = await browser.sign_in(someone.token, user.ticket)
        assert arrived.headers["location"] == "/keys#teamoclock"
        saved = await browser.save("teamoclock", **TEAMOCLOCK)
        assert "Team O&#x27;clock knows you as" in saved.text
        assert "Go back to your assistant." in saved.text
        assert "Platform" in text(await call(client, "teamoclock_list_teams"))
    assert len(user) == 1


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_who_does_not_open_the_page_is_not_asked_twice_in_a_call(
    here: Site, someone: Someone, action: str, era: Era
) -> None:
    user = Led(action)
    async with here.client(era, someone.headers, user) as client:
        told = await call(client, "linearb_list_teams")
    assert "They did not open the page" in text(told)
    assert f"{ORIGIN}/keys" in text(told)
    assert len(user) == 1


async def test_a_client_that_opens_no_pages_is_told_the_address(here: Site, someone: Someone, era: Era) -> None:
    async with here.client(era, someone.headers, None) as client:
        for tool, arguments in (
            ("linearb_list_teams", {}),
            ("drumbeat_read", {"tool": "linearb_list_teams", "arguments": {}}),
            ("insights_get_delivery_report", {"team": "platform"}),
        ):
            told = await call(client, tool, **arguments)
            assert told.is_error
            assert f"The user enters them at {ORIGIN}/keys; then call again." in text(told)
        found = text(await call(client, "drumbeat_find_tools", query="create a retro"))
        assert "teamoclock_create_retro" in found


async def test_the_connections_say_whose_keys_are_missing_and_where_they_are_entered(
    here: Site, someone: Someone, era: Era
) -> None:
    await entered(someone, "linearb", LINEARB)
    async with here.client(era, someone.headers) as client:
        told = text(await call(client, "drumbeat_check_connections"))
    assert f"TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY. Enter them at {ORIGIN}/keys" in told
    assert "OOBEYA_API_KEY or OOBEYA_BEARER_TOKEN" in told
    assert "LINEARB_API_KEY" not in told


async def test_a_session_goes_on_when_keys_come_and_when_they_go(
    here: Site, someone: Someone, vendors: Vendors, era: Era
) -> None:
    async with here.client(era, someone.headers, None) as client:
        assert (await call(client, "linearb_list_teams")).is_error
        browser = await entered(someone, "linearb", LINEARB)
        assert not (await call(client, "linearb_list_teams")).is_error
        await browser.save("linearb", LINEARB_API_KEY="another-key")
        assert "another-key" not in text(await call(client, "linearb_list_teams"))
        assert vendors.sent("linearb")[-1].headers["x-api-key"] == "another-key"
        gone = await browser.delete("linearb")
        assert "The keys of LinearB are deleted." in gone.text
        sent = len(vendors.sent())
        assert "/keys" in text(await call(client, "linearb_list_teams"))
        assert len(vendors.sent()) == sent


async def test_an_agreement_is_for_the_keys_with_which_it_was_asked_for(
    here: Site, someone: Someone, vendors: Vendors, era: Era
) -> None:
    browser = await entered(someone, "linearb", LINEARB)
    asked = []

    async def after_a_change(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        await browser.save("linearb", LINEARB_AUTH="bearer")
        return ElicitResult(action="accept", content={"agree": True})

    async with here.client(era, someone.headers, after_a_change) as client:
        arguments = {"tool": "linearb_delete_incident", "arguments": {"provider_id": "INC-74"}}
        assert not (await call(client, "drumbeat_act", **arguments)).is_error
    (deleted,) = [request for request in vendors.sent("linearb") if request.method == "DELETE"]
    # Who waits goes on with the keys it began with; who comes again is asked for the new ones.
    assert (len(asked), "authorization" in deleted.headers) == ((1, False) if era == "legacy" else (2, True))


async def test_a_resource_that_lacks_keys_says_where_they_are_entered(here: Site, someone: Someone, era: Era) -> None:
    async with here.client(era, someone.headers, Led()) as client:
        with pytest.raises(MCPError, match=f"The user enters them at {ORIGIN}/keys") as caught:
            await client.read_resource("linearb://teams")
    assert caught.value.code == INVALID_PARAMS


async def test_two_people_have_nothing_in_common(here: Site, people: Iterator[Someone], vendors: Vendors) -> None:
    one, other = next(people), next(people)
    item = {"team": "platform", "text": "Mine"}
    await entered(one, "teamoclock", TEAMOCLOCK)
    async with here.client("auto", one.headers) as first, here.client("auto", other.headers, None) as second:
        await done(first, "drumbeat_act", tool="teamoclock_create_action_item", arguments=item)
        assert "create_action_item" in text(await call(first, "drumbeat_list_changes"))
        assert (await call(second, "teamoclock_list_teams")).is_error
        await entered(other, "teamoclock", TEAMOCLOCK)
        assert not (await call(second, "teamoclock_list_teams")).is_error
        assert "create_action_item" not in text(await call(second, "drumbeat_list_changes"))


async def test_a_key_that_the_vendor_does_not_know_is_kept_and_said_to_be_wrong(here: Site, someone: Someone) -> None:
    browser = await someone.at_the_page()
    told = await browser.save("linearb", LINEARB_API_KEY="wrong-key-of-mine")
    assert "LinearB does not accept them" in told.text
    assert "wrong-key-of-mine" not in told.text
    assert "Go back" not in told.text.split("<p>You are signed in")[0]


@pytest.mark.parametrize(
    ("vendor", "values", "words"),
    [
        ("teamoclock", {"TEAMOCLOCK_API_KEY": "k" * 20}, "half configured"),
        ("linearb", {"LINEARB_API_KEY": "k" * 9000}, "longer than 8,192"),
        ("linearb", {"LINEARB_API_KEY": "k\r\nX-Evil: 1"}, "cannot be sent"),
        ("linearb", {"LINEARB_API_KEY": "k\u00e9y"}, "cannot be sent"),
        ("linearb", LINEARB | {"LINEARB_AUTH": "cookie"}, "must be one of"),
        ("linearb", {}, "LinearB needs LINEARB_API_KEY"),
    ],
)
async def test_what_does_not_fit_is_not_kept(
    vendor: str, values: dict[str, str], words: str, here: Site, someone: Someone, vendors: Vendors
) -> None:
    browser = await someone.at_the_page()
    told = await browser.save(vendor, **values)
    assert told.status_code == 400
    assert words in told.text
    assert "kkkk" not in told.text
    assert "Kept:" not in (await browser.get("/keys")).text
    assert not vendors.sent()


async def test_an_address_is_the_operators_and_no_key(here: Site, someone: Someone, vendors: Vendors) -> None:
    browser = await someone.at_the_page()
    await browser.save("linearb", **LINEARB, LINEARB_BASE_URL="https://evil.example")
    assert [request.vendor for request in vendors.sent()] == ["linearb"]
    answer = await program(here, "PUT", someone, "/linearb", {**LINEARB, "LINEARB_BASE_URL": "https://evil.example"})
    assert answer == (
        400,
        {"error": "Nothing was kept: LINEARB_BASE_URL is no key of LinearB's, only LINEARB_API_KEY, LINEARB_AUTH are."},
    )


async def program(here: Site, method: str, someone: Someone, path: str = "", data: object = None) -> tuple[int, object]:
    async with httpx.AsyncClient(verify=False) as http:
        answer = await http.request(method, f"{here.url}/keys{path}", headers=someone.headers, json=data)
    return answer.status_code, answer.json() if answer.content else None


async def test_a_program_lists_gives_and_takes_keys_with_its_token(here: Site, someone: Someone, era: Era) -> None:
    status, listed = await program(here, "GET", someone)
    assert isinstance(listed, dict)
    assert (status, listed["caller"]) == (200, someone.name)
    assert {"vendor": "linearb", "title": "LinearB", "kept": [], "needs": ["LINEARB_API_KEY"]} in listed["vendors"]
    status, told = await program(here, "PUT", someone, "/linearb", LINEARB)
    assert isinstance(told, dict)
    assert (status, told["accepted"]) == (200, True)
    async with here.client(era, someone.headers, None) as client:
        assert not (await call(client, "linearb_list_teams")).is_error
    assert await program(here, "DELETE", someone, "/linearb") == (204, None)
    status, listed = await program(here, "GET", someone)
    assert "lb-sandbox" not in json.dumps(listed)
    assert not [each for each in listed["vendors"] if each["kept"]]  # type: ignore[index]


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A vendor that sends back what it was sent."""
    told = Headers(scope=scope)["authorization"]
    await JSONResponse({"error": f"We do not understand {told}"}, 400)(scope, receive, send)


async def test_no_key_is_on_the_disk_in_the_log_or_in_the_journal(
    here: Site, someone: Someone, folder: Path, vendors: Vendors, era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await entered(someone, "teamoclock", TEAMOCLOCK)
    vendors.app = echo
    async with here.client(era, someone.headers) as client:
        for tool, arguments in (
            ("drumbeat_read", {"tool": "teamoclock_list_teams", "fresh": True}),
            ("teamoclock_create_action_item", {"team": "platform", "text": "Mine"}),
        ):
            told = await call(client, tool, **arguments)
            assert told.is_error
            assert "skey-sandbox" not in text(told)
            assert "********" in text(told), text(told)
    assert "********" in (await (await someone.at_the_page()).save("teamoclock")).text
    kept = content(folder)
    assert b"skey-sandbox" not in kept
    assert someone.name.encode() in kept
    assert "skey-sandbox" not in caplog.text
    assert f"{someone.name} keeps keys for teamoclock" in caplog.text


async def test_keys_entered_at_the_page_are_the_same_for_all_clients_of_a_person(here: Site, someone: Someone) -> None:
    await entered(someone, "linearb", LINEARB)
    first = await here.post(someone.headers, content=HELLO)
    assert first.status_code == 200
    async with here.client("auto", someone.headers, None) as client, here.client("legacy", someone.headers) as other:
        for one in (client, other):
            assert isinstance(one, Client)
            assert not (await call(one, "linearb_list_teams")).is_error


async def test_other_keys_are_not_another_share_of_sessions(vendors: Vendors, tmp_path: Path) -> None:
    with vault_site(vendors, vault_settings(vendors, tmp_path, DRUMBEAT_MOST_SESSIONS="4")) as site:
        someone = Someone(0, site.url)
        assert (await site.post(someone.headers, content=HELLO)).status_code == 200
        await entered(someone, "linearb", LINEARB)
        assert (await site.post(someone.headers, content=HELLO)).status_code == 429


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DRUMBEAT_VAULT_KEYS": ""}, "needs DRUMBEAT_VAULT_KEYS"),
        ({"DRUMBEAT_VAULT_KEYS": "short"}, "32 characters"),
        ({"DRUMBEAT_TOKENS": ""}, "needs DRUMBEAT_TOKENS or DRUMBEAT_OAUTH_ISSUER"),
        ({"DRUMBEAT_PUBLIC_URL": ""}, "needs DRUMBEAT_PUBLIC_URL"),
        ({"DRUMBEAT_PUBLIC_URL": "http://drumbeat.acme.example"}, "must use https"),
        ({"DRUMBEAT_SANDBOX": "1"}, "no use in the sandbox"),
        ({"DRUMBEAT_OAUTH_CLIENT_ID": "drumbeat"}, "needs DRUMBEAT_OAUTH_ISSUER"),
        ({"DRUMBEAT_OAUTH_CLIENT_SECRET": "s"}, "needs DRUMBEAT_OAUTH_CLIENT_ID"),
        ({"LINEARB_API_KEY": "k"}, "LINEARB_API_KEY is set, but with DRUMBEAT_KEYS=vault"),
    ],
)
def test_a_vault_that_would_not_be_safe_stops_the_start(
    change: dict[str, str], words: str, vendors: Vendors, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        vault_settings(vendors, tmp_path, **change)


def test_a_vendor_whose_address_the_operator_has_not_set_is_not_offered(vendors: Vendors, tmp_path: Path) -> None:
    assert "oobeya" in vault_settings(vendors, tmp_path).offered
    assert "oobeya" not in vault_settings(vendors, tmp_path, OOBEYA_BASE_URL="").offered


def test_the_vaults_keys_may_stand_in_a_file(vendors: Vendors, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{KEY},{KEY}\n")
    settings = vault_settings(
        vendors, tmp_path, DRUMBEAT_VAULT_KEYS="", DRUMBEAT_VAULT_KEYS_FILE=str(tmp_path / "keys")
    )
    assert len(settings.vault_keys) == 2
    assert KEY not in repr(settings)
    with pytest.raises(ConfigurationError, match="there is no such setting"):
        load({"DRUMBEAT_VAULT_KEY": KEY}, vendors.catalogue.vendors)
