from pathlib import Path

import pytest

from tests.golden import NOON
from tests.vendors import Vendors


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where `drumbeat.toml` is; a line writes the sandbox's own where a test writes none."""
    return tmp_path / "drumbeat.toml"


@pytest.fixture
def at_noon(vendors: Vendors) -> None:
    """Let it be the day of the stand-ins' data, at noon, here and there."""
    vendors.clock = lambda: NOON
