"""Where the value of a variable comes from: the environment, a file that it names, the system's keyring.

The first that has one wins, in this order. Reading a keyring is left to whoever asks for a `Keyring`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.errors import ConfigurationError

FILE = "_FILE"
ENVIRONMENT = "environment"
KEYRING = "keyring"
LONGEST_VALUE = 65_536


@dataclass(frozen=True, repr=False)
class Found:
    """A value and its source: `environment`, `file PATH` or `keyring`. Prints neither, since many are credentials."""

    value: str
    source: str


class Keyring(Protocol):
    """Keeps values by the names of their variables."""

    @property
    def names(self) -> Collection[str]:
        """The variables that it keeps."""
        ...

    def get(self, name: str) -> str:
        """The value of one of them. Raises ConfigurationError where it cannot be read."""
        ...


def find(environment: Mapping[str, str], names: Collection[str], keyring: Keyring | None = None) -> dict[str, Found]:
    """The values of those `names` that have one.

    Empty values, and placeholders that a client left unfilled, count as not set.
    Raises ConfigurationError for a file or a keyring that is named and cannot be read.
    """
    found = {}
    for name in names:
        pointer = name + FILE
        if value := in_environment(environment, name):
            found[name] = Found(value, ENVIRONMENT)
        elif pointer not in names and (file := in_environment(environment, pointer)):
            found[name] = Found(_content(pointer, file), f"file {file}")
        elif keyring and name in keyring.names:
            found[name] = Found(keyring.get(name), KEYRING)
    return found


def in_environment(environment: Mapping[str, str], name: str) -> str:
    """A variable's value in the environment itself, empty where it is not set."""
    value = environment.get(name, "").strip()
    return "" if value.startswith("${") and value.endswith("}") else value


def _content(pointer: str, file: str) -> str:
    try:
        with open(Path(file).expanduser(), "rb") as opened:
            value = opened.read(LONGEST_VALUE).decode().strip()
    except OSError as error:
        raise ConfigurationError(f"{pointer}: {file} cannot be read ({error.strerror or error}).") from None
    except ValueError:
        raise ConfigurationError(f"{pointer}: {file} holds no text.") from None
    if not value:
        raise ConfigurationError(f"{pointer}: {file} is empty.")
    return value
