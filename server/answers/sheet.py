"""Rows as CSV, for spreadsheets and scripts: exact values, inner objects under dotted names."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_COLUMNS = 300
REST = "(more)"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_of(kept: Sequence[Any]) -> Sequence[Any]:
    """The rows that are meant as a table: of an answer kept in its fields, those of its one list of objects."""
    if not all(isinstance(part, Mapping) and len(part) == 1 for part in kept):
        return kept
    fields = {name: value for part in kept for name, value in part.items()}
    tables = [value for value in fields.values() if _is_table(value)]
    return tables[0] if len(fields) == len(kept) and len(tables) == 1 else kept


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def sheet(rows: Sequence[Any]) -> str:
    """The rows under one header.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. Fields beyond a table's width
    stand together as JSON in the last column.
    """
    flat = [dict(_flat(row, "")) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    columns = names[:MOST_COLUMNS]
    shown = set(columns)
    header = [*columns, REST] if len(names) > len(columns) else columns
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(map(_cell, header))
    for row in flat:
        rest = {name: value for name, value in row.items() if name not in shown}
        cells = [_cell(row.get(name)) for name in columns]
        writer.writerow([*cells, json.dumps(rest, ensure_ascii=False)] if rest else cells)
    return written.getvalue()


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield prefix.removesuffix(".") or "value", value
        return
    for name, inner in value.items():
        yield from _flat(inner, f"{prefix}{name}.")


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        plain = not any(isinstance(item, Mapping | list) for item in value)
        value = "; ".join(map(str, value)) if plain else json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
