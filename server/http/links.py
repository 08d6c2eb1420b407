"""Where a link that a vendor handed out may be fetched from."""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

import anyio

from server.errors import Refusal
from server.hosting import is_loopback

HTTPS = 443
# The part of an IPv6 address that holds an IPv4 one, by its network: NAT64, 6to4.
NAT64, NAT64_HERE = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48")
COMPATIBLE = ipaddress.IPv6Network("::/96")


def check(url: str, *, vendor: SplitResult) -> SplitResult:
    """The parts of a plain https link, or of one to the vendor itself where that is on this machine.

    vendor: its own address. Raises Refusal.
    """
    try:
        if not url.isprintable() or any(c.isspace() or c == "\\" for c in url):
            raise ValueError("a character that URLs do not have")
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 reading it checks it
        host.encode("idna")
    except ValueError:
        raise Refusal("The vendor's link was not fetched: it is not a URL.") from None
    if is_at_home(parts, vendor):
        return parts
    if parts.scheme != "https" or not host or parts.username or parts.password:
        raise Refusal(f"The vendor's link to {host or 'nowhere'} was not fetched: it is not a plain https link.")
    return parts


def is_at_home(parts: SplitResult, vendor: SplitResult) -> bool:
    """Whether a link leads to the vendor itself, on this machine: to its port, not to what else is here."""
    host, own = parts.hostname or "", vendor.hostname or ""
    same = (parts.scheme, parts.port) == (vendor.scheme, vendor.port)
    return same and is_loopback(host) and is_loopback(own) and not (parts.username or parts.password)


async def address_of(parts: SplitResult, *, vendor: SplitResult) -> str:
    """The address to connect to for a checked link: a public one.

    Connecting to the address rather than the name keeps a second look-up from answering otherwise.
    Raises Refusal.
    """
    host = parts.hostname or ""
    if is_at_home(parts, vendor):
        return host
    if _port(parts) != HTTPS:
        raise Refusal(f"The vendor's link to {host} was not fetched: port {parts.port} is not that of https.")
    try:
        found = await anyio.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses:
        raise Refusal(f"The vendor's link was not fetched: {host} has no address.")
    if not all(map(is_public, addresses)):
        raise Refusal(f"The vendor's link was not fetched: {host} is not a public host.")
    return addresses[0]


def check_host(parts: SplitResult, allowed: Collection[str]) -> None:
    """Refuse a checked link to a host that is not `allowed`, for where a proxy looks the name up.

    allowed: each `host`, `*.host` or `host:port`. Raises Refusal.
    """
    host, port = (parts.hostname or "").rstrip("."), _port(parts)
    for entry in allowed:
        known = urlsplit(f"//{entry}")
        name = known.hostname or ""
        fits = host.endswith(name[1:]) if name.startswith("*.") else host == name
        if fits and port == _port(known):
            return
    named = ", ".join(allowed) or "none"
    raise Refusal(
        f"The vendor's link was not fetched: behind a proxy only links to known hosts are ({named}), "
        f"and this one leads to {host}:{port}."
    )


def _port(parts: SplitResult) -> int:
    return HTTPS if parts.port is None else parts.port


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet has, whatever it is wrapped in."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if inner := ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(inner))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.teredo or ip.is_site_local or ip in NAT64_HERE or ip in COMPATIBLE or ip.scope_id:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
