"""What an assistant reads of each tool is what was reviewed: `make golden` writes it anew, its diff shows a change."""

from pathlib import Path

import pytest

from server.catalogue import Catalogue, read
from tests.golden import FOLDER, golden
from tests.vendors import Vendors

TOOLS = [tool.name for tool in read().tools]


@pytest.mark.anyio
@pytest.mark.parametrize("tool", TOOLS)
async def test_answer_is_the_golden_one(tool: str, vendors: Vendors, tmp_path: Path) -> None:
    content = await golden(tool, vendors, tmp_path)
    assert content == (FOLDER / f"{tool}.txt").read_text(encoding="utf-8"), "is the change meant? Then `make golden`."
    assert "\n--- error\n" not in content


def test_every_golden_answer_has_its_tool(catalogue: Catalogue) -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.txt")) == sorted(tool.name for tool in catalogue.tools)
