"""A request before it is sent."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

import httpx

from server.errors import Refusal
from server.http.errors import sentence

LONGEST_SEGMENT = 2000
MOST_CODINGS = 5
SLASHES = re.compile(r"[/\\]")
Query = Mapping[str, Any]
Files = Mapping[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Outgoing:
    """A request before it is sent.

    server_name: the name that the certificate must carry, if not the URL's. caller: whose turn it takes.
    """

    method: str
    url: str
    query: Query | None = None
    body: Any = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    server_name: str | None = None
    endpoint: str = ""
    caller: str = ""

    @property
    def key(self) -> bytes:
        """What makes two reads the same, as a digest."""
        what = [self.method, self.url, _pairs(self.query), self.body]
        return sha256(json.dumps(what, sort_keys=True).encode()).digest()

    def build(self, client: httpx.AsyncClient, timeout: httpx.Timeout) -> httpx.Request:
        """The request itself, made anew for every attempt. Raises Refusal for what cannot be sent."""
        try:
            return client.build_request(
                self.method,
                self.url,
                params=_pairs(self.query) or None,
                json=self.body,
                files=self.files,
                headers=dict(self.headers),
                timeout=timeout,
                extensions={"sni_hostname": self.server_name} if self.server_name else None,
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise Refusal(f"Nothing was sent: the arguments do not fit in a request ({sentence(str(error))})") from None


def segment(value: str | int) -> str:
    """An id or a name as one encoded segment of a path; slashes in it too.

    Raises Refusal for an empty one, for one that gateways, which decode before they route, may take for another
    endpoint, and for one with control characters.
    """
    if not _is_segment(text := str(value)):
        raise Refusal(f"Nothing was sent: {text[:50]!r} cannot be an id or a name.")
    return quote(text, safe="")


def _is_segment(text: str) -> bool:
    """Whether a text is an id or a name, and nothing that leads elsewhere when somebody decodes it, even twice."""
    if len(text) > LONGEST_SEGMENT:
        return False
    for _ in range(MOST_CODINGS):
        # What follows a semicolon is no part of the name to some servers.
        parts = {part.partition(";")[0].strip() for part in SLASHES.split(text)}
        unseen = not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
        if unseen or not text.strip() or parts & {".", ".."}:
            return False
        decoded = unquote(text)
        if decoded == text:
            return True
        text = decoded
    return False


def _pairs(query: Query | None) -> list[tuple[str, str | int | float | bool | None]]:
    """A query as pairs: a list repeats its name, None is left out, booleans are spelt as JSON does."""
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in (query or {}).items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if item is not None:
                pairs.append((name, json.dumps(item) if isinstance(item, bool) else str(item)))
    return pairs
