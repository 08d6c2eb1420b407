"""Credentials that a vendor or a proxy sends back, in whatever coding: no reader ever sees them."""

import html
import json
import random
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from server.errors import VendorError
from server.http.credentials import Credentials, of_proxies
from server.redaction import MASK
from server.request import Request
from tests.conftest import Connect, text
from tests.thorough import examples
from tests.vendors import Vendors, serve
from tests.wire import BASIC, SECRET, Vendor, acme, listening, sending

pytestmark = pytest.mark.anyio
OURS = Credentials([SECRET], [f"Basic {BASIC}", "application/json"])


def percent(text: str) -> str:
    return "".join(f"%{ord(c):02X}" for c in text)


def unicode_escapes(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text)


CODINGS = {
    "plain": SECRET,
    "capitals": SECRET.upper(),
    "the header": BASIC,
    "the whole header": f"Basic {BASIC}",
    "small letters": BASIC.lower(),
    "in a URL": f"https://x.example/?access_token={SECRET}&page=2",
    "percent": percent(SECRET),
    "percent of the header": quote(BASIC, safe=""),
    "percent of percent": quote(percent(SECRET), safe=""),
    "base64": b64encode(SECRET.encode()).decode(),
    "base64 for URLs": urlsafe_b64encode(b"\xff\xfe" + SECRET.encode()).decode(),
    "base64 without its end": b64encode(SECRET.encode()).decode().rstrip("="),
    "another pair": b64encode(f"road-runner:{SECRET}".encode()).decode(),
    "a pair the other way round": b64encode(f"{SECRET}:x".encode()).decode(),
    "base64 in lines": "\r\n ".join(b64encode(f"xx{SECRET}".encode()).decode()),
    "spaces": " ".join(SECRET),
    "lines": "\n\t".join(SECRET),
    "no-break and zero width": "\u200b\u00a0".join(SECRET),
    "escapes": unicode_escapes(SECRET),
    "escaped lines": "\\n".join(SECRET),
    "HTML": "".join(f"&#{ord(c)};" for c in SECRET),
    "HTML in hexadecimal": "".join(f"&#x{ord(c):X};" for c in SECRET),
    "hexadecimal": SECRET.encode().hex(),
    "JSON in JSON": json.dumps(json.dumps({"key": SECRET})),
    "a page": f"<html><title>{html.escape(SECRET)}</title></html>",
}


def squeezed(shown: str) -> str:
    return "".join(c for c in shown.lower() if c.isascii() and c.isprintable() and c not in ' \\"')


@pytest.mark.parametrize("echo", CODINGS.values(), ids=CODINGS.keys())
def test_a_credential_is_masked_in_any_coding_and_what_is_around_it_stays(echo: str) -> None:
    shown = OURS.mask(f"before {echo} after")
    assert MASK in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert squeezed(echo) not in squeezed(shown)
    assert SECRET not in squeezed(shown)


@pytest.mark.parametrize("kept", ["application/json", "s3cr3t", "anvil-key", "a key", "Basic", "coyote", ""])
def test_what_is_no_credential_stays(kept: str) -> None:
    assert OURS.mask(kept) == kept


PLAIN = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%&\\")


@examples(50)
@given(secret=st.text(PLAIN, min_size=6, max_size=60), noise=st.text())
def test_any_credential_is_found_in_any_text(secret: str, noise: str) -> None:
    ours = Credentials([secret])
    for echo in (secret, percent(secret), "".join(f"&#{ord(c)};" for c in secret), unicode_escapes(secret)):
        shown = ours.mask(f"{noise} {echo} {noise}")
        assert MASK in shown
        assert secret not in shown.replace(noise, "") or secret in MASK
        assert ours.mask_in({"a": [{echo: echo}]}) == {"a": [{MASK: MASK}]}


@examples(50)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_data_without_credentials_stays_as_it_is(data: Any) -> None:
    assert OURS.mask_in(data) == data


def test_a_short_credential_is_masked_where_it_stands_alone() -> None:
    ours = Credentials(["k7"])
    assert ours.mask("key k7, not k77") == f"key {MASK}, not k77"
    assert ours.mask_in({"k7": ["k7", "ak7"]}) == {MASK: [MASK, "ak7"]}
    assert Credentials([""]).mask("anything") == "anything"


def test_looking_grows_with_the_text_and_no_faster() -> None:
    for piece in (b"s3cr3t-anvil-ke", b"%73", b"\\u0073", b"\\n", b"&#115;", b"&amp;", b"%25", b"s ", b"x"):
        start = time.process_time()
        assert not OURS.are_in(piece * (1_000_000 // len(piece)))
        assert time.process_time() - start < 0.5


def test_a_long_text_is_masked_piece_by_piece() -> None:
    words = random.Random(7).choices(["anvil", "%20", "\n", SECRET, percent(SECRET)], k=20_000)
    assert len(set(words)) == 5
    start = time.process_time()
    shown = OURS.mask(" ".join(words))
    assert time.process_time() - start < 2
    assert SECRET not in shown
    assert not OURS.are_in(shown.encode())


# On the wire.


@pytest.fixture(scope="module")
def standing() -> Iterator[Vendor]:
    vendor = Vendor()
    with serve(vendor) as vendor.url:
        yield vendor


@pytest.mark.parametrize("echo", CODINGS.values(), ids=CODINGS.keys())
@pytest.mark.parametrize("status", [200, 302, 401, 422, 500])
async def test_no_answer_and_no_error_shows_a_credential_that_was_echoed(
    echo: str, status: int, standing: Vendor
) -> None:
    bodies = [
        json.dumps({"message": f"key {echo} is wrong", "items": [{echo: [echo]}], "left": 5}),
        json.dumps({"field": {echo: f"{echo} is wrong"}}, ensure_ascii=False),
        f"<!doctype html><html><title>Bad {echo}</title>{echo}</html>",
        f"plain words: {echo}",
    ]
    async with acme(standing.url, reads=True) as api:
        for body in bodies:
            headers = {"Location": "https://x.example/"} if status == 302 else {}
            standing.answer = Response(body.encode(), status, headers)
            try:
                reply = await api.request("GET", "/anvils")
                shown = json.dumps([reply.data, reply.payload, reply.text], ensure_ascii=False)
            except VendorError as error:
                shown = str(error)
            assert not OURS.are_in(shown.encode()), shown


async def test_what_stands_beside_an_echo_is_kept_in_a_large_body() -> None:
    rows = [{"id": n, "name": f"anvil {n}"} for n in range(20_000)] + [{"id": 1, "name": f"with {BASIC}"}]
    vendor = Vendor(Response(json.dumps(rows)))
    with serve(vendor) as url:
        async with acme(url, reads=True) as api:
            found = await api.get("/anvils")
    assert found == [*rows[:-1], {"id": 1, "name": f"with {MASK}"}]


async def test_an_unknown_shape_does_not_quote_a_credential() -> None:
    vendor = Vendor(Response(json.dumps(["x" * 280 + SECRET])))
    with serve(vendor) as url:
        async with acme(url, reads=True) as api:
            with pytest.raises(VendorError) as caught:
                await api.get("/anvils", returns=dict)
    assert SECRET[:5] not in str(caught.value)


async def test_a_proxy_that_refuses_shows_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = f"HTTP/1.1 403 No {SECRET} and {BASIC}\r\nContent-Length: 0\r\n\r\n"
    async with listening(sending(refusal.encode())) as (url, _):
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with acme("https://api.acme.test") as api:
            for ask in (api.get("/anvils"), api.post("/anvils", body={}), api.download("https://api.acme.test/x")):
                with pytest.raises(VendorError, match="could not be reached") as caught:
                    await ask
                assert MASK in str(caught.value)
                assert not OURS.are_in(str(caught.value).encode())


async def test_progress_shows_no_credential() -> None:
    told: list[str | None] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with acme("https://api.acme.test", request=Request(report=report)) as api:
        await api.report(1, 2, f"asking with {percent(SECRET)}")
        await api.report(2)
    assert told == [f"asking with {MASK}", None]


def test_the_password_of_a_proxy_is_a_credential_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://coyote:beep%2Dbeep@127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://[")
    assert of_proxies() == ("beep-beep",)


@pytest.mark.parametrize("form", ["plain", "pair"])
async def test_a_client_reads_no_credential_of_its_vendor(form: str, connect: Connect, vendors: Vendors) -> None:
    on = vendors.settings().vendors["teamoclock"]
    secret = on.secrets[0]
    pair = b64encode(f"{on.get('TEAMOCLOCK_ORGANIZATION')}:{secret}".encode()).decode()
    echo = {"plain": secret, "pair": pair}[form]
    vendors.app = Response(json.dumps({"data": [{"slug": "anvils", "name": f"team {echo}", echo: 1}]}))
    async with connect() as client:
        result = await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"})
    assert not result.is_error
    seen = text(result) + json.dumps(result.structured_content)
    assert "anvils" in seen
    assert not Credentials([secret], [f"Basic {pair}"]).are_in(seen.encode())
