"""`drumbeat doctor`: whether settings, vendors, journal, network and clients are well, and what to do where not.

No secret is ever printed: of a variable only its name and where its value comes from.
"""

import platform
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from server import __version__
from server.catalogue import Catalogue, PublishedVendor, read
from server.changes.journal import journal_of
from server.cli import screen, vendors
from server.cli.client_checks import ClientChecks
from server.cli.clients import System
from server.cli.findings import Finding
from server.cli.session import environment, keyring
from server.cli.vault import check_seals
from server.errors import ConfigurationError, Failure, JournalError, Refusal
from server.http.proxies import proxies
from server.http.tls import trust
from server.keyring import SystemKeyring
from server.settings import Settings, load
from server.sources import Found, find
from server.vendor_settings import names_of
from server.wording import counted

COLOURS = {"ok": "32", "warning": "33", "error": "31"}


def run(options: Namespace) -> int:
    """Print all findings; 0 where all is well, 1 with warnings, 2 with errors."""
    levels = set()
    rows = []
    for finding in findings(read(), environment(sandbox=options.sandbox), keyring(), offline=options.offline):
        levels.add(finding.level)
        rows.append(asdict(finding))
        if not options.json:
            _print(finding)
    if options.json:
        screen.as_json(rows)
    return 2 if "error" in levels else 1 if "warning" in levels else 0


def findings(
    catalogue: Catalogue, given: Mapping[str, str], kept: SystemKeyring, *, offline: bool
) -> Iterator[Finding]:
    """Everything that is to be said, in the order in which it is found out."""
    system = f"{platform.system()} {platform.release()}"
    yield Finding("ok", "drumbeat", f"version {__version__}, Python {platform.python_version()}, {system}")
    settings = None
    try:
        settings = load(given, catalogue.vendors, kept)
    except ConfigurationError as error:
        yield Finding("error", "settings", str(error), "Set what is missing, or unset the rest; see `drumbeat config`.")
    else:
        found = {} if settings.sandbox else find(given, names_of(catalogue.vendors), kept)
        yield from _settings(catalogue.vendors, settings, found)
        if not offline and settings.vendors:
            yield from _reached(catalogue.vendors, settings)
        yield from _journal(settings)
        yield from _certificates(settings)
    yield from _proxies()
    yield from ClientChecks(System.here(), Path.cwd(), catalogue, settings, kept).findings()


def _print(finding: Finding) -> None:
    print(f"{screen.coloured(f'{finding.level:8}', COLOURS[finding.level])} {finding.area}: {finding.what}")
    if finding.fix:
        print(f"{'':8} -> {finding.fix}")


def _settings(
    published: tuple[PublishedVendor, ...], settings: Settings, found: Mapping[str, Found]
) -> Iterator[Finding]:
    if settings.sandbox:
        yield Finding("ok", "settings", "the sandbox: every vendor is made up")
        return
    if settings.keys == "vault":
        yield from _vault(published, settings)
        return
    if settings.keys == "headers":
        yield Finding("ok", "settings", "callers bring the vendors' keys in their requests (DRUMBEAT_KEYS)")
        return
    if not settings.vendors:
        yield Finding("warning", "settings", "no vendor is on", "Run `drumbeat login VENDOR`, or set its variables.")
    for vendor in published:
        if vendor.needs:
            continue
        names = [variable.name for variable in vendor.variables if variable.name in found]
        if vendor.name in settings.vendors:
            where = ", ".join(f"{name} from {found[name].source}" for name in names)
            yield Finding("ok", "settings", f"{vendor.title} is on: {where}")
        else:
            yield Finding("ok", "settings", f"{vendor.title} is off; it needs {' and '.join(vendor.missing())}")


def _vault(published: tuple[PublishedVendor, ...], settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", "settings", f"callers enter the vendors' keys at {settings.keys_page} (DRUMBEAT_KEYS)")
    try:
        found = check_seals(settings, published, reseal=False)
    except Failure as failure:
        yield Finding("error", "vault", str(failure), "Check DRUMBEAT_REDIS_URL, or who owns DRUMBEAT_VAULT_DIR.")
        return
    yield Finding("ok", "vault", f"it keeps keys for {found.current + found.outdated} callers")
    if found.outdated:
        fix = "Run `drumbeat vault rotate` before you take an old key away."
        yield Finding("warning", "vault", f"{found.outdated} are sealed with an old key", fix)
    if found.unreadable:
        fix = "Put the key that sealed them back into DRUMBEAT_VAULT_KEYS; else these callers enter theirs anew."
        yield Finding("error", "vault", f"{found.unreadable} cannot be read", fix)


def _reached(published: tuple[PublishedVendor, ...], settings: Settings) -> Iterator[Finding]:
    titles = {vendor.name: vendor.title for vendor in published}
    for health in vendors.check(settings):
        title = titles[health.vendor]
        if health.fix:
            state = "does not know us" if health.reachable else "cannot be reached"
            yield Finding("error", health.vendor, f"{title} {state}", health.fix)
            continue
        left = "" if health.calls_left is None else f", {health.calls_left:,} calls left"
        took = f"answered in {health.milliseconds} ms"
        yield Finding("ok", health.vendor, f"{title} knows us as {health.as_whom}{left}, {took}")


def _journal(settings: Settings) -> Iterator[Finding]:
    journal = journal_of(settings)
    try:
        place = journal.check()
        changes = [entry.record for entry in journal.entries()]
    except JournalError as error:
        yield Finding("error", "journal", str(error), "Until it can be written, nothing destructive is done.")
        return
    yield Finding("ok", "journal", f"{place} can be written and holds {counted(len(changes), 'change')}")
    if open_ones := [change for change in changes if change.outcome is None]:
        last = open_ones[-1]
        what = f"{counted(len(open_ones), 'change')} without an outcome, the last {last.tool} at {last.time}"
        yield Finding("warning", "journal", what, "One is under way or was interrupted: look at the vendor's side.")
    if journal.unreadable:
        yield Finding("warning", "journal", f"{journal.unreadable} lines could not be read", f"They stand in {place}.")


def _certificates(settings: Settings) -> Iterator[Finding]:
    try:
        trust(settings)
    except Refusal as error:
        yield Finding("error", "network", str(error).removeprefix("Nothing was sent: "), "Correct the file.")
        return
    own = f" and {settings.ca_file}" if settings.ca_file else ""
    shown = f"; we show {settings.client_cert}" if settings.client_cert else ""
    yield Finding("ok", "network", f"certificates are checked by the system's store{own}{shown}")


def _proxies() -> Iterator[Finding]:
    for kind, url in sorted(proxies().items()):
        if kind == "no":
            yield Finding("ok", "network", f"no proxy for {url}")
            continue
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            yield Finding("error", "network", f"the {kind} proxy is no URL", f"Correct {kind.upper()}_PROXY.")
            continue
        signed_in = ", with a password" if parts.password else ""
        yield Finding("ok", "network", f"{kind} goes through the proxy {parts.hostname}{port}{signed_in}")
