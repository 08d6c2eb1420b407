"""The networks that people work in: proxies, private certificate authorities, client certificates."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.errors import ConfigurationError, VendorError
from server.http.tls import trust
from server.settings import Settings, load
from tests.conftest import Connect, text
from tests.vendors import Vendors
from tests.wire import BASIC, HEAD, SECRET, Acme, acme, listening, sending

pytestmark = pytest.mark.anyio
BODY = b'{"data": [{"slug": "anvils"}]}'
OK = sending(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private authority and what it certified, each a file of certificate and key."""
    directory = tmp_path_factory.mktemp("pki")
    authority: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None
    for name in ("authority", "localhost", "vendor.acme.test", "client"):
        key, subject = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]),
        )
        issuer, signer = authority or (subject, key)
        then, number = datetime.now(UTC) - timedelta(hours=1), x509.random_serial_number()
        builder = x509.CertificateBuilder(issuer, subject, key.public_key(), number, then, then + timedelta(days=1))
        if authority:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        else:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        authority = authority or (subject, key)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        (directory / name).write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(pem) + private)
    return directory


def tls(pki: Path, name: str = "localhost", *, mutual: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / name)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki / "authority")
        # In TLS 1.3 a client learns of its missing certificate only after it has sent its request.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@asynccontextmanager
async def trusting(url: str, **files: Path) -> AsyncIterator[Acme]:
    """A vendor on this machine by its name, as certificates have it, and with these files."""
    async with acme(url.replace("127.0.0.1", "localhost"), tls=trust(Settings(**files))) as api:
        yield api


async def failure(url: str, method: str = "GET", **files: Path) -> VendorError:
    async with trusting(url, **files) as api:
        with pytest.raises(VendorError) as caught:
            await api.request(method, "/anvils", body=None if method == "GET" else {"a": 1})
    assert SECRET not in str(caught.value)
    return caught.value


# Proxies.


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A proxy that leads every CONNECT to a port of this machine; its address, and the heads that came."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, outer), copy(inner, writer), return_exceptions=True)

    async with listening(tunnel) as (url, heads):
        yield url.removeprefix("http://"), heads


async def test_a_proxy_leads_to_the_vendor_and_learns_no_credentials(
    pki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        listening(OK, tls(pki, "vendor.acme.test")) as (url, heads),
        proxy(int(url.rsplit(":")[-1])) as (at, asked),
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://coyote:beep@{at}")
        async with trusting("https://vendor.acme.test", ca_file=pki / "authority") as api:
            assert await api.get("/anvils") == {"data": [{"slug": "anvils"}]}
    assert asked[0].startswith(b"CONNECT vendor.acme.test:443 ")
    assert b"proxy-authorization: basic" in asked[0].lower()
    assert SECRET.encode() not in asked[0]
    assert BASIC.encode() not in asked[0]
    assert SECRET.encode() in heads[0]
    assert b"proxy-authorization" not in heads[0].lower()


async def test_a_host_of_no_proxy_is_reached_directly(pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")
    async with listening(OK, tls(pki)) as (url, _), trusting(url, ca_file=pki / "authority") as api:
        assert await api.get("/anvils")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b"403 Forbidden"])
async def test_a_proxy_that_refuses_is_named_and_nothing_was_done(
    status: bytes, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(sending(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")) as (url, _):
        monkeypatch.setenv("HTTPS_PROXY", url)
        error = await failure("https://vendor.acme.test", method)
    assert status.decode() in str(error)
    assert "could not be reached" in str(error)
    assert "proxy" in str(error)
    assert not error.acted


# Certificates.


async def told(connect: Connect, vendors: Vendors, url: str, **environment: str) -> str:
    """What a client reads when it lists the teams of a vendor at `url`."""
    settings = vendors.settings(**environment)
    moved = settings.vendors["teamoclock"].model_copy(update={"base_url": url.replace("127.0.0.1", "localhost")})
    async with connect(settings.model_copy(update={"vendors": {"teamoclock": moved}})) as client:
        return text(await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"}))


async def test_a_private_authority_is_accepted_where_it_is_named(connect: Connect, vendors: Vendors, pki: Path) -> None:
    async with listening(OK, tls(pki)) as (url, heads):
        refused = await told(connect, vendors, url)
        assert heads == []
        assert "anvils" in await told(connect, vendors, url, DRUMBEAT_CA_FILE=str(pki / "authority"))
    assert "Team O'clock's certificate" in refused
    assert "DRUMBEAT_CA_FILE" in refused


async def test_a_host_that_nobody_knows_is_told_with_what_to_check(connect: Connect, vendors: Vendors) -> None:
    said = await told(connect, vendors, "https://nowhere.invalid")
    assert "Team O'clock could not be reached at nowhere.invalid: " in said
    assert "Check the network, the proxy and TEAMOCLOCK_BASE_URL." in said


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_certificate_for_another_name_is_refused_and_nothing_is_sent(method: str, pki: Path) -> None:
    async with listening(OK, tls(pki, "vendor.acme.test")) as (url, heads):
        error = await failure(url, method, ca_file=pki / "authority")
    assert heads == []
    assert "not valid for 'localhost'" in str(error)
    assert not error.acted


@pytest.mark.parametrize("apart", [False, True])
async def test_a_client_certificate_opens_a_vendor_that_asks_for_one(apart: bool, pki: Path, tmp_path: Path) -> None:
    files = {"client_cert": pki / "client"}
    if apart:
        certificate, key = (pki / "client").read_text().split("-----BEGIN PRIVATE")
        (tmp_path / "cert").write_text(certificate)
        (tmp_path / "key").write_text(f"-----BEGIN PRIVATE{key}")
        files = {"client_cert": tmp_path / "cert", "client_key": tmp_path / "key"}
    async with listening(OK, tls(pki, mutual=True)) as (url, heads):
        without = await failure(url, "POST", ca_file=pki / "authority")
        assert heads == []
        async with trusting(url, ca_file=pki / "authority", **files) as api:
            assert await api.get("/anvils")
    assert "DRUMBEAT_CLIENT_CERT" in str(without)
    assert "certificate at" not in str(without), "it is not the vendor's certificate that was refused"
    assert not without.acted


@pytest.mark.parametrize("variable", ["DRUMBEAT_CA_FILE", "DRUMBEAT_CLIENT_CERT", "DRUMBEAT_CLIENT_KEY"])
def test_a_file_that_is_not_there_is_an_error_at_the_start(variable: str, vendors: Vendors, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load({variable: str(tmp_path / "missing.pem")}, vendors.catalogue.vendors)


@pytest.mark.parametrize("variable", ["DRUMBEAT_CA_FILE", "DRUMBEAT_CLIENT_CERT"])
async def test_a_file_that_is_no_certificate_is_named(
    variable: str, connect: Connect, vendors: Vendors, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no certificate")
    assert variable in await told(connect, vendors, vendors.url, **{variable: str(tmp_path / "notes.txt")})


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(pki: Path, tmp_path: Path) -> None:
    locked = serialization.BestAvailableEncryption(b"meep")
    key = serialization.load_pem_private_key((pki / "client").read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    (tmp_path / "key").write_bytes(key.private_bytes(*form))
    program = f"""
from server.http.tls import trust
from server.settings import Settings
trust(Settings(client_cert={str(pki / "client")!r}, client_key={str(tmp_path / "key")!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    assert "Enter PEM pass phrase" not in done.stderr
    assert "DRUMBEAT_CLIENT_KEY" in done.stderr
