"""Keys in a server's vault by the command: given, listed and taken away with one's own token; and sealed anew."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Drumbeat, Types
from tests.cli.test_doctor import about
from tests.vendors import Vendors
from tests.web.conftest import Site
from tests.web.vault.conftest import KEY, OLD_KEY, Someone, vault_environment, vault_settings, vault_site

ME = Someone(0, "")


@pytest.fixture
def site(vendors: Vendors, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server with a vault, for which we have a token."""
    monkeypatch.setenv("DRUMBEAT_SERVER_TOKEN", ME.token)
    with vault_site(vendors, vault_settings(vendors, tmp_path)) as site:
        yield site


def types_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))


def test_a_key_is_given_listed_and_taken_away(site: Site, drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    types_key(monkeypatch, "skey-sandbox")
    done = drumbeat(f"login teamoclock TEAMOCLOCK_ORGANIZATION=acme --server {site.url}/mcp")
    assert done.status == 0, done.err
    assert "Kept at" in done.out
    assert "Team O'clock knows you as organization acme" in done.out
    assert "skey-sandbox" not in done.out + done.err
    listed = drumbeat(f"vault list --server {site.url}")
    assert "teamoclock\tTEAMOCLOCK_ORGANIZATION, TEAMOCLOCK_API_KEY\t" in listed.out
    assert "linearb\t\tLINEARB_API_KEY" in listed.out
    assert "You are token p0 there." in listed.err
    assert drumbeat(f"vault list --server {site.url} --json").data["caller"] == ME.name
    gone = drumbeat(f"logout teamoclock --server {site.url}/")
    assert (gone.status, "keeps no keys of Team O'clock" in gone.out) == (0, True)
    assert "teamoclock\t\t" in drumbeat(f"vault list --server {site.url}").out


def test_a_key_that_the_vendor_does_not_know_ends_with_one(
    site: Site, drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    types_key(monkeypatch, "wrong-key")
    done = drumbeat(f"login linearb --server {site.url}")
    assert done.status == 1
    assert "LinearB does not accept them" in done.out


@pytest.mark.parametrize(
    ("line", "key", "status", "words"),
    [
        ("login linearb --server http://drumbeat.acme.example", "k", 2, "must be an address such as https://"),
        ("login linearb LINEARB_API_KEY=k --server {url}", "k", 2, "others can read a command line"),
        ("login linearb LINEARB_BASE_URL=https://evil.example --server {url}", "k", 2, "no such setting"),
        ("login linearb LINEARB_AUTH=cookie --server {url}", "k", 1, "Nothing was kept: LINEARB_AUTH must be one of"),
        ("login linearb --server {url}", "", 2, "LINEARB_API_KEY is missing"),
        ("login linearb --server {url}/elsewhere", "k", 1, "answered 404. There is no vault"),
        ("logout linearb --server http://127.0.0.1:1", "", 1, "cannot be reached"),
        ("vault list", "", 2, "--server is missing"),
        ("vault rotate", "", 2, "DRUMBEAT_KEYS is not vault here"),
    ],
)
def test_what_cannot_work_says_why(
    line: str, key: str, status: int, words: str, site: Site, drumbeat: Drumbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    types_key(monkeypatch, key)
    done = drumbeat(line.format(url=site.url))
    assert (done.status, words in done.err) == (status, True), done.err
    assert ME.token not in done.err
    assert "keys" not in drumbeat(f"vault list --server {site.url}").out


def test_a_token_is_asked_for_without_echo_and_a_wrong_one_is_refused(
    site: Site, drumbeat: Drumbeat, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DRUMBEAT_SERVER_TOKEN")
    assert "DRUMBEAT_SERVER_TOKEN is missing" in drumbeat(f"vault list --server {site.url}").err
    asked = []

    def getpass(prompt: str, stream: object) -> str:
        asked.append(prompt)
        return "wrong-token"

    monkeypatch.setattr("getpass.getpass", getpass)
    screen = types("")
    assert drumbeat(f"vault list --server {site.url}").status == 1
    assert asked == ["Your Drumbeat token: "]
    assert "the token is not known here" in screen()


def test_a_server_without_a_vault_says_so(
    drumbeat: Drumbeat, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRUMBEAT_SERVER_TOKEN", ME.token)
    tokens = vault_environment(vendors, Path("unused"))["DRUMBEAT_TOKENS"]
    with vault_site(vendors, vendors.settings(DRUMBEAT_TOKENS=tokens)) as site:
        assert "There is no vault" in drumbeat(f"vault list --server {site.url}").err


def test_rotation_seals_all_with_the_first_key_and_doctor_says_what_is_left(
    site: Site, drumbeat: Drumbeat, vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    types_key(monkeypatch, "lb-sandbox")
    assert drumbeat(f"login linearb --server {site.url}").status == 0
    for name, value in vault_environment(vendors, tmp_path).items():
        monkeypatch.setenv(name, value)
    assert "it keeps keys for 1 callers" in about(drumbeat("doctor --json --offline"), "vault")[0]
    monkeypatch.setenv("DRUMBEAT_VAULT_KEYS", f"{OLD_KEY},{KEY}")
    assert "1 are sealed with an old key" in about(drumbeat("doctor --json --offline"), "vault", "warning")[0]
    turned = drumbeat("vault rotate")
    assert (turned.status, turned.out) == (0, "1 sealed with the first key now, 0 were already.\n")
    monkeypatch.setenv("DRUMBEAT_VAULT_KEYS", OLD_KEY)
    assert drumbeat("vault rotate").out == "0 sealed with the first key now, 1 were already.\n"
    monkeypatch.setenv("DRUMBEAT_VAULT_KEYS", KEY)
    lost = drumbeat("vault rotate")
    assert (lost.status, "1 cannot be read with any key" in lost.err) == (1, True)
    assert "1 cannot be read" in about(drumbeat("doctor --json --offline"), "vault", "error")[0]
