"""Attacks on the page of keys: forged forms, planted sessions, links that are passed on, guessing, and floods."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from server.access import Variable
from server.catalogue import PublishedVendor
from server.request import Caller
from server.state.memory import InProcess
from server.web.vault.keeper import Shelf, Slot
from server.web.vault.pages import POLICY, STYLE, Pages
from server.web.vault.sessions import SESSION, VISIT, Sessions, derived, secret
from tests.client import call
from tests.conftest import Era, text
from tests.vendors import Vendors
from tests.web.conftest import Site
from tests.web.vault.browser import Browser, fields
from tests.web.vault.conftest import LINEARB, ORIGIN, Led, Someone, vault_settings, vault_site

pytestmark = pytest.mark.anyio
EVIL = "https://evil.example"


async def keeps_nothing(browser: Browser) -> bool:
    return "Kept:" not in (await browser.get("/keys")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Origin": "http://drumbeat.acme.example"},
    ]
    + [{"Origin": "", "Sec-Fetch-Site": site} for site in ("cross-site", "same-site")]
    + [{"Host": "evil.example"}],
)
async def test_a_form_from_another_site_does_nothing(headers: dict[str, str], someone: Someone) -> None:
    browser = await someone.at_the_page()
    form = fields((await browser.get("/keys")).text, "/keys/linearb") | LINEARB | {"action": "keep"}
    told = await browser.post("/keys/linearb", form, **headers)
    assert told.status_code in (403, 421)
    assert await keeps_nothing(browser)
    # Also where it brings a token and a session: nobody's page but ours signs in.
    visitor = someone.browser()
    page = fields((await visitor.get("/keys")).text, "/keys/sign-in")
    told = await visitor.post("/keys/sign-in", {**page, "drumbeat_token": someone.token}, **headers)
    assert told.status_code in (403, 421)
    assert SESSION not in visitor.cookies


async def test_a_text_browser_that_names_no_origin_is_served_by_its_forms_token(someone: Someone) -> None:
    browser = Browser(someone.site, "")
    assert (await browser.sign_in(someone.token)).status_code == 303
    assert "are kept" in (await browser.save("linearb", **LINEARB)).text
    assert "<script" not in (await browser.get("/keys")).text


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "another form's", "another session's"])
async def test_a_form_without_its_own_token_does_nothing(token: str, someone: Someone, other: Someone) -> None:
    browser, stranger = await someone.at_the_page(), await other.at_the_page()
    page = (await browser.get("/keys")).text
    if token == "another form's":
        token = fields(page, "/keys/teamoclock")["token"]
    elif token == "another session's":
        token = fields((await stranger.get("/keys")).text, "/keys/linearb")["token"]
    told = await browser.post("/keys/linearb", {"token": token, "action": "keep", **LINEARB})
    assert told.status_code == 403
    assert "Nothing was done" in told.text
    assert (await browser.post("/keys/sign-out", {"token": token})).status_code == 403
    assert await keeps_nothing(browser)
    assert await keeps_nothing(stranger)


async def test_nobody_is_signed_in_as_the_attacker_without_noticing(someone: Someone, other: Someone) -> None:
    attacker, victim = someone.browser(), other.browser()
    own = fields((await attacker.get("/keys")).text, "/keys/sign-in")
    await victim.get("/keys")
    told = await victim.post("/keys/sign-in", {**own, "drumbeat_token": someone.token})
    assert told.status_code == 403
    assert SESSION not in victim.cookies


async def test_a_session_that_was_planted_before_is_not_the_one_that_begins(someone: Someone) -> None:
    planted = f"{'0' * 32}.{secret()}"
    browser = someone.browser()
    browser.cookies[SESSION] = planted
    await browser.sign_in(someone.token)
    first = browser.cookies[SESSION]
    assert first != planted
    other_session = await someone.at_the_page()
    assert other_session.cookies[SESSION] != first
    stranger = someone.browser()
    stranger.cookies[SESSION] = planted
    assert "Sign in" in (await stranger.get("/keys")).text


@pytest.mark.parametrize("cookie", ["", "x", f"{'0' * 32}.{'a' * 43}", "../etc/passwd", "%00"])
async def test_a_guessed_session_is_none(cookie: str, someone: Someone) -> None:
    browser = someone.browser()
    browser.cookies[SESSION] = cookie
    assert "First show that you are the" in (await browser.get("/keys")).text
    told = await browser.post("/keys/linearb", {"token": derived(cookie, "linearb"), "action": "keep", **LINEARB})
    assert told.status_code == 403


async def test_a_session_ends_for_all_when_its_owner_signs_out(someone: Someone) -> None:
    browser, thief = await someone.at_the_page(), someone.browser()
    thief.cookies = dict(browser.cookies)
    assert "You are signed in as" in (await thief.get("/keys")).text
    token = fields((await browser.get("/keys")).text, "/keys/sign-out")
    await browser.post("/keys/sign-out", token)
    assert SESSION not in browser.cookies
    assert "Sign in" in (await thief.get("/keys")).text


async def led(here: Site, someone: Someone, era: Era) -> str:
    """The ticket in the link that somebody's assistant is given for them."""
    user = Led()
    async with here.client(era, someone.headers, user) as client:
        await call(client, "linearb_list_teams")
    return user.ticket


async def test_a_link_for_one_person_opens_nothing_for_another(
    here: Site, someone: Someone, other: Someone, era: Era
) -> None:
    ticket = await led(here, someone, era)
    victim = other.browser()
    told = await victim.sign_in(other.token, ticket)
    assert told.status_code == 403
    assert "made for somebody else" in told.text
    assert SESSION not in victim.cookies
    signed_in = await other.at_the_page()
    assert (await signed_in.get(f"/keys?ticket={ticket}")).status_code == 403
    # It is still its owner's, once.
    owner = someone.browser()
    assert (await owner.sign_in(someone.token, ticket)).headers["location"] == "/keys#linearb"
    assert (await someone.browser().sign_in(someone.token, ticket)).status_code == 403


async def test_a_link_without_a_token_opens_nothing(here: Site, someone: Someone, era: Era) -> None:
    ticket = await led(here, someone, era)
    browser = someone.browser()
    page = await browser.get(f"/keys?ticket={ticket}")
    assert "You are signed in" not in page.text
    assert SESSION not in browser.cookies
    told = await browser.sign_in("wrong-token", ticket)
    assert told.status_code == 403
    # Looking and failing have not used it up.
    assert (await browser.sign_in(someone.token, ticket)).status_code == 303


@pytest.mark.parametrize("ticket", ["x", "a" * 43, "a" * 42 + "%22", "<script>alert(1)</script>", "a" * 5000])
async def test_a_guessed_ticket_is_none(ticket: str, someone: Someone) -> None:
    browser = someone.browser()
    page = await browser.get("/keys")
    own = fields(page.text, "/keys/sign-in") | {"ticket": ticket, "drumbeat_token": someone.token}
    told = await browser.post("/keys/sign-in", own)
    assert told.status_code == 403
    assert "<script>" not in told.text
    assert SESSION not in browser.cookies


async def test_a_ticket_ends_after_ten_minutes_and_a_session_after_fifteen() -> None:
    now = [0.0]
    state = InProcess(lambda: now[0])
    sessions, caller = Sessions(state), Caller("token p", person="token p")
    late, early = await sessions.ticket("token p", "linearb"), await sessions.ticket("token p", "linearb")
    session = await sessions.begin(caller)
    now[0] = 599
    assert await sessions.redeem("token p", early) == "linearb"
    assert await sessions.redeem("token p", early) is None
    now[0] = 601
    assert await sessions.redeem("token p", late) is None
    assert await sessions.of(request(session.cookie))
    now[0] = 901
    assert await sessions.of(request(session.cookie)) is None


async def test_what_is_kept_of_tickets_and_sessions_opens_nothing() -> None:
    class Seen(InProcess):
        async def put(self, key: str, value: str, seconds: float) -> None:
            kept.append(f"{key} {value}")

    kept: list[str] = []
    sessions = Sessions(Seen())
    ticket = await sessions.ticket("token p", "linearb")
    session = await sessions.begin(Caller("token p", person="token p"))
    assert len(kept) == 2
    assert ticket not in kept[0]
    assert session.cookie.partition(".")[2] not in kept[1]


def request(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{SESSION}={cookie}".encode())]})


async def test_wrong_tokens_are_taken_a_few_times_a_minute(vendors: Vendors, someone: Someone, tmp_path: Path) -> None:
    # A site of its own, which takes nobody from this address for a while.
    with vault_site(vendors, vault_settings(vendors, tmp_path)) as site:
        visitor = Browser(site.url, ORIGIN)
        statuses = [(await visitor.sign_in(f"guess-{number}")).status_code for number in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        assert (await visitor.sign_in(someone.token)).status_code == 429


async def test_no_other_page_can_frame_run_or_remember_ours(here: Site, someone: Someone) -> None:
    browser = await someone.at_the_page()
    answers = [await browser.get(path) for path in ("/keys", "/keys/none", "/keys?ticket=x", "/keys/sign-in/done")]
    answers.append(await here.post({"Authorization": "Bearer wrong"}, "/keys"))
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")
    assert POLICY.endswith("form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    assert f"<style>{STYLE}</style>" in answers[0].text


async def test_cookies_are_this_hosts_alone_and_strict(someone: Someone) -> None:
    browser = someone.browser()
    page = await browser.get("/keys")
    visit = page.headers["set-cookie"]
    assert visit.startswith(f"{VISIT}=")
    assert "SameSite=lax" in visit
    form = fields(page.text, "/keys/sign-in") | {"drumbeat_token": someone.token}
    answer = await browser.post("/keys/sign-in", form)
    session = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(SESSION))
    assert session.startswith("__Host-")
    for word in ("HttpOnly", "Path=/", "SameSite=strict", "Secure", "Max-Age=900"):
        assert word in session
    assert VISIT not in browser.cookies


@pytest.mark.parametrize(
    ("content", "told", "status"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(60)), "application/x-www-form-urlencoded", 400),
        (b"a=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
    ],
)
async def test_a_form_that_is_none_or_too_large_is_refused(
    content: bytes, told: str, status: int, here: Site, someone: Someone
) -> None:
    for path in ("/keys/sign-in", "/keys/linearb", "/keys/sign-out"):
        answer = await here.post({"Content-Type": told, "Origin": ORIGIN}, path, content)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"x" * 70_000, 413), *((data, 400) for data in (b"[]", b'{"LINEARB_API_KEY": 1}', b"{" * 5000, b"", b"\xff"))],
)
async def test_a_programs_body_that_is_none_is_refused(data: bytes, status: int, here: Site, someone: Someone) -> None:
    async with httpx.AsyncClient(verify=False) as http:
        answer = await http.put(f"{here.url}/keys/linearb", headers=someone.headers, content=data)
        assert answer.status_code == status
        nothing = await http.put(f"{here.url}/keys/drumbeat", headers=someone.headers, json={})
        assert nothing.status_code == 404
        for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
            assert (await http.get(f"{here.url}/keys", headers=headers)).status_code == 401
        foreign = await http.get(f"{here.url}/keys", headers={**someone.headers, "Origin": EVIL})
        assert foreign.status_code == 403
        in_address = await http.get(f"{here.url}/keys?access_token={someone.token}", headers=someone.headers)
        assert in_address.status_code == 400


async def test_a_header_cannot_be_put_into_an_answer(someone: Someone) -> None:
    browser = await someone.at_the_page()
    for path in ("/keys?ticket=%0d%0aSet-Cookie:%20x=y", "/keys/sign-in/provider?ticket=%0d%0aX:y", "/keys/%0d%0aX:y"):
        answer = await browser.get(path)
        assert "x" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_a_name_is_never_markup() -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    variable = Variable(evil, evil, choices=(evil,), default=evil)
    vendor = PublishedVendor(evil, evil, "", (variable,), (evil,), "", "", {})
    shelf = Shelf((Slot(vendor, (evil,), (evil,)),))
    pages = Pages(evil, "")
    shown = [
        pages.keys(evil, shelf, {evil: "t", "": "t"}, evil),
        pages.sign_in("t", evil, evil, evil),
        pages.signed_in(evil, evil),
        pages.problem(evil, 403),
    ]
    for page in shown:
        markup = bytes(page.body).decode()
        assert "<img" not in markup
        assert not re.search(r'="[^"]*"[^ >]', markup), "an attribute ends where it should"


async def test_keys_that_go_while_a_call_is_under_way_do_not_break_it(
    here: Site, someone: Someone, vendors: Vendors, era: Era
) -> None:
    browser = await someone.at_the_page()
    await browser.save("linearb", **LINEARB)
    inner = vendors.app
    assert inner is not None

    async def while_asked(scope: Scope, receive: Receive, send: Send) -> None:
        await browser.delete("linearb")
        await inner(scope, receive, send)

    vendors.app = while_asked
    async with here.client(era, someone.headers, None) as client:
        arguments = {"tool": "linearb_list_teams", "fresh": True}
        assert not (await call(client, "drumbeat_read", **arguments)).is_error
        gone = await call(client, "drumbeat_read", **arguments)
        assert "not yet given this server their keys for LinearB" in text(gone)
