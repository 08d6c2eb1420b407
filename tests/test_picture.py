"""The README's picture is what the server answers."""

from pathlib import Path

import pytest

from tests.picture import FILE, conversation, drawn
from tests.vendors import Vendors


@pytest.mark.anyio
async def test_the_picture_is_what_the_server_answers(vendors: Vendors, tmp_path: Path) -> None:
    made = drawn(await conversation(vendors, str(tmp_path / "journal")))
    assert made == FILE.read_text(encoding="utf-8"), "is the change meant? Then `python -m tests.picture`."
