import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import Any, Literal, get_args

import anyio
import hypothesis  # before it is frozen, as it looks for what refers to it
import pytest
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from server.app import Drumbeat
from server.catalogue import Catalogue, read
from server.changes.asking import Person
from server.settings import Settings
from tests.program import Program
from tests.vendors import Vendors, serve

gc.disable()  # until all is imported, of which nothing goes
# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("untimed", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("untimed")

Era = Literal["auto", "legacy"]
Answer = ElicitationFnT
Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: there is always one worker that waits for a process or a socket."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What thousands of tests have imported stays: looking through it again and again is a tenth of their time."""
    gc.freeze()
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both eras of client, modern (2026-07-28) and legacy; one where `pytest.mark.era` says that they are the same."""
    if "era" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("era")
        metafunc.parametrize("era", only.args if only else get_args(Era))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read()


@pytest.fixture(scope="session")
def served(catalogue: Catalogue) -> Iterator[Vendors]:
    vendors = Vendors(catalogue)
    with serve(vendors) as url:
        vendors.url = url
        yield vendors


@pytest.fixture(scope="session")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Places for journals; nothing is there until something is written."""
    folder = tmp_path_factory.mktemp("journals")
    return (str(folder / f"{number}") for number in count())


@pytest.fixture
def vendors(served: Vendors, journals: Iterator[str]) -> Vendors:
    """The five stand-ins on a real socket, and a journal, fresh for every test."""
    served.reset(next(journals))
    return served


@pytest.fixture
def settings(vendors: Vendors) -> Settings:
    """Every vendor on, and a journal of this test's own."""
    return vendors.settings()


def text(result: CallToolResult) -> str:
    """What an assistant reads of a result."""
    return "\n".join(block.text for block in result.content if block.type == "text")


async def agree(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """A user who agrees to everything, typing the name where the question wants it."""
    assert isinstance(params, ElicitRequestFormParams)
    if "name" in params.requested_schema["properties"]:
        return ElicitResult(action="accept", content={"name": params.message.rsplit(": ", 1)[1]})
    return ElicitResult(action="accept", content={"agree": True})


async def agree_in_person(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """The same, no faster than a person reads: a server that we do not start ourselves takes others for machines."""
    await anyio.sleep(Person().fastest * 1.2)
    return await agree(context, params)


async def decline(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """A user who declines."""
    return ElicitResult(action="decline")


@pytest.fixture
def connect(era: Era, vendors: Vendors) -> Connect:
    """Open a client of the era to a server with the given settings (default: every vendor on)."""

    @asynccontextmanager
    async def open_client(settings: Settings | None = None, answer: Answer | None = agree) -> AsyncIterator[Client]:
        settings = settings or vendors.settings()
        connections = vendors.connections(settings)
        server = Drumbeat(settings, vendors.catalogue, person=Person(fastest=0), connections=connections)
        async with Program(server, mode=era, cache=None, elicitation_callback=answer) as client:
            client.session.validate_tool_result = vendors.promised.check  # type: ignore[method-assign]
            yield client

    return open_client
