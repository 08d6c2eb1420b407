"""`drumbeat login` and `logout`: a vendor's settings in the system's keyring, or in a server's vault."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path

from server.access import Variable
from server.catalogue import PublishedVendor, read
from server.cli import screen
from server.cli.entry_settings import Workstation
from server.cli.remote_vault import RemoteVault
from server.cli.session import environment, keyring
from server.cli.vendors import check
from server.errors import ConfigurationError, Failure
from server.settings import load
from server.sources import find


def run(options: Namespace) -> int:
    """Keep a vendor's settings, or forget them. Raises Failure and ConfigurationError."""
    here = Workstation(Path.home(), environment(), read().vendors, keyring())
    vendor = here.vendor(options.vendor)
    if options.server:
        return _at_server(options, vendor)
    if options.command == "logout":
        return _forget(here, vendor)
    values = _values(here, vendor, {name: value for name, value, _ in options.settings})
    settings = load(values, [vendor])
    for name, value in values.items():
        here.keyring.put(name, value)
    print(f"Kept in the system's keyring: {', '.join(values)}.")
    for name in find(here.environment, list(values)):
        screen.note(f"{name} is set in the environment as well, which wins over the keyring.")
    if options.offline:
        return 0
    health = check(settings.model_copy(update={"sandbox": False}))[0]
    print(health.fix or f"{vendor.title} knows you as {health.as_whom}.")
    return 1 if health.fix else 0


def _values(here: Workstation, vendor: PublishedVendor, given: dict[str, str]) -> dict[str, str]:
    """The settings to keep: those given, those set where this runs, and what the person is asked for."""
    variables = _named(vendor.variables, vendor, given)
    plain = [name for name, variable in variables.items() if not variable.secret]
    values = {name: found.value for name, found in find(here.environment, plain).items()} | given
    return values | _asked(variables, vendor.missing(values))


def _named(known: Iterable[Variable], vendor: PublishedVendor, given: Mapping[str, str]) -> dict[str, Variable]:
    """The variables by name. Raises ConfigurationError where another is given, or a secret, on the command line."""
    variables = {variable.name: variable for variable in known}
    for name in given:
        if name not in variables:
            raise ConfigurationError(f"{name}: {vendor.title} has no such setting, only {', '.join(variables)}.")
        if variables[name].secret:
            raise ConfigurationError(f"{name} is a secret, and others can read a command line: it is asked for.")
    return variables


def _asked(variables: Mapping[str, Variable], lacks: Iterable[str]) -> dict[str, str]:
    """What the person, or standard input, gives for each group of variables that is lacking, for its first."""
    values = {}
    for group in lacks:
        variable = variables[group.split(" or ")[0]]
        piped = sys.stdin.readline().strip() if variable.secret and sys.stdin and not screen.has_person() else ""
        values[variable.name] = piped or screen.ask(variable)
    return values


def _at_server(options: Namespace, vendor: PublishedVendor) -> int:
    """Keep a vendor's keys in a server's vault, or forget them remote."""
    remote = RemoteVault.at(options.server)
    if options.command == "logout":
        remote.ask("DELETE", vendor.name)
        print(f"{remote.url} keeps no keys of {vendor.title} for you any more.")
        return 0
    given = {name: value for name, value, _ in options.settings}
    variables = _named(vendor.callers_variables, vendor, given)
    needs = next((slot["needs"] for slot in remote.ask("GET")["vendors"] if slot["vendor"] == vendor.name), None)
    if needs is None:
        raise Failure(f"{remote.url} has no {vendor.title}: its operator has not set that vendor's address.")
    values = given | _asked(variables, [group for group in needs if given.keys().isdisjoint(group.split(" or "))])
    told = remote.ask("PUT", vendor.name, values)
    print(f"Kept at {remote.url}: {', '.join(values)}. {told['words']}")
    return 0 if told["accepted"] else 1


def _forget(here: Workstation, vendor: PublishedVendor) -> int:
    names = [variable.name for variable in vendor.variables]
    kept = [name for name in names if name in here.keyring.names]
    files = [file for name in names if (file := here.secret_file(name)).exists()]
    if not kept and not files:
        raise Failure(f"Neither the keyring nor {here.secret_file('').parent} has anything of {vendor.title}.")
    for name in kept:
        here.keyring.remove(name)
    for file in files:
        file.unlink()
    print(f"Forgotten: {', '.join([*kept, *map(str, files)])}.")
    return 0
