"""Which settings a client's entry carries, and where the secrets among them are kept, since no entry holds one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from server.access import Variable
from server.catalogue import PublishedVendor
from server.cli import screen
from server.cli.clients import Client
from server.cli.files import write_secret
from server.errors import Failure, nearest
from server.keyring import SystemKeyring
from server.settings import OWN_NAMES, OWN_PATHS, OWN_SECRETS, load
from server.sources import ENVIRONMENT, FILE, Found, find
from server.vendor_settings import names_of

Keeping = Literal["keyring", "client", "file"]
SECRETS = Path(".config", "drumbeat", "secrets")
ASKED = "asked"
GIVEN_LATER = "given-by-the-client"


@dataclass
class EntrySettings:
    """What goes into an entry. referred: variables that the client resolves. secrets: values to keep elsewhere."""

    env: dict[str, str] = field(default_factory=dict)
    referred: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workstation:
    """Where an entry is made: its user's home, environment and keyring, and the vendors there are."""

    home: Path
    environment: Mapping[str, str]
    vendors: tuple[PublishedVendor, ...]
    keyring: SystemKeyring

    def vendor(self, name: str) -> PublishedVendor:
        """A vendor that has settings of its own. Raises Failure for a name that is none's."""
        known = {vendor.name: vendor for vendor in self.vendors if not vendor.needs}
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
            raise Failure(f"There is no vendor {name!r}. {hint}")
        return known[name]

    def keep(self, secrets: Mapping[str, str], keeping: Keeping) -> None:
        """Put secrets where they are kept from now on."""
        for name, value in secrets.items():
            if keeping == "keyring":
                self.keyring.put(name, value)
            else:
                write_secret(self.secret_file(name), value)

    def secret_file(self, name: str) -> Path:
        """The file that holds a variable's value, where it is kept in one."""
        return self.home / SECRETS / name


def usual_keeping(client: Client, keyring: SystemKeyring) -> Keeping:
    """The place of secrets where nobody names one."""
    if keyring.usable:
        return "keyring"
    return "client" if client.inputs else "file"


def gather(
    here: Workstation, keeping: Keeping, wanted: Iterable[str] = (), referred: Iterable[str] = ()
) -> EntrySettings:
    """What an entry carries, after asking for what the `wanted` vendors still lack.

    referred: variables that the client resolves already. Raises ConfigurationError where no server would start.
    """
    made = EntrySettings(referred=list(referred))
    names = [name for name in (*OWN_NAMES, *names_of(here.vendors)) if name not in made.referred]
    found = find(here.environment, names, here.keyring)
    for name in wanted:
        vendor = here.vendor(name)
        for variable in _lacking(vendor, {*found, *made.referred}):
            if variable.secret and keeping == "client":
                made.referred.append(variable.name)
            else:
                found[variable.name] = Found(screen.ask(variable), ASKED)
    secret = {*OWN_SECRETS, *(v.name for vendor in here.vendors for v in vendor.variables if v.secret)}
    for name, each in found.items():
        _place(made, name, each, keeping if name in secret else None, here)
    later = dict.fromkeys(made.referred, GIVEN_LATER)
    values = {name: each.value for name, each in found.items()}
    load({**_own_of(here.environment), **values, **later}, here.vendors)
    return made


def _own_of(environment: Mapping[str, str]) -> dict[str, str]:
    """What begins like one of our own settings, so that a misspelt one is refused."""
    return {name: value for name, value in environment.items() if name.startswith("DRUMBEAT_")}


def _lacking(vendor: PublishedVendor, given: set[str]) -> Iterable[Variable]:
    """The variables to ask for, one of each group that is still required."""
    variables = {variable.name: variable for variable in vendor.variables}
    for group in vendor.missing(given):
        yield variables[group.split(" or ")[0]]


def _place(made: EntrySettings, name: str, found: Found, keeping: Keeping | None, here: Workstation) -> None:
    """Put a value where it belongs; keeping: where a secret does, None for what is no secret."""
    if found.source.startswith("file "):
        made.env[name + FILE] = str(Path(found.source.removeprefix("file ")).expanduser().absolute())
    elif found.source not in (ENVIRONMENT, ASKED):
        return  # Drumbeat finds it in the keyring by itself
    elif keeping is None:
        # A client starts its servers in a folder of its own choice.
        made.env[name] = str(Path(found.value).expanduser().absolute()) if name in OWN_PATHS else found.value
    elif keeping == "client":
        made.referred.append(name)
    else:
        made.secrets[name] = found.value
        if keeping == "file":
            made.env[name + FILE] = str(here.secret_file(name))
