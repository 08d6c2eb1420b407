"""`drumbeat config`: every setting, its value and where that comes from. A secret's value is never shown."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from server.catalogue import PublishedVendor, read
from server.cli import screen
from server.cli.session import environment, keyring
from server.redaction import MASK
from server.settings import OWN_NAMES, OWN_SECRETS, Settings, load
from server.sources import Found, find
from server.vendor_settings import names_of


def run(options: Namespace) -> int:
    """Show the settings, and then whether they add up. Raises ConfigurationError where they do not."""
    vendors, given = read().vendors, environment(sandbox=options.sandbox)
    own = find(given, OWN_NAMES)
    theirs = find(given, names_of(vendors), keyring())
    rows = [*_own(own), *(row for vendor in vendors for row in _vendor(vendor, theirs))]
    if options.json:
        screen.as_json(rows)
    else:
        screen.table(rows)
        for vendor in vendors:
            screen.note(f"{vendor.title}: {_state(vendor, theirs)}")
    load(given, vendors, keyring())
    return 0


def _own(found: Mapping[str, Found]) -> Iterator[dict[str, Any]]:
    for field in Settings.model_fields.values():
        if name := field.alias:
            default = None if field.default in (None, ()) else str(field.default)
            yield _row("Drumbeat", name, found, default, secret=name in OWN_SECRETS)


def _vendor(vendor: PublishedVendor, found: Mapping[str, Found]) -> Iterator[dict[str, Any]]:
    for variable in vendor.variables:
        yield _row(vendor.title, variable.name, found, variable.default, secret=variable.secret)


def _row(whose: str, name: str, found: Mapping[str, Found], default: str | None, *, secret: bool) -> dict[str, Any]:
    value = found.get(name)
    if value is None:
        return {"of": whose, "setting": name, "value": default, "from": "default" if default else "not set"}
    return {"of": whose, "setting": name, "value": MASK if secret else value.value, "from": value.source}


def _state(vendor: PublishedVendor, found: Mapping[str, Found]) -> str:
    if vendor.needs:
        return f"on while one of {', '.join(vendor.needs)} is"
    mentioned = {v.name for v in vendor.variables if v.name in found and found[v.name].value != v.default}
    lacks = " and ".join(vendor.missing(mentioned))
    if not mentioned:
        return f"off; it needs {lacks}"
    return f"half configured; {lacks} is missing" if lacks else "on"
