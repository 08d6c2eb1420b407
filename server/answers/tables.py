"""Rows as a table: one header instead of a name a value, what is the same everywhere said once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from server.answers.derived import beginnings, derived
from server.answers.words import is_named, listed, may_be_time, word

LEAST_FILLED = 0.6
FEW, LONG = 2, 6  # rows, and characters
MOST_COLUMNS = 300
MOST_NAMES = 12
OF = " of "
DAY = re.compile(r"\.\d{4}-\d\d-\d\d")
NESTED = (dict, list)
Values = dict[str, list[Any]]
Columns = dict[str, tuple[str, ...]]


def table(items: list[Any]) -> list[str] | None:
    """Rows under one header where the items are much alike; None where they are too deep or too different."""
    values: Values = {}
    if len(items) < 2 or set(map(type, items)) != {dict} or not _collect(items, "", values):
        return None
    filled = {name: len(items) - column.count("") for name, column in values.items()}
    names = [name for name, number in filled.items() if number]
    if not names or sum(filled.values()) < len(names) * len(items) * LEAST_FILLED:
        return None
    columns = {name: _cells(values[name]) for name in names}
    common = _common(columns)
    columns = _merged({name: cells for name, cells in columns.items() if name not in common})
    told = derived(columns)
    columns = {name: cells for name, cells in columns.items() if name not in told}
    begun = beginnings(columns, told.values())
    columns |= {name: tuple(cell.removeprefix(begun[name]) for cell in columns[name]) for name in begun}
    common |= told | {name: f"{begun[name]}{{{name}}}{'' if all(columns[name]) else ' if any'}" for name in begun}
    lines = list(map(_row, ([*_headings(columns)], *zip(*columns.values(), strict=True))))
    said = "; ".join(f"{name} {value}" for name, value in zip(_headings(common), common.values(), strict=True))
    return [f"(all: {said})", *lines] if common else lines


def _row(cells: Sequence[str]) -> str:
    """Cells in a line, without the empty ones at its end. No spaces between: before a digit each would be a token."""
    filled = len(cells)
    while filled and not cells[filled - 1]:
        filled -= 1
    return "|".join(cells[:filled])


def _headings(names: Iterable[str]) -> Iterator[str]:
    """The columns' names; one that begins as the one before goes without that, and a day without the same year."""
    before = year = ""
    for name in names:
        beginning, rest = _parted(name)
        own_year = rest[1:6] if DAY.fullmatch(rest) else ""
        if not beginning or beginning != before:
            yield name
        else:
            yield rest.replace(year, "", 1) if own_year and own_year == year else rest
        before, year = beginning, own_year


def _parted(name: str) -> tuple[str, str]:
    """How a column's name begins, up to its last point, and the rest of it with what is between."""
    if OF in name:
        beginning, _, end = name.partition(OF)
        return beginning, f"{OF.lstrip()}{end}"
    beginning, point, end = ("", "", name) if " " in name else name.rpartition(".")
    return beginning, point + end


def _collect(items: list[dict[str, Any]], prefix: str, columns: Values) -> bool:
    """Put the items' values into columns, "" for none, those of inner objects under dotted names.

    False where the items are too deep, or so different that they have very many columns.
    """
    names = dict.fromkeys(chain.from_iterable(items))
    if len(columns) + len(names) > MOST_COLUMNS:
        return False
    for name in names:
        values = columns[prefix + name] = [item.get(name, "") for item in items]
        kinds = set(map(type, values))
        if list in kinds and not _collect_objects(values, prefix + name, columns):
            return False
        if dict in kinds and all(is_named(value) if isinstance(value, dict) else value == "" for value in values):
            values[:] = [value and value["name"] for value in values]
        elif dict in kinds:
            inner = [value if isinstance(value, dict) else {} for value in values]
            values[:] = ["" if isinstance(value, dict) else value for value in values]
            if not _collect(inner, f"{prefix}{name}.", columns):
                return False
    return True


def _collect_objects(values: list[Any], name: str, columns: Values) -> bool:
    """Put those values that are short lists of like objects into columns of their own; False where one is too deep."""
    if numbers := _numbers(values):
        columns |= numbers
        values[:] = [""] * len(values)
        return True
    for row, value in enumerate(values):
        if value == []:
            values[row] = ""
        elif isinstance(value, list) and isinstance(value[0], NESTED):
            if (cell := _objects(value)) is None or len(columns) > MOST_COLUMNS:
                return False
            column = f"{name}[{', '.join(value[0])}]"
            if column not in columns:
                columns[column] = [""] * len(values)
            columns[column][row] = cell
            values[row] = ""
    return True


def _numbers(values: list[Any]) -> Values:
    """Lists of a name and a number each, such as votes, as a column a name; none where the names are not much the same.

    `vote of joe` has them of `{"username": "joe", "vote": 3}`.
    """
    lists = [value or [] for value in values]
    first: Any = next(filter(None, lists), [{}])[0]
    if not isinstance(first, dict) or [*map(type, first.values())] not in ([str, int], [str, float]):
        return {}
    (name, number), rows = first, []
    for items in lists:
        if not all(isinstance(item, dict) and list(item) == [name, number] for item in items):
            return {}
        rows.append({item[name]: item[number] for item in items})
        if len(rows[-1]) < len(items) or not all(type(one) in (int, float) for one in rows[-1].values()):
            return {}
    names = dict.fromkeys(chain.from_iterable(rows))
    if len(names) > MOST_NAMES or sum(map(len, rows)) < len(names) * len(rows) * LEAST_FILLED:
        return {}
    return {f"{number}{OF}{_cell(one)}": [row.get(one, "") for row in rows] for one in names}


def _objects(items: list[Any]) -> str | None:
    """A short list of like, flat objects in one cell; None where they are not."""
    if not isinstance(items[0], dict):
        return None
    keys = list(items[0])
    for item in items:
        if not isinstance(item, dict) or list(item) != keys or any(isinstance(v, NESTED) for v in item.values()):
            return None
    return "; ".join(", ".join(listed(item[key]) for key in keys) for item in items)


def _cells(values: list[Any]) -> tuple[str, ...]:
    """A column's values as words; a column of plain text, which most are, is looked at as a whole."""
    if set(map(type, values)) == {str}:
        together = "\0".join(values)
        times = "T" in together and any(map(may_be_time, values))
        if not times and "\n" not in together and "|" not in together:
            return tuple(values)
    return tuple(map(_cell, values))


def _cell(value: Any) -> str:
    text = word(value)
    return text.replace("\n", "\\n").replace("|", "\\|") if "\n" in text or "|" in text else text


def _is_worth(cells: tuple[str, ...]) -> bool:
    """Whether saying cells once saves anything: two numbers or such short words read better where they are."""
    return len(cells) > FEW or max(map(len, cells)) >= LONG


def _common(columns: Columns) -> dict[str, str]:
    """The columns that have the same value in all rows; one column stays, whatever happens."""
    same = {name: cells[0] for name, cells in columns.items() if _is_worth(cells) and len(set(cells)) == 1}
    if same and len(same) == len(columns):
        del same[next(iter(same))]
    return same


def _merged(columns: Columns) -> Columns:
    """Columns that say the same in every row as one, under all their names."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, cells in columns.items():
        names.setdefault(cells if _is_worth(cells) else (name,), []).append(name)
    return {" = ".join(alike): columns[alike[0]] for alike in names.values()}
