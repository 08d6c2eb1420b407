"""A site with a vault for the tests of a module, and people who have tokens for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from mcp_types import ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from server.app import Drumbeat
from server.changes.asking import Person
from server.settings import Settings, load
from server.web.bounds import Traffic
from server.web.serving import web_app
from tests.vendors import Vendors, serve
from tests.web.conftest import Site, hashed
from tests.web.vault.browser import Browser

ORIGIN = "https://drumbeat.acme.example"
KEY, OLD_KEY = "k" * 40, "o" * 40
MANY = 60
LINEARB = {"LINEARB_API_KEY": "lb-sandbox"}
TEAMOCLOCK = {"TEAMOCLOCK_ORGANIZATION": "acme", "TEAMOCLOCK_API_KEY": "skey-sandbox"}


@dataclass(frozen=True)
class Someone:
    """A person with a token of their own."""

    number: int
    site: str

    @property
    def name(self) -> str:
        return f"token p{self.number}"

    @property
    def token(self) -> str:
        return f"secret-of-p{self.number}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def browser(self) -> Browser:
        return Browser(self.site, ORIGIN)

    async def at_the_page(self) -> Browser:
        """Their browser, signed in."""
        browser = self.browser()
        answer = await browser.sign_in(self.token)
        assert answer.status_code == 303
        return browser


def vault_environment(vendors: Vendors, folder: Path) -> dict[str, str]:
    """Callers keep their keys in the folder; the addresses are the stand-ins'."""
    urls = {v.base_url_variable: f"{vendors.url}/{v.name}" for v in vendors.catalogue.vendors if not v.needs}
    own = {
        "DRUMBEAT_KEYS": "vault",
        "DRUMBEAT_VAULT_KEYS": KEY,
        "DRUMBEAT_VAULT_DIR": str(folder / "vault"),
        "DRUMBEAT_TOKENS": ",".join(f"p{n}:destructive:{hashed(f'secret-of-p{n}')}" for n in range(MANY)),
        "DRUMBEAT_PUBLIC_URL": ORIGIN,
        "DRUMBEAT_JOURNAL": str(folder / "journal"),
    }
    return {**own, **urls}


def vault_settings(vendors: Vendors, folder: Path, **environment: str) -> Settings:
    """The settings of this environment, and of what changes in it."""
    return load({**vault_environment(vendors, folder), **environment}, vendors.catalogue.vendors)


@contextmanager
def vault_site(vendors: Vendors, settings: Settings) -> Iterator[Site]:
    """A site with these settings on a real socket."""
    connections = vendors.connections(settings)
    server = Drumbeat(settings, vendors.catalogue, person=Person(fastest=0), connections=connections)
    traffic = Traffic(settings.most_in_flight, settings.most_sessions)
    with serve(web_app(server, settings, vendors.catalogue.vendors, "streamable-http", traffic), "on") as url:
        yield Site(url, traffic)


class Led(list[ElicitRequestURLParams]):
    """A user who is led to pages, and opens them, or does not."""

    def __init__(self, action: Any = "accept") -> None:
        super().__init__()
        self._action = action

    def __bool__(self) -> bool:
        return True

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        self.append(params)
        return ElicitResult(action=self._action)

    @property
    def ticket(self) -> str:
        """The ticket in the newest link."""
        address, _, ticket = self[-1].url.partition("?ticket=")
        assert address == f"{ORIGIN}/keys"
        return ticket


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the site of a module keeps the vault and the journal."""
    return tmp_path_factory.mktemp("vault")


@pytest.fixture(scope="module")
def here(served: Vendors, folder: Path, journals: Iterator[str]) -> Iterator[Site]:
    """The site of a module."""
    served.reset(next(journals))
    with vault_site(served, vault_settings(served, folder)) as site:
        yield site


@pytest.fixture(scope="module")
def people(here: Site) -> Iterator[Someone]:
    """People who were never here before."""
    return (Someone(number, here.url) for number in count())


@pytest.fixture
def someone(people: Iterator[Someone], vendors: Vendors) -> Someone:
    """Somebody who was never here before."""
    return next(people)


@pytest.fixture
def other(people: Iterator[Someone]) -> Someone:
    """Somebody else."""
    return next(people)
