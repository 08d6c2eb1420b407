"""Which tools exist for this server: vendors that are on, the access level, the chosen toolsets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.apps import App
from server.catalogue import OWN, Catalogue, PublishedTool
from server.errors import ConfigurationError, nearest
from server.settings import Settings

FINDER = "drumbeat_find_tools"
TOKEN = "confirmation_token"  # noqa: S105 the argument's name


@dataclass(frozen=True)
class Selection:
    """The tools of this server by name: those that may be called by any route, and those that are listed.

    for_pages: those that only the pages call, where the client shows pages. apps: the pages, by the package of each.
    """

    callable: dict[str, PublishedTool]
    listed: dict[str, PublishedTool]
    for_pages: dict[str, PublishedTool] = field(default_factory=dict)
    apps: tuple[tuple[str, App], ...] = ()

    def app_of(self, tool: str) -> App | None:
        """The page that shows a tool's result."""
        return next((app for vendor, app in self.apps if tool == f"{vendor}_{app.shown_by}"), None)


def select(catalogue: Catalogue, settings: Settings) -> Selection:
    """What `DRUMBEAT_ACCESS`, the vendors that are on and `DRUMBEAT_TOOLSETS` leave.

    What is left out by name or is above the access level does not exist. What is merely not listed
    can be called wherever the tool that finds it is listed.
    Raises ConfigurationError for a name that does not exist, naming the nearest ones.
    """
    words = [word.strip() for word in settings.toolsets.split(",") if word.strip()]
    wanted = {name for word in words if not word.startswith("-") for name in _named(word, catalogue.tools)}
    unwanted = {name for word in words if word.startswith("-") for name in _named(word[1:], catalogue.tools)}
    wanted = wanted or _named("default", catalogue.tools)
    on = {OWN, *settings.vendors, *settings.offered}
    on |= {vendor.name for vendor in catalogue.vendors if not on.isdisjoint(vendor.needs)}
    permitted = {
        entry.name: entry
        for entry in catalogue.tools
        if entry.vendor in on and settings.access.allows(entry.access) and entry.name not in unwanted
    }
    every = [(vendor.name, app) for vendor in catalogue.vendors for app in vendor.apps]
    apps = tuple((vendor, app) for vendor, app in every if settings.apps and f"{vendor}_{app.shown_by}" in permitted)
    called = {f"{vendor}_{name}" for vendor, app in apps for name in app.calls}
    for_pages = {name: entry for name, entry in permitted.items() if name in called}
    for_models = {entry.name: entry for entry in catalogue.for_models if entry.name in permitted}
    listed = {name: entry for name, entry in for_models.items() if name in wanted}
    return Selection(for_models if FINDER in listed else listed, listed, for_pages, apps)


def _named(name: str, entries: Iterable[PublishedTool]) -> set[str]:
    if name == "all":
        return {entry.name for entry in entries}
    if name == "default":
        return {entry.name for entry in entries if entry.everyday}
    found = {e.name for e in entries if name in (e.vendor, f"{e.vendor}.{e.toolset}", e.name)}
    if not found:
        known = {"all", "default"}.union(*({e.vendor, f"{e.vendor}.{e.toolset}", e.name} for e in entries))
        near = nearest(name, known)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ConfigurationError(f"DRUMBEAT_TOOLSETS: there is no {name!r}{hint}.")
    return found


def unknown(name: str, entries: Iterable[PublishedTool]) -> str:
    """The words for a call of a tool that does not exist, with the nearest names."""
    names = [entry.name for entry in entries if not entry.gateway]
    near = [known for known in names if known == f"{known.partition('_')[0]}_{name}"] or nearest(name, names, alike=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"{FINDER} finds tools by what they do."
    return f"There is no tool {name!r} on this server. {hint}"


def input_schema(entry: PublishedTool, settings: Settings) -> dict[str, Any]:
    """A tool's input schema as it is shown: with the token's argument where consent takes two steps."""
    schema = entry.input_schema
    if not entry.can_take_away or settings.confirm != "two-step":
        return schema
    token = {"type": "string", "description": "From the preview that the call without it returns"}
    return {**schema, "properties": {**schema.get("properties", {}), TOKEN: token}}
