"""Writing down the whole surface: catalogue, manifest, reference, and what registries and hosts ask for."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def as_json(data: Any) -> str:
    """Data as the text of a file that people read as well."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
