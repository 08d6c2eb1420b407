"""The Redis that servers share, where one is set."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from server.errors import not_installed
from server.settings import Settings

if TYPE_CHECKING:
    from server.state.redis import Redis


def redis_of(settings: Settings) -> "Redis | None":
    """What a server with these settings shares. Raises ConfigurationError where its client is not installed."""
    url = address_of(settings)
    if url is None:
        return None
    try:
        from server.state.redis import Redis
    except ImportError:
        raise not_installed("DRUMBEAT_REDIS_URL", "redis") from None
    return Redis(url)


def address_of(settings: Settings) -> str | None:
    """Where it is; over TLS the operator's own certificates are trusted there as well."""
    url = settings.redis_url.get_secret_value() if settings.redis_url else None
    if url is None or settings.ca_file is None or not url.startswith("rediss:"):
        return url
    parts = urlsplit(url)
    options = {"ssl_ca_certs": str(settings.ca_file), **dict(parse_qsl(parts.query))}
    return parts._replace(query=urlencode(options)).geturl()
