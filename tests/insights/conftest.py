from pathlib import Path

import pytest


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where `drumbeat.toml` is; a line writes the sandbox's own where a test writes none."""
    return tmp_path / "drumbeat.toml"
