"""The settings of a server that people reach over HTTP."""

import ipaddress
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from server.access import Access

PATH = "/mcp"
KEYS_PATH = "/keys"
SEALING_KEY_BYTES = 32


class NamedToken(BaseModel):
    """A static token: whose it is, what they may do, the SHA-256 of its text, and until when it is good."""

    model_config = ConfigDict(frozen=True)

    name: str
    access: Access
    digest: str
    until: datetime | None = None


def _words(value: Any) -> Any:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


def _tokens(value: Any) -> Any:
    return tuple(map(_token, _words(value))) if isinstance(value, str) else value


def _token(line: str) -> NamedToken:
    shape = re.fullmatch(r"([\w.@-]{1,100}):(read|write|destructive):([0-9a-f]{64})(?::(\d{4}-\d\d-\d\d))?", line)
    if shape is None:
        raise ValueError("each must be NAME:ACCESS:SHA256, or NAME:ACCESS:SHA256:LAST-DAY; `drumbeat token` makes one")
    name, access, digest, last_day = shape.groups()
    until = datetime.combine(date.fromisoformat(last_day), time.max, UTC) if last_day else None
    return NamedToken(name=name, access=Access(access), digest=digest, until=until)


def _sealing(value: Any) -> Any:
    keys = _words(value)
    if any(len(key) < SEALING_KEY_BYTES for key in keys):
        raise ValueError(f"each must have {SEALING_KEY_BYTES} characters or more")
    return keys


def _public(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must be a URL such as https://drumbeat.example.com")
    return value.rstrip("/")


def _https(value: Any) -> Any:
    """As it is, since an issuer's name is compared to the letter: some end with a slash."""
    parts = urlsplit(_public(value) or "") if isinstance(value, str) else None
    if parts and not is_private(parts):
        raise ValueError("must use https")
    return value


def is_private(address: SplitResult) -> bool:
    """Whether nobody on the way reads what is sent to an address: by https, or on this machine."""
    return address.scheme == "https" or (address.scheme == "http" and is_loopback(address.hostname or ""))


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


HERE = ("127.0.0.1:*", "[::1]:*", "localhost:*")
"""This machine in Host headers and origins, at any port."""
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
PublicUrl = Annotated[str | None, BeforeValidator(_public)]
HttpsUrl = Annotated[str | None, BeforeValidator(_https)]


class Hosting(BaseModel):
    """The settings of `drumbeat serve` over HTTP; a server on stdio uses none of them."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    public_url: PublicUrl = Field(
        None,
        alias="DRUMBEAT_PUBLIC_URL",
        description="Address under which clients reach this server, without `/mcp`: `https://drumbeat.example.com`.",
    )
    allowed_hosts: Words = Field(
        (), alias="DRUMBEAT_ALLOWED_HOSTS", description="Host headers that are let in beside the public address's own."
    )
    allowed_origins: Words = Field(
        (), alias="DRUMBEAT_ALLOWED_ORIGINS", description="Origins of web pages that may call this server."
    )
    trusted_proxies: Words = Field(
        ("127.0.0.1",),
        alias="DRUMBEAT_TRUSTED_PROXIES",
        description="Addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )
    tokens: Annotated[tuple[NamedToken, ...], BeforeValidator(_tokens)] = Field(
        (),
        alias="DRUMBEAT_TOKENS",
        description="Named tokens by their hashes, `NAME:ACCESS:SHA256[:LAST-DAY]`, as `drumbeat token NAME` prints.",
    )
    oauth_issuer: HttpsUrl = Field(
        None, alias="DRUMBEAT_OAUTH_ISSUER", description="OpenID provider whose access tokens are accepted."
    )
    oauth_audience: str | None = Field(
        None,
        alias="DRUMBEAT_OAUTH_AUDIENCE",
        description="Audience that a token must be made for; by default the public address with `/mcp`.",
    )
    oauth_jwks_url: HttpsUrl = Field(
        None, alias="DRUMBEAT_OAUTH_JWKS_URL", description="The provider's keys, where its metadata do not name them."
    )
    oauth_scope_prefix: str = Field(
        "",
        alias="DRUMBEAT_OAUTH_SCOPE_PREFIX",
        # Nothing that would end a scope, or the header that it stands in (RFC 6749, 3.3).
        pattern=r"^[!#-\[\]-~]*$",
        description="What clients have to put before a scope's name, such as `api://APPLICATION/` for Entra.",
    )
    unauthenticated: bool = Field(
        False,
        alias="DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION",
        description="`1` lets in whoever reaches the port, also beyond this machine.",
    )
    oauth_client_id: str | None = Field(
        None,
        alias="DRUMBEAT_OAUTH_CLIENT_ID",
        description="Drumbeat's own client at the provider, with which people sign in to the page of their keys.",
    )
    oauth_client_secret: SecretStr | None = Field(
        None, alias="DRUMBEAT_OAUTH_CLIENT_SECRET", description="Its secret, where it has one."
    )
    keys: Literal["server", "headers", "vault"] = Field(
        "server",
        alias="DRUMBEAT_KEYS",
        description="Whose vendor keys: the `server`'s, those of each request's `headers` `X-Drumbeat-<VARIABLE>`, or "
        "each caller's from the `vault`, where they have entered them.",
    )
    vault_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_sealing)] = Field(
        (),
        alias="DRUMBEAT_VAULT_KEYS",
        description="Secrets of 32 or more characters that encrypt the vault; the first encrypts, all decrypt.",
    )
    vault_dir: Path | None = Field(
        None,
        alias="DRUMBEAT_VAULT_DIR",
        description="Directory of the vault where `DRUMBEAT_REDIS_URL` is not set; by default in the user's state "
        "directory.",
    )
    sealing_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_sealing)] = Field(
        (),
        alias="DRUMBEAT_SEALING_KEYS",
        description="Secrets of 32 characters or more: the first seals questions and sessions of replicas, all open.",
    )
    most_in_flight: int = Field(
        200, ge=1, alias="DRUMBEAT_MOST_IN_FLIGHT", description="Requests that are served at the same time."
    )
    most_sessions: int = Field(
        1000, ge=1, alias="DRUMBEAT_MOST_SESSIONS", description="Sessions of legacy clients that are open at once."
    )

    redis_url: SecretStr | None = Field(
        None,
        alias="DRUMBEAT_REDIS_URL",
        description="Redis or Valkey that several servers share: `rediss://user:password@host:6379/0`.",
    )
    replicas: int = Field(
        2,
        ge=1,
        alias="DRUMBEAT_REPLICAS",
        description="How many they are: while Redis is away, each keeps its share of the vendors' limits.",
    )
    log: Literal["text", "json"] = Field(
        "text", alias="DRUMBEAT_LOG", description="The log on stderr: `text` for people or `json` lines."
    )
    metrics: bool = Field(
        False,
        alias="DRUMBEAT_METRICS",
        description="`1` serves numbers for Prometheus at `/metrics` (needs `drumbeat-mcp[team]`).",
    )

    @property
    def resource(self) -> str | None:
        """The address of the MCP endpoint, which tokens are made for."""
        return f"{self.public_url}{PATH}" if self.public_url else None

    @property
    def keys_page(self) -> str:
        """The address of the page where callers enter their keys."""
        return f"{self.public_url}{KEYS_PATH}"

    @property
    def callers_bring_keys(self) -> bool:
        """Whether the vendors' keys are each caller's own, so that the server has none."""
        return self.keys != "server"

    @property
    def vault_lacks(self) -> str | None:
        """The first thing that the vault or its page lacks, in words; None where it is complete, or not wanted."""
        if self.oauth_client_id and not self.oauth_issuer:
            return "DRUMBEAT_OAUTH_CLIENT_ID needs DRUMBEAT_OAUTH_ISSUER, the provider that knows it."
        if self.oauth_client_secret and not self.oauth_client_id:
            return "DRUMBEAT_OAUTH_CLIENT_SECRET needs DRUMBEAT_OAUTH_CLIENT_ID, whose secret it is."
        if self.keys != "vault":
            return None
        if not self.vault_keys:
            return "DRUMBEAT_KEYS=vault needs DRUMBEAT_VAULT_KEYS, which encrypt it: `openssl rand -base64 32`."
        if not self.is_guarded:
            return "DRUMBEAT_KEYS=vault needs DRUMBEAT_TOKENS or DRUMBEAT_OAUTH_ISSUER, which tell callers apart."
        address = urlsplit(self.public_url or "")
        if not address.hostname:
            return "DRUMBEAT_KEYS=vault needs DRUMBEAT_PUBLIC_URL, where its page is."
        if not is_private(address):
            return "DRUMBEAT_PUBLIC_URL must use https, since callers enter keys there."
        return None

    @property
    def is_guarded(self) -> bool:
        """Whether the operator configured who may come in."""
        return bool(self.tokens or self.oauth_issuer)
