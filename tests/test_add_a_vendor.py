"""docs/add-a-vendor.md does what it says: its files make a vendor, and nothing in `server/` knows of it."""

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from mcp import Client

import tools
from server.app import Drumbeat
from server.catalogue import Catalogue
from server.changes.asking import Person
from server.publish import catalogue as publish
from server.settings import load
from tests.client import done
from tests.conftest import Era, agree
from tests.program import Program

pytestmark = pytest.mark.anyio
DOCUMENT = Path(__file__).parents[1] / "docs" / "add-a-vendor.md"
FILES = dict(re.findall(r"^```python (\S+)\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S))


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The catalogue with the document's vendor, which lies in a folder of its own."""
    folder = tmp_path_factory.mktemp("lantern")
    for name, source in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "__path__", [*tools.__path__, str(folder / "tools")])
        yield publish.build()
    for module in [name for name in sys.modules if name.startswith("tools.lantern")]:
        del sys.modules[module]
    del tools.lantern  # type: ignore[attr-defined]


@pytest.fixture
def client(six: Catalogue, era: Era) -> AbstractAsyncContextManager[Client]:
    server = Drumbeat(load({"DRUMBEAT_SANDBOX": "1"}, six.vendors), six, person=Person(fastest=0))
    return Program(server, mode=era, cache=None, elicitation_callback=agree)


async def undo(client: Client) -> None:
    newest = (await done(client, "drumbeat_list_changes", vendor="lantern"))["items"][0]
    await done(client, "drumbeat_undo_change", change_id=newest["change_id"])


def test_document_has_the_five_files_of_the_smallest_vendor() -> None:
    smallest = Path(tools.__path__[0]) / "haystack"
    theirs = {str(file.relative_to(smallest)).replace("metrics", "notices") for file in smallest.rglob("*.py")}
    assert {name.removeprefix("tools/lantern/") for name in FILES} == theirs - {"definitions.py", "reading.py"}


async def test_its_everyday_tool_is_listed_and_called(client: AbstractAsyncContextManager[Client]) -> None:
    async with client as connected:
        listed = {tool.name for tool in (await connected.list_tools()).tools if tool.name.startswith("lantern_")}
        assert listed == {"lantern_list_notices"}
        notices = await done(connected, "lantern_list_notices")
    assert notices["items"] == [{"id": 1, "title": "Slow checkout", "open": True}]


async def test_its_changes_are_undone(client: AbstractAsyncContextManager[Client]) -> None:
    async with client as connected:
        before = await done(connected, "lantern_get_notice", notice_id=1)
        changed = await done(connected, "lantern_update_notice", notice_id=1, title="Slow login", open=False)
        assert changed == {"id": 1, "title": "Slow login", "open": False}
        await undo(connected)
        assert await done(connected, "lantern_get_notice", notice_id=1) == before
        await done(connected, "lantern_delete_notice", notice_id=1)
        assert (await done(connected, "lantern_list_notices"))["items"] == []
        await undo(connected)
        assert (await done(connected, "lantern_list_notices"))["items"] == [{**before, "id": 2}]
        await done(connected, "lantern_create_notice", title="Slow login")
        await undo(connected)
        assert (await done(connected, "lantern_list_notices"))["items"] == [{**before, "id": 2}]
