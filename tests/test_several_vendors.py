"""A package that needs several vendors is given all that are on, and is there while one of them is."""

import sys
from collections.abc import Iterator

import pytest
from mcp import Client

import tools
from server.app import Drumbeat
from server.catalogue import Catalogue
from server.publish import catalogue as publish
from server.settings import Settings, load
from tests.conftest import Era, text

pytestmark = pytest.mark.anyio
PACKAGE = '''
"""Asks several vendors."""

from server.declare import Apis, Vendor

pulse = Vendor("pulse", "Pulse", "several at once", (), (), Apis, needs=("linearb", "teamoclock"))
VENDOR = pulse
'''
TOOLS = '''
"""One question to all."""

from server.declare import Apis, Done
from tools.linearb.api import LinearB
from tools.linearb.teams import list_teams as linearb_teams
from tools.pulse import pulse
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.teams import list_teams

counts = pulse.toolset("counts", "Counts.")


@counts.read(everyday=True)
async def count_teams(api: Apis) -> Done:
    """How many teams each vendor has."""
    ours = len((await list_teams(api.of(TeamOClock))).items)
    theirs = len((await linearb_teams(api.of(LinearB))).items) if LinearB in api else "not configured"
    api.notes.append("Of several vendors")
    return Done(done=f"Team O'clock {ours}, LinearB {theirs}.")
'''


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder = tmp_path_factory.mktemp("pulse")
    package = folder / "tools" / "pulse"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PACKAGE)
    (package / "counts.py").write_text(TOOLS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "__path__", [*tools.__path__, str(folder / "tools")])
        yield publish.build()
    for module in [name for name in sys.modules if name.startswith("tools.pulse")]:
        del sys.modules[module]
    del tools.pulse  # type: ignore[attr-defined]


async def counted(settings: Settings, catalogue: Catalogue, era: Era) -> str:
    async with Client(Drumbeat(settings, catalogue), mode=era, cache=None) as client:
        assert "pulse_count_teams" in [tool.name for tool in (await client.list_tools()).tools]
        return text(await client.call_tool("pulse_count_teams"))


async def test_it_asks_all_and_its_notes_are_told(catalogue: Catalogue, era: Era) -> None:
    said = await counted(load({"DRUMBEAT_SANDBOX": "1"}, catalogue.vendors), catalogue, era)
    assert said.startswith("Team O'clock 3, LinearB 3.")
    assert "Of several vendors" in said


async def test_a_vendor_that_is_off_is_known_to_it(catalogue: Catalogue, era: Era) -> None:
    settings = load({"DRUMBEAT_SANDBOX": "1"}, catalogue.vendors)
    some = {name: on for name, on in settings.vendors.items() if name != "linearb"}
    said = await counted(settings.model_copy(update={"vendors": some}), catalogue, era)
    assert said.startswith("Team O'clock 3, LinearB not configured.")


async def test_without_any_of_them_it_does_not_exist(catalogue: Catalogue, era: Era) -> None:
    settings = load({"BUDDY_TOKEN": "t"}, catalogue.vendors)
    async with Client(Drumbeat(settings, catalogue), mode=era, cache=None) as client:
        assert "pulse_count_teams" not in [tool.name for tool in (await client.list_tools()).tools]
