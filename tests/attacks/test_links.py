"""Links and ids that would lead elsewhere: no request leaves for an address or an endpoint that nobody meant."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from server.errors import Refusal, VendorError
from server.http import Connection, Limits, Patience
from server.http.links import address_of, check, is_public
from server.http.outgoing import segment
from server.vendor_settings import VendorSettings
from tests.thorough import examples
from tests.wire import Acme, Vendor, acme, listening, sending
from tools.linearb.api import LinearB

pytestmark = pytest.mark.anyio

ACME = urlsplit("https://api.acme.test")
INSIDE = """127.0.0.1 10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 169.254.169.254 0.0.0.0 255.255.255.255 224.0.0.1
239.1.1.1 240.0.0.1 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00::1 fec0::1 ff02::1 ff0e::1 2001:db8::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 ::a9fe:a9fe 64:ff9b::7f00:1 64:ff9b::a00:1
64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101:: 2002:a9fe:a9fe::
2001:0:7f00:1:: 2001:0:808:808:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 100::1 2001:2::1 nonsense 1.2.3 """
OUTSIDE = "8.8.8.8 52.216.0.1 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1"


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_inside_is_known_whatever_it_is_wrapped_in(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@examples(300)
@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_as_public_as_it_is_itself(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    wrapped = {
        "mapped": ipaddress.IPv6Address((0xFFFF << 32) | number),
        "NAT64": ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number),
        "6to4": ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    }
    assert {name: is_public(str(ip)) for name, ip in wrapped.items()} == dict.fromkeys(wrapped, is_public(str(inner)))


LINKS = [
    "https://8.8.8.8:8443/x",
    "https://8.8.8.8:22/x",
    "https://8.8.8.8:80/x",
    "http://8.8.8.8/x",
    "https://8.8.8.8:0/x",
]
LINKS += [
    "https://8.8.8.8\\@10.0.0.1/x",
    "https://8.8.8.8/\r\nX: y",
    "https://8.8.\t8.8/x",
    "https://8.8.8.8 /x",
    "\x00https://8.8.8.8/",
]
LINKS += [
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fec0::1]/",
    "https://8.8.8.8/\x7f",
    "https://127.1/",
]
LINKS += [
    "https://0x7f000001/",
    "https://8.8.8.8/\u2028",
    "https:8.8.8.8/x",
    "https:/8.8.8.8/x",
    "HTTPS://u@8.8.8.8/",
    "data:,x",
]
LINKS += ["https://8.8.8.8/" + "x" * 70_000]


@pytest.mark.parametrize("link", LINKS)
async def test_a_link_that_leads_elsewhere_is_refused(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)
    async with acme("https://api.acme.test") as api:
        with pytest.raises(Refusal, match="not fetched"):
            await api.download(link)


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("answers", [[], ["8.8.8.8", "10.0.0.1"], ["64:ff9b::a00:1"], ["8.8.8.8", "fe80::1"]])
async def test_a_name_with_no_address_or_with_one_inside_is_refused(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in answers]

    monkeypatch.setattr(anyio, "getaddrinfo", look_up)
    with pytest.raises(Refusal, match="not fetched"):
        await address_of(check("https://files.acme.test/x", vendor=ACME), vendor=ACME)


# Behind a proxy, which looks the names up.

S3 = Limits(link_hosts=("*.s3.example", "files.acme.test:8443"))
KNOWN = ["https://reports.s3.example/x?sig=a%2Fb", "https://files.acme.test:8443/x", "https://api.acme.test/x"]
UNKNOWN = """https://s3.example/x https://evil-s3.example/x https://reports.s3.example:8443/x https://files.acme.test/x
https://files.acme.test.evil.example:8443/x https://8.8.8.8/x https://10.0.0.1/x https://reports.s3.example.evil.example/x
http://reports.s3.example/x https://u:p@reports.s3.example/x"""


async def downloaded(link: str, monkeypatch: pytest.MonkeyPatch, limits: Limits | None) -> list[bytes]:
    """What a proxy is asked for when a link is fetched by way of it."""
    without_proxies(monkeypatch)
    async with listening(sending(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as (url, heads):
        monkeypatch.setenv("HTTPS_PROXY", url)
        on = VendorSettings(base_url="https://api.acme.test", values={"ACME_KEY": SecretStr("s3cr3t-anvil-key")})
        connection = Connection("Acme", "ACME_BASE_URL", on, limits, patience=Patience(attempts=1))
        try:
            with pytest.raises(VendorError):
                await Acme(connection).download(link)
        finally:
            await connection.aclose()
    return heads


@pytest.mark.parametrize("link", KNOWN)
async def test_behind_a_proxy_a_known_host_is_asked_for_by_name(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("the name was looked up here")

    monkeypatch.setattr(anyio, "getaddrinfo", never)
    [head] = await downloaded(link, monkeypatch, S3)
    host = link.split("/")[2]
    assert head.startswith(f"CONNECT {host if ':' in host else host + ':443'} ".encode())
    assert b"s3cr3t-anvil-key" not in head


@pytest.mark.parametrize("limits", [S3, None])
@pytest.mark.parametrize("link", UNKNOWN.split())
async def test_behind_a_proxy_any_other_host_is_refused(
    link: str, limits: Limits | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refusal, match="not fetched"):
        await downloaded(link, monkeypatch, limits)


async def test_behind_a_proxy_a_report_of_linearb_is_fetched_from_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    link = "https://reports.s3.eu-west-1.amazonaws.com/r.csv?X-Amz-Signature=1"
    assert await downloaded(link, monkeypatch, LinearB.limits)
    with pytest.raises(Refusal, match="not fetched"):
        await downloaded("https://amazonaws.com.evil.example/r.csv", monkeypatch, LinearB.limits)


# Ids.

DOTS = st.sampled_from([".", "..", "%2e", "%2E.", "%252e%252e", " .. ", "..;a=b"])
BREAKS = st.sampled_from(["/", "\\", "%2f", "%2F", "%5C", "%252f"])
NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)


@examples(300)
@given(before=NAMES, first=BREAKS, dots=DOTS, last=BREAKS, after=NAMES)
def test_dots_between_slashes_never_leave_however_they_are_written(
    before: str, first: str, dots: str, last: str, after: str
) -> None:
    for text in (dots, dots + last + after, before + first + dots, before + first + dots + last + after):
        with pytest.raises(Refusal, match="Nothing was sent"):
            segment(text)


@examples(300)
@given(st.text(max_size=8), st.characters(categories=["Cc"]), st.text(max_size=8))
def test_control_characters_never_leave_however_they_are_written(before: str, control: str, after: str) -> None:
    for text in (before + control + after, f"{before}%{ord(control):02x}{after}" if ord(control) < 128 else control):
        with pytest.raises(Refusal, match="Nothing was sent"):
            segment(text)


@pytest.mark.parametrize("name", ["Platform/Core", "a\\b", "v1.2..3", "...", ".github", "a/b.c", "50%", "日本/東京"])
async def test_a_name_with_slashes_is_one_segment(name: str) -> None:
    assert not {"/", "\\"} & set(segment(name))


async def test_a_client_is_told_that_nothing_was_sent() -> None:
    vendor = Vendor()
    async with acme("http://127.0.0.1:9") as api:
        with pytest.raises(Refusal, match=r"Nothing was sent: '\.\.%2Fteams%2Facme' cannot be an id or a name"):
            await api.get("/teams/{}", "..%2Fteams%2Facme")
    assert vendor.requests == []
