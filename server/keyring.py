"""The system's keyring, as a place for credentials: macOS Keychain, Windows Credential Locker, Secret Service.

Which variables it keeps stands in a small file, so that a start which needs none never opens it.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from server.errors import ConfigurationError

SERVICE = "drumbeat"
INDEX = Path(".config", "drumbeat", "keyring.json")
OTHERWISE = (
    "put the key into a file and name that file by the variable with _FILE behind its name, as "
    "`drumbeat install CLIENT --secrets file` does."
)
MISSING = f"the package keyring is not installed. Install drumbeat-mcp[keyring], or {OTHERWISE}"


class SystemKeyring:
    """Values of variables in the system's keyring. home: the user's, where the file with their names is."""

    def __init__(self, home: Path) -> None:
        self._index = home / INDEX

    @property
    def names(self) -> frozenset[str]:
        """The variables that it keeps."""
        try:
            kept = json.loads(self._index.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self._index} cannot be read ({error}); delete it and log in again.") from None
        return frozenset(map(str, kept))

    @property
    def usable(self) -> bool:
        """Whether this system has a keyring, and we the package to reach it."""
        try:
            return bool(_library().get_keyring().priority > 0)
        except (ImportError, RuntimeError):
            return False

    def get(self, name: str) -> str:
        """The value of a variable. Raises ConfigurationError where the keyring does not give it."""
        value = self._do("get_password", name)
        if not value:
            raise ConfigurationError(f"{name}: the system's keyring has lost it; run `drumbeat login` again.")
        return str(value).strip()

    def put(self, name: str, value: str) -> None:
        """Keep a value. Raises ConfigurationError where the keyring does not take it."""
        self._do("set_password", name, value)
        self._write(self.names | {name})

    def remove(self, name: str) -> None:
        """Forget a value that is kept."""
        self._do("delete_password", name)
        self._write(self.names - {name})

    def _do(self, method: str, name: str, *value: str) -> Any:
        try:
            library = _library()
            errors = import_module("keyring.errors")
        except ImportError:
            raise ConfigurationError(f"{name}: {MISSING}") from None
        try:
            return getattr(library, method)(SERVICE, name, *value)
        except errors.PasswordDeleteError:
            return None
        except errors.NoKeyringError:
            raise ConfigurationError(f"{name}: this system has no keyring. Instead, {OTHERWISE}") from None
        except errors.KeyringError as error:
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise ConfigurationError(f"{name}: the system's keyring cannot be used ({reason}).") from None

    def _write(self, names: frozenset[str]) -> None:
        self._index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._index.with_suffix(".new")
        new.write_text(json.dumps(sorted(names)) + "\n", encoding="utf-8")
        os.replace(new, self._index)


def _library() -> Any:
    """The package `keyring`, able to reach the user's session. Raises ImportError."""
    bus = "DBUS_SESSION_BUS_ADDRESS"
    if sys.platform == "linux" and bus not in os.environ:
        # Many clients start a server with an environment of a few variables, and this is not among them.
        socket = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", "bus")
        if socket.exists():
            os.environ[bus] = f"unix:path={socket}"
    return import_module("keyring")
