"""A tool's result as an assistant reads it: compact text, and the same data as structure."""

import json
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from server.answers.tables import NESTED, table
from server.answers.words import is_named, listed, word
from server.clean import OURS
from server.models import Done, Page, Rehearsal, Text, VendorModel

SHORT = 80
LONG, LONG_END = 10, 20
FEWEST_OBJECTS = 3
EASILY_COUNTED = 9  # rows of a whole list, whose number needs not be said
EMPTY = "(empty)"
SCALARS = (str, int, float)


def text(result: BaseModel, data: dict[str, Any]) -> str:
    """The result in words and rows, never nothing at all; `data` is its structure."""
    said = _said(result, data)
    return said if said.strip() else EMPTY


def _said(result: BaseModel, data: dict[str, Any]) -> str:
    if isinstance(result, Done):
        return str(data.get("done", ""))
    if isinstance(result, Text):
        return str(data.get("text", ""))
    if isinstance(result, Page):
        return _page(data, len(result.items))
    if isinstance(result, Rehearsal):
        return "\n".join(
            ["Not sent, as this is a dry run:", *(str(data[n]) for n in ("would_send", "body") if n in data)]
        )
    return "\n".join(_lines(result.as_read(data) if isinstance(result, VendorModel) else data))


def _page(data: dict[str, Any], whole: int) -> str:
    items = data.get("items", [])
    beside = _lines({key: value for key, value in data.items() if key not in ("items", "total", "next")})
    if not items:
        following = _more(data.get("next"))
        nothing = f"Nothing here{following}." if following or data.get("total") else "Nothing found."
        return "\n".join([*beside, *([nothing] if "items" in data else [])])
    plain = all(isinstance(item, str) and "\n" not in item for item in items)
    rows = items if plain else table(items) or _blocks(items)
    counted = len(items) > EASILY_COUNTED or "total" in data or "next" in data
    return "\n".join([*rows, *beside, *([f"{OURS} {shown(data, whole)}"] if counted else [])])


def shown(page: dict[str, Any], whole: int) -> str:
    """How many items of a page are shown, and how to go on, which is after the `whole` page."""
    number = len(page.get("items", ()))
    of = f" of {page['total']}" if "total" in page else ""
    return f"{number}{of} shown{_more(page.get('next'), f' after these {whole}' if number < whole else '')}"


def _more(arguments: dict[str, Any] | None, after: str = "") -> str:
    if not arguments:
        return ""
    return f"; for more{after}, call again with " + ", ".join(f"{k}={json.dumps(v)}" for k, v in arguments.items())


def _lines(data: dict[str, Any]) -> list[str]:
    """One line a field, deeper ones indented; no text of a vendor begins a line of its own at a field's place."""
    fields = list(_once({key: value for key, value in data.items() if value not in ({}, [], "")}).items())
    lines: list[str] = []
    for objects, together in groupby(fields, key=lambda field: isinstance(field[1], dict) and not _is_short(field[1])):
        run = list(together)
        rows = [{"field": key, **value} for key, value in run] if objects and len(run) >= FEWEST_OBJECTS else []
        lines += table(rows) or [line for key, value in run for line in _field(key, value)]
    return lines


def _once(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields without what they say twice: values that are the same, and addresses that end in another field's value."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            same = ("object", json.dumps(value)) if _is_short(value) else ("name", name)
        else:
            same = ("text", value) if isinstance(value, str) and len(value) >= LONG else ("name", name)
        names.setdefault(same, []).append(name)
    told = {" = ".join(alike): fields[alike[0]] for alike in names.values()}
    ends = {value: name for name, value in told.items() if isinstance(value, str) and len(value) >= LONG_END}
    for name, value in told.items():
        before, slash, end = value.rpartition("/") if isinstance(value, str) else ("", "", "")
        if slash and end in ends:
            told[name] = f"{before}/{{{ends[end].partition(' = ')[0]}}}"
    return told


def _field(key: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        if is_named(value):
            return _field(key, value["name"])
        if _is_short(value):
            return [f"{key}: " + ", ".join(f"{name} {listed(part)}" for name, part in value.items())]
        return [f"{key}:", *_indented(_lines(value))]
    if isinstance(value, list) and any(isinstance(item, NESTED) or "\n" in str(item) for item in value):
        return [f"{key}:", *_indented(table(value) or _blocks(value))]
    first, *further = word(value).split("\n")
    return [f"{key}: {first}", *_indented(further, 4)]


def _indented(lines: list[str], by: int = 2) -> list[str]:
    return [" " * by + line for line in lines]


def _blocks(items: list[Any]) -> list[str]:
    lines: list[str] = []
    for item in items:
        if isinstance(item, dict):
            first, *further = _lines(item) or [EMPTY]
        elif isinstance(item, list):
            first, *further = table(item) or _blocks(item) or [EMPTY]
        else:
            first, *rest = word(item).split("\n")
            further = _indented(rest)
        lines += [f"- {first}", *_indented(further)]
    return lines


def _is_short(value: dict[str, Any]) -> bool:
    """Whether an object reads well on one line."""
    scalars = all(isinstance(part, SCALARS) and "\n" not in str(part) for part in value.values())
    return scalars and sum(len(name) + len(str(part)) for name, part in value.items()) <= SHORT
