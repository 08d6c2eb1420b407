"""The environment, the keyring and the settings of whoever runs a subcommand."""

import os
from collections.abc import Mapping
from pathlib import Path

from server.catalogue import Catalogue, read
from server.keyring import SystemKeyring
from server.settings import Settings, load


def environment(*, sandbox: bool = False) -> Mapping[str, str]:
    """The environment, with the sandbox on where an option says so."""
    return {**os.environ, "DRUMBEAT_SANDBOX": "1"} if sandbox else os.environ


def keyring() -> SystemKeyring:
    """The user's own keyring."""
    return SystemKeyring(Path.home())


def settings_of(*, sandbox: bool = False) -> tuple[Settings, Catalogue]:
    """The settings and the catalogue that they select from. Raises ConfigurationError."""
    catalogue = read()
    return load(environment(sandbox=sandbox), catalogue.vendors, keyring()), catalogue
