"""Where a link that a vendor handed out may be fetched from."""

import ipaddress
import socket
from urllib.parse import urlsplit

import anyio

from server.errors import Refusal
from server.settings import is_loopback


async def address_of(url: str, *, from_loopback: bool) -> str:
    """The address to connect to for `url`: a public one, over https.

    from_loopback: the vendor itself is on this machine, so its links may point there too.
    Connecting to the address rather than the name keeps a second look-up from answering otherwise.
    Raises Refusal.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        host.encode("idna")
    except ValueError:
        raise Refusal("The vendor's link was not fetched: it is not a URL.") from None
    if from_loopback and is_loopback(host):
        return host
    if parts.scheme != "https" or not host or parts.username or parts.password:
        raise Refusal(f"The vendor's link to {host or 'nowhere'} was not fetched: it is not a plain https link.")
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refusal(f"The vendor's link was not fetched: {host} has no address.") from None
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Refusal(f"The vendor's link was not fetched: {host} is not a public host.")
    return addresses[0]
