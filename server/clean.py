"""Vendor data as it may be shown: plain values, and no character that a reader cannot see."""

import json
import math
import re
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json, to_jsonable_python

OURS = "◆"
"""Begins the lines that Drumbeat itself adds to an answer. What comes from a vendor never holds it."""
THEIRS = "◇"
DELETE = "\x7f"
ESCAPED = re.compile(r"\\[bfru]")
# Either all that is in order, or half a character: an escape of a surrogate without its other half.
HALVES = re.compile(
    r"""((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})++)
    |\\u[dD][89a-fA-F][0-9a-fA-F]{2}""",
    re.VERBOSE,
)
LINE_BREAKS = re.compile("\r\n|[\u2028\u2029]")
# Control, format, private and half characters (Cc, Cf, Co, Cs) but line feed and tab, and letters and marks that show
# nothing (Default_Ignorable_Code_Point). Written out, since to ask for each character's category takes ten times as
# long.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)


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
    """`text` without characters that show nothing, and without our own mark; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return UNSEEN.sub("", LINE_BREAKS.sub("\n", text.replace(OURS, THEIRS)))


def one_line(text: str) -> str:
    """The visible text on one line, for a vendor's text inside a sentence of ours."""
    return text if text.isascii() and text.isprintable() else " ".join(visible(text).split())


def whole_characters(encoded: str) -> str:
    """JSON without halves of characters, which no parser takes: others send them where they cut a text."""
    return HALVES.sub(lambda found: found[1] or r"\ufffd", encoded)


def _is_clean(encoded: str) -> bool:
    """Whether data, given as JSON with its escapes, surely has nothing that `clean` would take out."""
    # The delete character is the only control character that JSON does not escape.
    unseen = (
        DELETE in encoded
        if encoded.isascii()
        else not encoded.isprintable() or OURS in encoded or UNSEEN.search(encoded)
    )
    escaped = "\\" in encoded and ESCAPED.search(encoded)
    return not (unseen or escaped or "null" in encoded)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
