"""`python -m tools.insights.documents` writes what is published of the insights; with `--check` it compares."""

import json
import sys
from pathlib import Path

from tools.insights.configuration import schema
from tools.insights.definitions import DEFINITIONS
from tools.insights.vendors import TITLES

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = DOCS / "drumbeat.schema.json"
METRICS = DOCS / "definitions.md"
HEAD = """# What each metric is at each vendor

Written by `python -m tools.insights.documents` from `tools/insights/definitions.py`; the same stands in the resource
`drumbeat://definitions`. Numbers of different vendors stand side by side and are never merged or averaged.

| metric | vendor | what it is | unit | aggregation | source |
|---|---|---|---|---|---|
"""


def files() -> dict[Path, str]:
    """The published files and their text."""
    rows = sorted(DEFINITIONS, key=lambda one: one.metric)
    table = [
        f"| {one.metric} | {TITLES[one.vendor]} | {one.words} | {one.unit} | {one.aggregation} | {one.source} |"
        for one in rows
    ]
    return {SCHEMA: json.dumps(schema(), indent=2) + "\n", METRICS: HEAD + "\n".join(table) + "\n"}


def main() -> int:
    """Write the files, or with `--check` say which differ."""
    stale = 0
    for file, text in files().items():
        if "--check" not in sys.argv:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"{file.name} differs from the code: run python -m tools.insights.documents", file=sys.stderr)
            stale += 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
