"""Whether each client's configuration starts Drumbeat, and shows it what it should see."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.catalogue import Catalogue
from server.cli import files, launch
from server.cli.clients import ADDRESSES, CLIENTS, Client, System, flat
from server.cli.documents import DOCUMENTS
from server.cli.entry_settings import GIVEN_LATER
from server.cli.findings import Finding, Level
from server.cli.install import NAME, split
from server.errors import ConfigurationError, Failure
from server.keyring import SystemKeyring
from server.selection import select
from server.settings import Settings, load
from server.sources import in_environment

OURS = ("drumbeat", "drumbeat.exe", "drumbeat-mcp", "drumbeat_mcp")


@dataclass(frozen=True)
class ClientEntry:
    """An entry for Drumbeat in a client's file, and what is needed to judge it. path: where it stands in the file."""

    slug: str
    client: Client
    file: Path
    text: str
    path: tuple[str, ...]
    data: Mapping[str, Any]

    def line(self, *words: str) -> str:
        """The file and the line in which the entry has the first of these words that it has."""
        start = DOCUMENTS[self.client.format].place_of(self.text, self.path)
        places = [place for word in words if (place := self.text.find(word, start)) >= 0]
        return f"{self.file}:{self.text.count(chr(10), 0, places[0] if places else start) + 1}"

    @property
    def address(self) -> str | None:
        """The address of the server that it goes to, where it starts none itself."""
        return next((str(self.data[name]) for name in ADDRESSES if name in self.data), None)

    @property
    def command(self) -> list[str]:
        """The command that it starts, with its arguments."""
        line = self.client.part(self.data, "{line}")
        if isinstance(line, list):
            return [str(word) for word in line]
        first, others = self.client.part(self.data, "{command}"), self.client.part(self.data, "{args}")
        return [str(word) for word in [first, *(others if isinstance(others, list) else [])] if word]

    def found(self, level: Level, what: str, fix: str = "") -> Finding:
        """A finding about it."""
        return Finding(level, self.slug, what, fix)


@dataclass(frozen=True)
class ClientChecks:
    """What the entries in clients' files are judged against: this computer, this folder, and what is set here."""

    system: System
    folder: Path
    catalogue: Catalogue
    settings: Settings | None
    keyring: SystemKeyring

    def findings(self) -> Iterator[Finding]:
        """The findings about every client that has a file here."""
        any_entry = False
        for slug, client in CLIENTS.items():
            entries: list[ClientEntry] = []
            for file in self._files(client):
                try:
                    entries += _entries_in(slug, client, file)
                except (Failure, ValueError) as error:
                    what = f"{file} cannot be read: {error}"
                    yield Finding("error", slug, what, "The client cannot read it either.")
            any_entry = any_entry or bool(entries)
            yield from self._doubles(slug, client, entries)
            for entry in entries:
                yield from self._judge(entry)
        if not any_entry:
            yield Finding("ok", "clients", "none of the known clients has Drumbeat; see `drumbeat install --help`")

    def _files(self, client: Client) -> list[Path]:
        places = [client.file(self.system), *([self.folder / client.project] if client.project else [])]
        return [place for place in dict.fromkeys(places) if place.exists()]

    def _doubles(self, slug: str, client: Client, entries: list[ClientEntry]) -> Iterator[Finding]:
        seen_here = [e for e in entries if client.by_folder not in e.path or str(self.folder) in e.path]
        if len(seen_here) > 1:
            where = ", ".join(entry.line() for entry in seen_here)
            yield Finding("warning", slug, "Drumbeat stands there more than once", f"Keep one of {where}.")

    def _judge(self, entry: ClientEntry) -> Iterator[Finding]:
        if not entry.command and entry.address:
            yield entry.found("ok", f"{entry.client.title} goes to a Drumbeat elsewhere ({entry.line()})")
            return
        problems = [*_command(entry), *self._secrets(entry), *self._references(entry), *self._vendors_seen(entry)]
        yield from problems or [entry.found("ok", f"{entry.client.title} starts Drumbeat ({entry.line()})")]

    def _secrets(self, entry: ClientEntry) -> Iterator[Finding]:
        env, _ = split(entry.client, entry.data)
        secrets = [v.name for vendor in self.catalogue.vendors for v in vendor.variables if v.secret]
        for name in secrets:
            if in_environment(env, name):
                fix = f"{entry.line(name)}: run `drumbeat install {entry.slug}`, which moves it out of the file."
                yield entry.found("warning", f"the value of {name} stands there in clear text", fix)

    def _references(self, entry: ClientEntry) -> Iterator[Finding]:
        _, referred = split(entry.client, entry.data)
        if entry.client.inputs or "env_keys" in entry.client.shape:
            return  # the client asks for them, or keeps them itself
        for name in referred:
            if not in_environment(self.system.environment, name):
                what = f"{name} is to come from where {entry.client.title} is started, and is not set here"
                fix = f"{entry.line(name)}: set {name} there, or `drumbeat login` its vendor."
                yield entry.found("warning", what, fix)

    def _vendors_seen(self, entry: ClientEntry) -> Iterator[Finding]:
        """Which vendors and tools Drumbeat has when this entry starts it."""
        env, referred = split(entry.client, entry.data)
        given = {**env, **dict.fromkeys(referred, GIVEN_LATER)}
        try:
            there = load(given, self.catalogue.vendors, self.keyring)
            seen = {tool.vendor for tool in select(self.catalogue, there).callable.values()}
        except ConfigurationError as error:
            name = str(error).split(":")[0]
            yield entry.found("error", f"Drumbeat does not start there: {error}", f"{entry.line(name)}: correct it.")
            return
        titles = {vendor.name: vendor.title for vendor in self.catalogue.vendors}
        for vendor in there.vendors:
            if vendor not in seen:
                fix = f"{entry.line('DRUMBEAT_TOOLSETS')}: add {vendor} to DRUMBEAT_TOOLSETS."
                yield entry.found("warning", f"it does not see {titles[vendor]}'s tools", fix)
        if not there.vendors:
            fix = f"Run `drumbeat install {entry.slug} --vendor VENDOR`, or `drumbeat login VENDOR`."
            yield entry.found("warning", "no vendor is on there", fix)
        elif self.settings and not there.sandbox and not self.settings.sandbox:
            for vendor in self.settings.vendors.keys() - there.vendors.keys():
                fix = f"Run `drumbeat install {entry.slug}` here, where its settings are."
                yield entry.found("warning", f"{titles[vendor]} is on here, and not there", fix)


def _entries_in(slug: str, client: Client, file: Path) -> list[ClientEntry]:
    """The entries of a file that start Drumbeat. Raises Failure and ValueError where it cannot be read."""
    text = files.read(file)
    data = DOCUMENTS[client.format].value_of(text)
    entries = [ClientEntry(slug, client, file, text, path, found) for path, found in _servers(client, data, ())]
    if client.by_folder:
        for folder, part in _mapping(data, client.by_folder).items():
            found_there = _servers(client, part, (client.by_folder, str(folder)))
            entries += [ClientEntry(slug, client, file, text, path, found) for path, found in found_there]
    return [each for each in entries if each.path[-1] == NAME or any(Path(w).name in OURS for w in each.command)]


def _servers(client: Client, data: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for name, found in _mapping(data, client.servers).items():
        if isinstance(found, Mapping):
            yield (*at, client.servers, str(name)), flat(found)


def _mapping(data: Any, name: str) -> Mapping[str, Any]:
    found = data.get(name) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _command(entry: ClientEntry) -> Iterator[Finding]:
    if not entry.command:
        yield entry.found("error", "the entry starts nothing", f"{entry.line()}: run `drumbeat install {entry.slug}`.")
        return
    first, *others = entry.command
    ours = json.dumps(launch.command()[0])
    if not os.path.isabs(first):
        there = shutil.which(first)
        what = f"{first} has no path, and a client may have another PATH than this terminal"
        level: Level = "warning" if there else "error"
        yield entry.found(level, what, f"{entry.line(json.dumps(first), first)}: write {json.dumps(there) or ours}.")
    elif not os.access(first, os.X_OK):
        fix = f"{entry.line(json.dumps(first), first)}: write {ours}, or run `drumbeat install {entry.slug}`."
        yield entry.found("error", f"{first} does not exist or cannot be run", fix)
    for word in others:
        if os.path.isabs(word) and not os.path.exists(word):
            fix = f"{entry.line(json.dumps(word), word)}: correct it, or run `drumbeat install {entry.slug}`."
            yield entry.found("error", f"{word} does not exist", fix)
