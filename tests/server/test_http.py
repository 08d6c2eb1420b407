"""The way out, against real sockets: what a vendor receives, and what a caller reads when it goes wrong."""

import gzip
import json
import re
import socket
import ssl
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.responses import Response

from server.clean import structure
from server.errors import Refusal, VendorError, WouldSend
from server.http import Exactly
from server.http.connection import LARGEST_ANSWER
from server.models import VendorModel, snapshot
from server.request import Request
from tests.thorough import examples
from tests.vendors import serve
from tests.wire import BASIC, HEAD, QUICK, SECRET, Handler, Vendor, acme, listening, reset, sending, silence

pytestmark = pytest.mark.anyio
MAY_HAVE_ACTED = "may have acted"


class Anvil(BaseModel):
    name: str
    weight: int | None = None


@pytest.fixture(scope="module")
def served() -> Iterator[Vendor]:
    vendor = Vendor()
    with serve(vendor) as vendor.url:
        yield vendor


@pytest.fixture
def vendor(served: Vendor) -> Vendor:
    served.answer = Vendor().answer
    served.requests.clear()
    return served


async def failure(base_url: str, method: str = "GET", *, seconds: float = 10, **options: Any) -> VendorError:
    """The error of one request; never with a credential or an unseen character in it."""
    patience = replace(QUICK, connect=seconds, read=seconds)
    async with acme(base_url, patience=patience, reads=method == "GET", **options) as api:
        with pytest.raises(VendorError) as caught:
            api.fit(await api.request(method, "/anvils", body=None if method == "GET" else {"a": 1}), Anvil)
    message = str(caught.value)
    assert SECRET not in message
    assert BASIC not in message
    assert [c for c in message if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs")] == []
    assert len(message) < 700
    assert (MAY_HAVE_ACTED in message) is (caught.value.acted and caught.value.status not in (200, 201)), message
    return caught.value


# What a vendor receives.

TRICKS = [
    "/admin",
    "a/b",
    "a%2Fb",
    "a%252Fb",
    "a?b=c",
    "a#b",
    "a;b",
    "{}",
    "{0}",
    "a\\b",
    "...",
    "a/.b/c..",
    "100%",
    "日本",
]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
SEGMENTS = TEXTS.filter(lambda text: text.strip() and not {".", ".."} & set(re.split(r"[/\\; ]|%2f|%5c|%2e|%", text)))


@examples(12)
@given(segments=st.lists(SEGMENTS, min_size=1, max_size=12))
def test_any_name_arrives_as_one_path_segment(served: Vendor, segments: list[str]) -> None:
    async def send_all() -> None:
        served.answer = Vendor().answer
        async with acme(served.url) as api:
            for segment in [*segments, *TRICKS]:
                await api.get("/anvils/{}/parts/{}", segment, 7)
                before, anvils, arrived, parts, seven = served.path.split("/")
                assert (before, anvils, parts, seven) == ("", "anvils", "parts", "7")
                assert unquote(arrived) == segment
                assert served.query == ""

    anyio.run(send_all)


LEADING_ELSEWHERE = ["", " ", ".", "..", " .. ", "\u2003", "../admin", "..\\admin", "a/../b", "a/./b", "x/..", "%2e%2e"]
LEADING_ELSEWHERE += ["..%2Fteams%2Facme", "..%5cteams", "%2e%2e%2f", "%252e%252e%252fx", "a/..;x=1/b", "a%2f..%2fb"]
LEADING_ELSEWHERE += [
    "\t.",
    "\n",
    "a\r\nX: y",
    "a\x00",
    "a%00",
    "a%0d%0aX: y",
    "\x7f",
    "\x9b",
    "\ud800",
    "%" + "25" * 9,
    "x" * 3000,
]


@pytest.mark.parametrize("segment", LEADING_ELSEWHERE)
async def test_what_leads_elsewhere_when_decoded_is_refused_before_anything_is_sent(
    segment: str, vendor: Vendor
) -> None:
    async with acme(vendor.url) as api:
        with pytest.raises(Refusal, match="Nothing was sent"):
            await api.delete("/anvils/{}", segment)
    assert vendor.requests == []


@pytest.mark.parametrize("prefix", ["", "/api/v2", "/a%20b/c"])
async def test_the_prefix_of_the_base_url_is_kept(prefix: str, vendor: Vendor) -> None:
    async with acme(vendor.url + prefix) as api:
        await api.get("/anvils/{}", 1)
    assert vendor.path == f"{prefix}/anvils/1"


async def test_a_query_repeats_lists_leaves_none_out_and_spells_booleans_as_json(vendor: Vendor) -> None:
    query = {"filter[a]": ["x", None, "y&z"], "n": 1, "none": None, "empty": [], "yes": True, "blank": "", "+": "a b"}
    async with acme(vendor.url) as api:
        await api.get("/anvils", query=query)
        pairs = [("filter[a]", "x"), ("filter[a]", "y&z"), ("n", "1"), ("yes", "true"), ("blank", ""), ("+", "a b")]
        assert parse_qsl(vendor.query, keep_blank_values=True) == pairs
        await api.get("/anvils", query={"none": None})
    assert vendor.query == ""


async def test_bodies_are_json_without_none_and_a_delete_may_have_one(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        await api.post("/anvils", body={"a": None, "b": [{"c": None, "d": 0}], "e": "ü"})
        assert await vendor.requests[-1].json() == {"b": [{"d": 0}], "e": "ü"}
        await api.delete("/anvils/{}", 1, body={"ids": [1]})
        assert (vendor.requests[-1].method, await vendor.requests[-1].json()) == ("DELETE", {"ids": [1]})
        await api.delete("/anvils/{}", 1)
        assert await vendor.requests[-1].body() == b""
        assert "content-type" not in vendor.requests[-1].headers


@pytest.mark.parametrize("name", ["report.csv", 'quo"te.csv', "line\r\nX-Evil: 1.csv", "日本.csv"])
async def test_a_file_goes_as_multipart_and_arrives_byte_for_byte(name: str, vendor: Vendor) -> None:
    data = bytes(range(256)) * 300
    async with acme(vendor.url) as api:
        await api.request("POST", "/upload", files={"file": (name, data)})
    request = vendor.requests[-1]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert "x-evil" not in request.headers
    async with request.form() as form:
        assert list(form) == ["file"]
        upload = form["file"]
        assert not isinstance(upload, str)
        assert await upload.read() == data
        assert upload.size == len(data)


async def test_every_request_carries_the_credentials_and_says_who_asks(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        await api.get("/anvils")
    headers = vendor.requests[-1].headers
    assert headers["x-key"] == SECRET
    assert headers["user-agent"].startswith("drumbeat/")


async def test_a_dry_run_reads_but_shows_a_write_instead_of_sending_it(vendor: Vendor) -> None:
    async with acme(vendor.url, request=Request(dry_run=True)) as api:
        await api.get("/anvils")
        with pytest.raises(WouldSend) as caught:
            await api.post("/anvils/{}", "a b", body={"n": None, "x": 1})
    assert [request.method for request in vendor.requests] == ["GET"]
    assert caught.value.request == f"POST {vendor.url}/anvils/a%20b"
    assert caught.value.body == {"x": 1}


# Answers, and errors with a status.


@pytest.mark.parametrize("body", ['{"name": "a", "new": [1]}', ' \n{"name": "a"}', '\ufeff{"name": "a"}'])
async def test_an_answer_becomes_its_model_whatever_its_content_type_says(body: str, vendor: Vendor) -> None:
    vendor.answer = Response(body.encode(), media_type="text/html")
    async with acme(vendor.url) as api:
        assert await api.get("/anvils/{}", 1, returns=Anvil) == Anvil(name="a")


async def test_half_of_a_character_that_a_vendor_cut_through_does_not_stop_the_answer(vendor: Vendor) -> None:
    vendor.answer = Response(r'{"name": "cut \ud83d", "labels": {"\ud83d": ["\ude00"]}, "whole": "\ud83d\ude00"}')
    async with acme(vendor.url) as api:
        data = await api.get("/anvils/{}", 1)
    assert json.dumps(data, ensure_ascii=False).encode()
    assert data["name"].startswith("cut ")
    assert data["whole"] == "😀"


WORDS = [
    ({"message": "Too heavy"}, "Too heavy"),
    ({"error": "Too heavy"}, "Too heavy"),
    ({"error": {"code": 7, "message": "Too heavy"}}, "Too heavy"),
    ({"errors": ["Too heavy", "Too hot"]}, "Too heavy; Too hot"),
    ({"errors": [{"message": "Too heavy"}, {"detail": "Too hot"}]}, "Too heavy; Too hot"),
    ([{"msg": "Too heavy"}], "Too heavy"),
    ("Too heavy", "Too heavy"),
    ({"error": True, "reason": "Too heavy"}, "Too heavy"),
    ({"message": None, "detail": "Too heavy"}, "Too heavy"),
    ({"errors": {"weight": ["is too heavy"]}}, "is too heavy"),
    ({"title": "Invalid", "errors": {"weight": ["is too heavy"]}}, "is too heavy"),
    ({"message": "bad \x1b[31m\u202e\u200bkey " + SECRET}, "bad"),
    ({"message": f"Authorization: Basic {BASIC} is wrong"}, "is wrong"),
    ({"message": "x" * 5000}, "xxx"),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("body", "words"), WORDS)
async def test_an_error_says_its_status_and_the_vendors_own_words(
    body: Any, words: str, method: str, vendor: Vendor
) -> None:
    vendor.answer = Response(json.dumps(body), 422)
    error = await failure(vendor.url, method)
    assert (error.status, error.acted) == (422, False)
    assert "Acme answered 422: " in str(error)
    assert words in str(error)


PAGE = "<!DOCTYPE html>\n<html><head><title> Sign in &amp; wait </title></head><body><p>secret stuff</p></body></html>"


@pytest.mark.parametrize("body", [PAGE, "", "  \n", "[", "42", "null", '{"name":', "\x00\x01", "[" * 100_000])
@pytest.mark.parametrize("status", [200, 400, 502])
async def test_an_answer_that_is_no_json_object_is_told_in_words(body: str, status: int, vendor: Vendor) -> None:
    vendor.answer = Response(body.encode(), status)
    error = await failure(vendor.url)
    assert error.status == status
    assert "Acme answered" in str(error)
    if body == PAGE:
        assert "Sign in" in str(error)
        assert status == 200 or "secret stuff" not in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "ACME_KEY"), (403, "ACME_KEY"), (403, "anvils:read"), (404, "list tools"), (500, "vendor's")],
)
async def test_an_error_says_what_to_do_next(status: int, advice: str, vendor: Vendor) -> None:
    vendor.answer = Response('{"message": "No"}', status)
    assert advice in str(await failure(vendor.url, permission="anvils:read"))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_to_a_write_may_have_acted_and_is_sent_once(status: int, vendor: Vendor) -> None:
    vendor.answer = Response("", status)
    assert (await failure(vendor.url, "POST")).acted
    assert len(vendor.requests) == 1
    assert not (await failure(vendor.url, "GET")).acted


class Sent(VendorModel):
    """What a vendor answers to a write, in part required."""

    id: str
    weight: int | None = None


UNDESCRIBED = [
    ("true", {"answer": True}),
    ('"7"', {"answer": "7"}),
    ("7", {"answer": 7}),
    ("", {}),
    ("null", {}),
    ("[1]", {"answer": [1]}),
    ("done, thanks", {"answer": "done, thanks"}),
    ('{"other": 1}', {"other": 1}),
    ('{"id": 7, "weight": ["heavy"]}', {"id": "7", "weight": ["heavy"]}),
    ('{"cls": 1, "_fields_set": 2, "self": 3}', {"cls": 1, "_fields_set": 2, "self": 3}),
]


@pytest.mark.parametrize(("body", "shown"), UNDESCRIBED)
async def test_a_write_that_was_accepted_is_done_whatever_its_answer_looks_like(
    body: str, shown: Any, vendor: Vendor
) -> None:
    vendor.answer = Response(body, 201)
    async with acme(vendor.url) as api:
        for send in (api.post, api.put, api.patch):
            made = await send("/anvils", body={"a": 1}, returns=Sent)
            assert isinstance(made, Sent)
            assert made.weight is None
            assert snapshot(made) == structure(made) == shown
        [row] = await api.rows(
            await api.request("POST", "/anvils"), json.loads(body) if shown and body[0] != "d" else body, Sent
        )
    assert isinstance(row, Sent)


async def test_one_field_that_does_not_fit_costs_that_field_and_no_more(vendor: Vendor) -> None:
    rows = [{"id": 1, "weight": [5]}, {"id": "2", "weight": 6}, {"id": "3", "weight": {"apiKey": "x"}, "new": 1}]
    vendor.answer = Response(json.dumps(rows))
    async with acme(vendor.url) as api:
        found = await api.get("/anvils", returns=list[Sent])
        assert [snapshot(row) for row in found] == [
            {"id": "1", "weight": [5]},
            {"id": "2", "weight": 6},
            {"id": "3", "weight": {"apiKey": "********"}, "new": 1},
        ]
        for body in ('[{"id": "1"}, 7]', '[{"weight": 1}]', "true", '{"id": "1"}'):
            vendor.answer = Response(body)
            with pytest.raises(VendorError, match="unknown shape"):
                await api.get("/anvils", returns=list[Sent])


@pytest.mark.parametrize("returns", [Sent, list[Sent]])
async def test_a_page_instead_of_data_says_what_to_check(vendor: Vendor, returns: Any) -> None:
    vendor.answer = Response("<!DOCTYPE html><html><title>Sign in</title></html>", media_type="text/html")
    async with acme(vendor.url) as api:
        with pytest.raises(VendorError, match=r"an HTML page titled “Sign in” instead of data.*base URL"):
            await api.get("/anvils", returns=returns)


@pytest.mark.parametrize("answer", [Response(status_code=204), Response(""), Response("null")])
async def test_nothing_is_no_object_without_fields(vendor: Vendor, answer: Response) -> None:
    vendor.answer = answer
    async with acme(vendor.url) as api:
        with pytest.raises(VendorError, match="without anything: perhaps there is no such thing"):
            await api.get("/anvils/1", returns=Sent)
        assert await api.get("/anvils/1") is None


async def test_nulls_go_out_where_they_are_meant(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        meant = Exactly(url=None, inner={"a": None, "list": [{"b": None}]})
        await api.put("/anvils/{}", 1, body={"kept": None, "list": [{"x": None, "y": meant}]})
        sent = {"url": None, "inner": {"a": None, "list": [{"b": None}]}}
        assert await vendor.requests[-1].json() == {"list": [{"y": sent}]}
        await api.put("/anvils/{}", 1, body=meant)
        assert await vendor.requests[-1].json() == sent


async def test_what_does_not_fit_in_a_request_is_refused(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        for query, body in [({"q": "x" * 70_000}, None), (None, {"a": "\ud800"}), (None, {"a": float("nan")})]:
            with pytest.raises(Refusal, match="Nothing was sent"):
                await api.request("POST", "/anvils", query=query, body=body)
    assert vendor.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_is_not_followed(status: int, method: str, vendor: Vendor) -> None:
    elsewhere = Vendor()
    with serve(elsewhere) as url:
        vendor.answer = Response("", status, {"Location": f"{url}/steal"})
        error = await failure(vendor.url, method)
    assert elsewhere.requests == []
    assert len(vendor.requests) == 1
    assert "ACME_BASE_URL" in str(error)


# No whole answer.


def large(data: bytes, *headers: bytes) -> Handler:
    lines = [*headers, f"Content-Length: {len(data)}".encode()]
    return sending(HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + data)


ZEROS = bytes(LARGEST_ANSWER + 1)
BREAKS = {
    "closed before answering": (sending(b""), "broke off"),
    "closed in the middle": (sending(HEAD + b'Content-Length: 999\r\n\r\n{"na'), "broke off"),
    "closed in a chunk": (sending(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"), "broke off"),
    "reset in the middle": (reset, "broke off"),
    "not HTTP": (sending(b"220 mail.acme.test ESMTP\r\n"), "broke off"),
    "silent": (silence, "did not answer in time"),
    "no gzip": (sending(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"), "unpacked"),
    "too large": (large(ZEROS), "more than 20 MiB"),
    "too large unpacked": (large(gzip.compress(ZEROS), b"Content-Encoding: gzip"), "more than 20 MiB"),
}


@pytest.mark.parametrize(("act", "said"), BREAKS.values(), ids=BREAKS.keys())
async def test_a_lost_answer_to_a_read_is_no_more_than_that(act: Handler, said: str) -> None:
    async with listening(act) as (url, _):
        error = await failure(url, seconds=0.3)
    assert said in str(error)
    assert not error.acted


@pytest.mark.parametrize(("act", "said"), BREAKS.values(), ids=BREAKS.keys())
async def test_a_lost_answer_to_a_write_may_hide_that_it_was_done_so_it_is_sent_once(act: Handler, said: str) -> None:
    async with listening(act) as (url, heads):
        error = await failure(url, "POST", seconds=0.3)
    assert said in str(error)
    assert error.acted
    assert len(heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_nobody_accepts_did_nothing(method: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        error = await failure(f"http://{host}", method)
    assert "could not be reached" in str(error)
    assert host in str(error)
    assert "ACME_BASE_URL" in str(error)
    assert not error.acted


async def test_a_host_without_an_address_did_nothing() -> None:
    error = await failure("http://nowhere.invalid", "POST")
    assert "could not be reached at nowhere.invalid" in str(error)
    assert not error.acted


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    (tmp_path / "cert").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key").write_bytes(key.private_bytes(*private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return context


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_certificate_of_nobody_is_not_accepted_and_nothing_is_sent(
    method: str, self_signed: ssl.SSLContext
) -> None:
    async with listening(silence, self_signed) as (url, heads):
        error = await failure(url, method)
    assert heads == []
    assert "certificate" in str(error)
    assert "trust store" in str(error)
    assert not error.acted


# Links that a vendor hands out.

REFUSED = """http://example.com/x https://10.0.0.1/x https://172.16.0.1/x https://192.168.1.1/x https://100.64.0.1/x
https://127.0.0.1/x https://localhost/x https://2130706433/x https://[::1]/x https://[::ffff:127.0.0.1]/x
https://169.254.169.254/latest https://[fe80::1]/x https://[fd00::1]/x https://0.0.0.0/x https://nowhere.invalid/x
https://u:p@example.com/x ftp://example.com/x file:///etc/passwd //example.com/x https:///x x https://[::1
https://example.com:99999/x https://\u2024\u2024/x"""


@pytest.mark.parametrize("link", [*REFUSED.split(), ""])
async def test_a_link_to_anything_but_a_public_https_host_is_refused(link: str) -> None:
    async with acme("https://api.acme.test") as api:
        with pytest.raises(Refusal, match="not fetched"):
            await api.download(link)


async def test_a_link_of_a_vendor_on_this_machine_is_fetched_without_credentials(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        vendor.answer = Response("{}", headers={"Set-Cookie": f"session={SECRET}; Path=/"})
        await api.get("/anvils")
        vendor.answer = Response('{"data": "log"}')
        reply = await api.download(f"{vendor.url}/log?sig=a%2Fb")
    assert reply.text == '{"data": "log"}'
    assert (vendor.path, vendor.query) == ("/log", "sig=a%2Fb")
    headers = vendor.requests[-1].headers
    assert {"authorization", "x-key", "cookie"} & set(headers) == set()
    assert f"http://{headers['host']}" == vendor.url


@pytest.mark.parametrize("link", ["http://10.0.0.1/x", "http://example.com/x", "https://169.254.169.254/"])
async def test_a_vendor_on_this_machine_cannot_point_elsewhere_in_the_network(link: str, vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        with pytest.raises(Refusal, match="not fetched"):
            await api.download(link)


class Box(VendorModel):
    """What a vendor answers where one field may be two things."""

    inside: Sent | dict[str, Any] | None = None


async def test_what_an_object_is_does_not_depend_on_whether_all_of_it_fits(vendor: Vendor) -> None:
    async with acme(vendor.url) as api:
        for inside in ({"id": "1", "weight": 5}, {"id": "1", "weight": [5]}):
            vendor.answer = Response(json.dumps({"inside": inside}))
            found = await api.get("/box", returns=Box)
            assert isinstance(found.inside, Sent)
            assert snapshot(found) == {"inside": inside}


async def test_a_link_that_redirects_is_not_followed(vendor: Vendor) -> None:
    vendor.answer = Response("", 302, {"Location": f"{vendor.url}/elsewhere"})
    async with acme(vendor.url) as api:
        with pytest.raises(VendorError, match="302"):
            await api.download(f"{vendor.url}/log")
    assert len(vendor.requests) == 1
