"""Where the vault's records are: in the Redis that servers share, else in files of the user who runs the server.

They have no expiry, since what was entered once has to be there for as long as its owner wants.
"""

import os
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Protocol

import anyio.to_thread
from filelock import FileLock, Timeout
from platformdirs import user_state_path

from server.errors import Refusal, Unreachable
from server.settings import Settings

if TYPE_CHECKING:
    from server.state.redis import Redis

MOST = 10_000
"""Callers who keep something."""
LARGEST = 256 * 1024
TABLE = "vault"
LOCK_SECONDS = 5.0
FULL = f"Nothing was kept: {MOST:,} callers keep keys here, and there is room for no more."
AWAY = "Nothing was changed: where keys are kept cannot be written now. Try again in a while."


class Records(Protocol):
    """Texts by name. What is kept can be read by whoever can read the place, so it is sealed before."""

    async def get(self, name: str) -> str | None:
        """A record. Raises Unreachable."""
        ...

    async def replace(self, name: str, old: str | None, new: str | None) -> bool:
        """Replace a record that is still `old`; False where it is not. Raises Refusal where it cannot be."""
        ...

    async def names(self) -> list[str]:
        """The names of all. Raises Unreachable."""
        ...


class InRedis:
    """Records in Redis, in one table."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def get(self, name: str) -> str | None:
        """See `Records`."""
        return await self._redis.record(TABLE, name)

    async def replace(self, name: str, old: str | None, new: str | None) -> bool:
        """See `Records`."""
        try:
            done = await self._redis.replace_record(TABLE, name, old, new, MOST)
        except Unreachable:
            raise Refusal(AWAY) from None
        if done is None:
            raise Refusal(FULL)
        return done

    async def names(self) -> list[str]:
        """See `Records`."""
        return await self._redis.records(TABLE)


class InFiles:
    """Records in a folder, a file each, which only the user who runs the server may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, name: str) -> str | None:
        """See `Records`."""
        return await anyio.to_thread.run_sync(self._read, name)

    async def replace(self, name: str, old: str | None, new: str | None) -> bool:
        """See `Records`."""
        return await anyio.to_thread.run_sync(self._replace, name, old, new)

    async def names(self) -> list[str]:
        """See `Records`."""
        return await anyio.to_thread.run_sync(self._names)

    def _read(self, name: str) -> str | None:
        try:
            with self._file(name).open("rb") as file:
                return file.read(LARGEST).decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(f"{self._file(name)}: {error.strerror}") from error

    def _replace(self, name: str, old: str | None, new: str | None) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self._folder / "lock", timeout=LOCK_SECONDS, mode=0o600):
                if self._read(name) != old:
                    return False
                if new is None:
                    self._file(name).unlink(missing_ok=True)
                    return True
                if old is None and len(self._names()) >= MOST:
                    raise Refusal(FULL)
                self._write(self._file(name), new)
        except (OSError, Timeout, Unreachable) as error:
            raise Refusal(AWAY) from error
        return True

    def _write(self, path: Path, text: str) -> None:
        """Write a file in one step, so that a crash leaves it as it was or as it is to be."""
        number, new = mkstemp(dir=self._folder, prefix="new-")
        try:
            with open(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
        except OSError:
            Path(new).unlink(missing_ok=True)
            raise

    def _names(self) -> list[str]:
        return [path.stem for path in self._folder.glob("*.json")]

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def records_of(settings: Settings, redis: "Redis | None") -> Records:
    """Where these settings keep the vault's records."""
    if redis:
        return InRedis(redis)
    return InFiles(settings.vault_dir or user_state_path("drumbeat", appauthor=False) / "vault")
