"""Vendor data as it may be shown: plain values, and no character that a reader cannot see."""

import json
import math
import re
import unicodedata
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json, to_jsonable_python

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
