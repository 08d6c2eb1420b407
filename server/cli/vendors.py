"""Asking the vendors whether they know us."""

from server.builtin.health import Health
from server.catalogue import read
from server.cli import calling
from server.models import Page
from server.settings import Settings

CHECK = "drumbeat_check_connections"


def check(settings: Settings) -> list[Health]:
    """How each vendor that is on answers."""
    # Whatever tools are chosen, and wherever the journal goes: this reads, and changes nothing.
    settings = settings.model_copy(update={"toolsets": "all", "journal": None})
    page = calling.call(settings, read(), CHECK, {}).result
    assert isinstance(page, Page)
    return list(page.items)
