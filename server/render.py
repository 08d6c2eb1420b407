"""A tool's result as an assistant reads it: compact text, and the same data as structure."""

import json
import math
import re
import unicodedata
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json, to_jsonable_python

from server.models import Done, Page, Text
from server.tables import NESTED, table, word

SHORT = 80
SCALARS = (str, int, float)
DELETE = "\x7f"
ESCAPED = re.compile(r"\\[bfru]")
UNSEEN = ("Cc", "Cf", "Co", "Cs")
LINE_BREAKS = re.compile("\r\n|[\u2028\u2029]")
# Characters that Unicode has as letters or marks, but that show nothing (Default_Ignorable_Code_Point).
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")


def structure(result: BaseModel) -> dict[str, Any]:
    """The result as plain data: no nulls, and no control or invisible characters in vendor text."""
    data: dict[str, Any] = plain(result)[0]
    return data


def plain(value: Any) -> tuple[Any, int]:
    """`value`, a model or a list of rows, as plain and clean data, and about how many characters its JSON has."""
    try:
        encoded = to_json(value, by_alias=True, exclude_none=True, inf_nan_mode="null").decode()
        data = from_json(encoded)
    except ValueError:  # half a character
        data = to_jsonable_python(value, by_alias=True, exclude_none=True)
        encoded = json.dumps(data)
    if not _is_clean(encoded):
        data = [clean(row) for row in data] if isinstance(data, list) else clean(data)
    return data, len(encoded)


def text(result: BaseModel, data: dict[str, Any]) -> str:
    """The result in words and rows; `data` is its structure."""
    if isinstance(result, Done):
        return str(data["done"])
    if isinstance(result, Text):
        return str(data["text"]) or "(empty)"
    if isinstance(result, Page):
        return _page(data)
    return "\n".join(_lines(data)) or "(empty)"


def clean(value: Any) -> Any:
    """`value` without nulls, numbers that JSON lacks, and characters that a reader cannot see."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): clean(item) for key, item in value.items() if not _is_nothing(item)}
    if isinstance(value, list):
        return [clean(item) for item in value if not _is_nothing(item)]
    return value


def visible(text: str) -> str:
    """`text` without control, format, private and other characters that show nothing; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = LINE_BREAKS.sub("\n", text)
    return "".join(c for c in INVISIBLE.sub("", text) if c in "\n\t" or unicodedata.category(c) not in UNSEEN)


def _is_clean(encoded: str) -> bool:
    """Whether data, given as JSON with its escapes, surely has nothing that `clean` would take out."""
    # The delete character is the only control character that JSON does not escape.
    unseen = DELETE in encoded if encoded.isascii() else not encoded.isprintable() or INVISIBLE.search(encoded)
    escaped = "\\" in encoded and ESCAPED.search(encoded)
    return not (unseen or escaped or "null" in encoded)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _page(data: dict[str, Any]) -> str:
    items, following = data["items"], _more(data.get("next"))
    beside = _lines({key: value for key, value in data.items() if key not in ("items", "total", "next")})
    if not items:
        return "\n".join([*beside, f"Nothing here{following}." if following else "Nothing found."])
    plain = all(isinstance(item, str) and "\n" not in item for item in items)
    rows = items if plain else table(items) or _blocks(items)
    shown = f"{len(items)} of {data['total']}" if "total" in data else str(len(items))
    return "\n".join([*rows, *beside, f"({shown} shown{following})"])


def _more(arguments: dict[str, Any] | None) -> str:
    if not arguments:
        return ""
    return "; for more, call again with " + ", ".join(f"{k}={json.dumps(v)}" for k, v in arguments.items())


def _lines(data: dict[str, Any]) -> list[str]:
    """One line a field, deeper ones indented; no text of a vendor begins a line of its own at a field's place."""
    return [line for key, value in data.items() if value not in ({}, []) for line in _field(key, value)]


def _field(key: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        if _is_short(value):
            return [f"{key}: " + ", ".join(f"{name} {word(part)}" for name, part in value.items())]
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
            first, *further = _lines(item) or ["(empty)"]
        elif isinstance(item, list):
            first, *further = table(item) or _blocks(item) or ["(empty)"]
        else:
            first, *rest = word(item).split("\n")
            further = _indented(rest)
        lines += [f"- {first}", *_indented(further)]
    return lines


def _is_short(value: dict[str, Any]) -> bool:
    """Whether an object reads well on one line."""
    scalars = all(isinstance(part, SCALARS) and "\n" not in str(part) for part in value.values())
    return scalars and sum(len(name) + len(str(part)) for name, part in value.items()) <= SHORT
