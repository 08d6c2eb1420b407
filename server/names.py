"""From what people call things to the ids that vendors take: slugs, names, addresses of pages."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import anyio
from pydantic import BaseModel

from server import signature
from server.catalogue import PublishedTool
from server.clean import one_line
from server.errors import Refusal, nearest
from server.models import Page
from server.request import Request
from server.settings import Settings
from server.signature import Arguments
from server.spec import Completes

T = TypeVar("T")
ReadList = Callable[[PublishedTool, Mapping[str, Any], Request], Awaitable[BaseModel]]
LATEST = "latest"
MOST_SHOWN = 8
AT_ONCE = 300
"""Rows that are looked through on the event loop; what is more, in a thread."""
LONGEST = 300


class Names:
    """Resolves the arguments that name an object by the list that they are completed from."""

    def __init__(self, settings: Settings, permitted: Mapping[str, PublishedTool], read: ReadList) -> None:
        self._settings = settings
        self._permitted = permitted
        self._read = read

    async def resolved(self, entry: PublishedTool, given: Arguments, request: Request) -> Arguments:
        """The arguments with ids in place of names. Raises Refusal for an unknown and for an ambiguous name."""
        found: dict[str, Any] = {}
        for argument, source in signature.completions(entry.declaration.function).items():
            value = getattr(given, argument, None)
            if not source.resolves or value is None:
                continue
            if source.newest and value == LATEST:
                found[argument] = await self._newest(entry, source, given, replace(request, fresh=True))
                continue
            ids = await self._ids(entry, source, value if isinstance(value, list) else [value], given, request)
            found[argument] = ids if isinstance(value, list) else ids[0]
        return given.model_copy(update=found) if found else given

    async def _ids(
        self, entry: PublishedTool, source: Completes, values: list[Any], given: Arguments, request: Request
    ) -> list[Any]:
        """The ids that these values are or name, after one look at the list for all of them."""
        ids = list(values)
        named: dict[int, str] = {}
        for at, value in enumerate(values):
            wanted = self._from_page(entry, source, str(value)[:LONGEST]) if isinstance(value, str | int) else ""
            if not wanted.strip(". "):
                continue  # no name at all, and refused where the request is made
            if source.ids and re.fullmatch(source.ids, wanted):
                ids[at] = type(value)(wanted)
            else:
                named[at] = wanted
        lister = self._permitted.get(f"{entry.vendor}_{source.tool}")
        if named and lister is not None and (source.names or source.page):
            found = await self._look_up(lister, source, dict.fromkeys(named.values()), given, request)
            ids = [type(value)(found[named[at]]) if at in named else ids[at] for at, value in enumerate(values)]
        return ids

    async def _look_up(
        self, lister: PublishedTool, source: Completes, wanted: Collection[str], given: Arguments, request: Request
    ) -> dict[str, str]:
        """The id of each of the names. Raises Refusal for one that no object has, or several."""
        rows, whole = await self._rows(lister, given, replace(request, fresh=False))
        matching = await _aside(rows, ids_by_name, source, wanted)
        if whole and not all(matching.values()):
            # What is missing may be younger than what is kept of the list.
            rows, whole = await self._rows(lister, given, replace(request, fresh=True))
            matching = await _aside(rows, ids_by_name, source, wanted)
        seen = "" if whole else f" among the first {len(rows)}; {lister.name} goes on, and the rest was not looked at"
        for name, ids in matching.items():
            if len(ids) != 1:
                raise await _aside(rows, _no_single_match, name, ids, source, lister, seen)
            if seen and ids[0] != name:
                others = f"whether another {source.kind or 'object'} after the first {len(rows)} is called {name!r}"
                request.reach.unseen.append(others)
        return {name: ids[0] for name, ids in matching.items()}

    async def _newest(self, entry: PublishedTool, source: Completes, given: Arguments, request: Request) -> str:
        """The id of the newest object, which stands first in the list. Raises Refusal where there is none."""
        lister = self._permitted.get(f"{entry.vendor}_{source.tool}")
        if lister is None:
            raise Refusal(f"Nothing was sent: the list that would tell the {LATEST} is not available here.")
        page = await self._read(lister, _narrowing(lister, given, source.by), request)
        rows = [row for row in map(_plain, page.items if isinstance(page, Page) else ()) if row.get(source.field)]
        field, value = source.among or (source.field, None)
        kind = source.kind or "object"
        meant = next((row for row in rows if row.get(field) not in source.past), None)
        if meant is None:
            if source.among and rows:
                raise Refusal(f"Nothing was sent: none of the newest {kind}s has {field} {value}; see {lister.name}.")
            raise Refusal(f"Nothing was sent: {lister.name} has no {kind}.")
        if value not in (None, meant.get(field)):
            about = f"the {LATEST} {kind}, {meant[source.field]}, has {field} {meant.get(field)}"
            raise Refusal(f"Nothing was sent: {about}. Tell the user; {lister.name} has the {kind}s before it.")
        return str(meant[source.field])

    def _from_page(self, entry: PublishedTool, source: Completes, value: str) -> str:
        """The id or name in the address of one of the vendor's pages; any other value as it is."""
        if not source.page or not value.lower().startswith(("https://", "http://")):
            return value
        parts = urlsplit(value)
        addresses = [self._settings.vendors[entry.vendor].base_url]
        if self._settings.sandbox:  # its pages are told with the vendor's own addresses
            variables = entry.declaration.toolset.vendor.variables
            addresses += [known.default for known in variables if known.kind == "url" and known.default]
        match = re.search(source.page, parts.path)
        if not match or not any(_same_site(parts.hostname or "", urlsplit(ours).hostname or "") for ours in addresses):
            raise Refusal(f"Nothing was sent: {value!r} is not the address of a {source.kind or 'page'} there.")
        return unquote(match[1])

    async def _rows(self, lister: PublishedTool, given: Arguments, request: Request) -> tuple[list[Any], bool]:
        """The rows of a list within the call's reach, and whether these are all."""
        arguments = _narrowing(lister, given)
        rows: list[Any] = []
        while isinstance(page := await self._read(lister, arguments, request), Page):
            rows += page.items
            if not page.next or not request.reach.goes_on():
                return rows, not page.next
            arguments = {**arguments, **page.next}
        return rows, True


def _narrowing(lister: PublishedTool, given: Arguments, also: Collection[str] = ()) -> dict[str, Any]:
    """The arguments of a call that say what a list is of."""
    takes = lister.input_schema.get("properties", {})
    said = given.said().items()
    return {name: value for name, value in said if name in takes and (name in also or _shared(lister, name))}


def _shared(lister: PublishedTool, name: str) -> bool:
    """Whether a list needs an argument of the call that it serves: what it is a list of, not what narrows it."""
    return name in lister.input_schema.get("required", ()) or name in ("workspace", "project_name", "project")


async def _aside(rows: list[Any], work: Callable[..., T], *arguments: Any) -> T:
    """Do `work` on the rows, in a thread where they are many."""
    if len(rows) <= AT_ONCE:
        return work(rows, *arguments)
    return await anyio.to_thread.run_sync(work, rows, *arguments)


def _no_single_match(
    rows: list[Any], wanted: str, matching: list[str], source: Completes, lister: PublishedTool, seen: str
) -> Refusal:
    """The refusal of a name that no object has, or several. seen: what was looked at, where that was not all."""
    kind = source.kind or "object"
    if matching:
        return Refusal(
            f"Nothing was sent: several {kind}s are called {wanted!r}. Give the {source.field}: {_some(matching)}."
        )
    shown = (*source.names[:1], source.field)
    known = list({folded(name): name for row in map(_plain, rows) for name in _names(row, shown)}.values())
    near = nearest(wanted, known) or known
    return Refusal(
        f"Nothing was sent: there is no {kind} {wanted!r}{seen}. {lister.name} shows which there are"
        + (f": {_some(near)}." if near else ".")
    )


def _plain(row: Any) -> Mapping[str, Any]:
    if isinstance(row, BaseModel):
        return row.model_dump(mode="json", by_alias=True)
    return row if isinstance(row, Mapping) else {}


def ids_by_name(rows: list[Any], source: Completes, wanted: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the rows that each of the `wanted` means: by the id, else by a name as it is, else by one that reads
    the same.
    """
    by_id, by_name, alike = (defaultdict[str, list[str]](list) for _ in range(3))
    for row in map(_plain, rows):
        if row.get(source.field) is None:
            continue
        number, names = str(row[source.field]), _names(row, source.names)
        by_id[number].append(number)
        for name in names:
            by_name[name].append(number)
        for name in (number, *names):
            alike[folded(name)].append(number)
    found = {name: by_id.get(name) or by_name.get(name) or alike.get(folded(name), []) for name in wanted}
    return {name: list(dict.fromkeys(numbers)) for name, numbers in found.items()}


def _names(row: Mapping[str, Any], fields: Iterable[str]) -> list[str]:
    return [str(value) for field in fields if (value := _at(row, field.split("."))) is not None]


def _at(row: Any, path: list[str]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def folded(name: str) -> str:
    """A name as people compare it: without case, accents and surrounding space."""
    plain = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def _same_site(host: str, ours: str) -> bool:
    """Whether a page's host belongs to the vendor's site: the API's own host, or another one of its domain."""
    site = ".".join(ours.split(".")[-2:])
    return host in (ours, site) or host.endswith(f".{site}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(map(one_line, names[:MOST_SHOWN])) + more
