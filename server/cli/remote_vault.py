"""Requests to a server's vault, with the person's own token, which is on no command line."""

import getpass
import ssl
import sys
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import anyio

from server.cli import screen
from server.cli.session import environment
from server.errors import ConfigurationError, Failure, VendorError
from server.hosting import KEYS_PATH, PATH, is_private
from server.http.documents import exchange
from server.http.tls import trust
from server.settings import TOKEN_OF_COMMAND, load
from server.sources import find

SECONDS = 30.0
"""Longer than the server asks a vendor whether it knows a new key."""


@dataclass(frozen=True)
class RemoteVault:
    """A server, and the token with which the person goes to its vault."""

    url: str
    token: str = field(repr=False)
    tls: ssl.SSLContext = field(repr=False)

    @classmethod
    def at(cls, url: str) -> Self:
        """The server at `url`, with the token from the environment or the person. Raises ConfigurationError."""
        if not is_private(urlsplit(url)):
            raise ConfigurationError("--server must be an address such as https://drumbeat.example.com.")
        found = find(environment(), [TOKEN_OF_COMMAND]).get(TOKEN_OF_COMMAND)
        token = found.value if found else ""
        if not token and screen.has_person():
            token = getpass.getpass("Your Drumbeat token: ", stream=sys.stderr).strip()
        if not token:
            raise ConfigurationError(f"{TOKEN_OF_COMMAND} is missing: set it, or give it on a terminal.")
        if not token.isascii() or not token.isprintable():
            raise ConfigurationError(f"{TOKEN_OF_COMMAND} has a character that cannot be sent in a request.")
        return cls(url.rstrip("/").removesuffix(PATH), token, trust(load(environment(), ())))

    def ask(self, method: str, vendor: str = "", data: Any = None) -> Any:
        """Send a request about the person's keys, and return the server's answer. Raises Failure."""
        return anyio.run(self._ask, method, f"{self.url}{KEYS_PATH}{f'/{vendor}' if vendor else ''}", data)

    async def _ask(self, method: str, url: str, data: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            status, answer = await exchange(method, url, self.tls, headers=headers, data=data, seconds=SECONDS)
        except VendorError as error:
            raise Failure(str(error)) from None
        if status in (200, 204):
            return answer
        told = answer if isinstance(answer, dict) else {}
        words = str(told.get("error_description") or told.get("error") or "")
        if status == 404 and not words:
            words = "There is no vault: the address is another, or that server has none (DRUMBEAT_KEYS=vault)."
        raise Failure(f"{url} answered {status}. {words}".strip())
