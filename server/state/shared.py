"""The Redis that servers share, where one is set."""

from typing import TYPE_CHECKING

from server.errors import not_installed
from server.settings import Settings

if TYPE_CHECKING:
    from server.state.redis import Redis


def redis_of(settings: Settings) -> "Redis | None":
    """What a server with these settings shares. Raises ConfigurationError where its client is not installed."""
    if settings.redis_url is None:
        return None
    try:
        from server.state.redis import Redis
    except ImportError:
        raise not_installed("DRUMBEAT_REDIS_URL", "redis") from None
    return Redis(settings.redis_url.get_secret_value())
