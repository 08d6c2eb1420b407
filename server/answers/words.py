"""Single values as text."""

import json
import re
from collections.abc import Mapping
from typing import Any

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::00|(:\d\d))?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)")
SEPARATORS = re.compile("[,;]")
SIGNIFICANT = 4
LONGEST_NAME = 80


def word(value: Any) -> str:
    """A scalar, or a list of scalars, as text: times without fractions, numbers in four digits."""
    if isinstance(value, str):
        value = value.rstrip("\n")
        return TIME.sub(r"\1\2\3", value) if may_be_time(value) and TIME.fullmatch(value) else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return ", ".join(map(listed, value)) if isinstance(value, list) else str(value)


def may_be_time(value: str) -> bool:
    """Whether a text has the T where a time has it, as few others have."""
    return value[10:11] == "T"


def listed(value: Any) -> str:
    """A value among others, in quotation marks where its end could not be seen."""
    said = word(value)
    quoted = isinstance(value, str) and (SEPARATORS.search(said) or said[:1] == '"')
    return json.dumps(said, ensure_ascii=False) if quoted else said


def is_named(value: Mapping[str, Any]) -> bool:
    """Whether an object is no more than its name, which may also be there as it stands in addresses."""
    name = value.get("name")
    if not isinstance(name, str) or "\n" in name or len(name) > LONGEST_NAME:
        return False
    return value in ({"name": name}, {"name": name, "slug": re.sub(r"\W+", "-", name.lower())})


def _number(value: float) -> str:
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if whole >= SIGNIFICANT:
        return str(round(value))
    if not whole:  # a share or a rate: zeros after the point are no digits of it
        return f"{value:.{SIGNIFICANT}g}" if value else "0"
    return f"{value:.{SIGNIFICANT - whole}f}".rstrip("0").rstrip(".")
