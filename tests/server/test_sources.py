"""A variable's value comes from the environment, else from the file that it names, else from the system's keyring."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError, PasswordDeleteError

from server.catalogue import Catalogue
from server.errors import ConfigurationError
from server.keyring import SystemKeyring
from server.settings import load
from server.sources import find

TOKEN = "k33p-me-quiet"


class InMemory(KeyringBackend):
    """A keyring that lives as long as a test."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class Locked(InMemory):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


class Absent(InMemory):
    """What `keyring` takes where the system has none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NoKeyringError("No recommended backend was available.")


@pytest.fixture
def backend() -> Iterator[InMemory]:
    before = keyring.get_keyring()
    new = InMemory()
    keyring.set_keyring(new)
    yield new
    keyring.set_keyring(before)


def test_the_environment_wins_over_a_file_and_a_file_over_the_keyring(backend: InMemory, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    kept = SystemKeyring(tmp_path)
    for name in ("A", "B", "C"):
        kept.put(name, "from the keyring")
    environment = {"A": "from the environment", "A_FILE": str(file), "B_FILE": str(file)}
    found = find(environment, ["A", "B", "C", "D"], kept)
    assert {name: (each.value, each.source) for name, each in found.items()} == {
        "A": ("from the environment", "environment"),
        "B": ("from the file", f"file {file}"),
        "C": ("from the keyring", "keyring"),
    }
    assert "from the" not in repr(found)


def test_a_vendor_is_on_by_a_key_in_a_file(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    settings = load({"BUDDY_TOKEN_FILE": str(file)}, catalogue.vendors)
    assert settings.vendors["buddy"].get("BUDDY_TOKEN") == TOKEN


def test_an_own_setting_may_stand_in_a_file_and_a_misspelt_one_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "access"
    file.write_text("read")
    assert load({"DRUMBEAT_ACCESS_FILE": str(file)}, catalogue.vendors).access == "read"
    with pytest.raises(ConfigurationError, match="did you mean DRUMBEAT_ACCESS_FILE"):
        load({"DRUMBEAT_ACES_FILE": str(file)}, catalogue.vendors)


@pytest.mark.parametrize(("content", "reason"), [(None, "cannot be read"), (b" \n", "is empty"), (b"\xff", "no text")])
def test_a_file_without_a_key_is_an_error_that_names_both(
    content: bytes | None, reason: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"BUDDY_TOKEN_FILE: {file} .*{reason}"):
        load({"BUDDY_TOKEN_FILE": str(file)}, catalogue.vendors)


def test_the_keyring_turns_a_vendor_on_and_forgets_it_again(
    backend: InMemory, catalogue: Catalogue, tmp_path: Path
) -> None:
    kept = SystemKeyring(tmp_path)
    kept.put("BUDDY_TOKEN", TOKEN)
    assert load({}, catalogue.vendors, kept).vendors["buddy"].get("BUDDY_TOKEN") == TOKEN
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not any(TOKEN in file.read_text() for file in files)
    kept.remove("BUDDY_TOKEN")
    assert load({}, catalogue.vendors, kept).vendors == {}
    assert backend.kept == {}


def test_the_sandbox_does_not_open_the_keyring(backend: InMemory, catalogue: Catalogue, tmp_path: Path) -> None:
    kept = SystemKeyring(tmp_path)
    kept.put("BUDDY_TOKEN", TOKEN)
    keyring.set_keyring(Locked())
    assert load({"DRUMBEAT_SANDBOX": "1"}, catalogue.vendors, kept).sandbox
    with pytest.raises(ConfigurationError, match="BUDDY_TOKEN: the system's keyring cannot be used"):
        load({}, catalogue.vendors, kept)


def test_a_client_that_hides_the_session_from_its_servers_does_not_hide_the_keyring(
    backend: InMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bus").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "put back afterwards")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert SystemKeyring(tmp_path).usable
    if sys.platform == "linux":
        assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={tmp_path / 'bus'}"


def test_a_key_that_the_keyring_has_lost_is_an_error(backend: InMemory, catalogue: Catalogue, tmp_path: Path) -> None:
    kept = SystemKeyring(tmp_path)
    kept.put("BUDDY_TOKEN", TOKEN)
    backend.kept.clear()
    with pytest.raises(ConfigurationError, match="BUDDY_TOKEN: the system's keyring has lost it"):
        load({}, catalogue.vendors, kept)
    kept.remove("BUDDY_TOKEN")
    assert kept.names == frozenset()
