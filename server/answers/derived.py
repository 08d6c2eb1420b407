"""Columns that only repeat others within the same words, such as an address that ends in the row's id."""

from collections.abc import Collection, Iterator, Mapping

MOST_COLUMNS = 40
SHORTEST = 2
# Characters that saying how addresses begin must save, and of those that are looked at, the most.
SAVED, LONGEST_BEGINNING = 40, 200
Cells = tuple[str, ...]


def derived(columns: Mapping[str, Cells]) -> dict[str, str]:
    """By name, the columns whose every cell others give, as `https://host/{id}`; never the first, which names rows."""
    if len(columns) > MOST_COLUMNS:
        return {}
    told: dict[str, str] = {}
    for name in sorted(list(columns)[1:], key=lambda name: -sum(map(len, columns[name]))):
        others = {other: cells for other, cells in columns.items() if other != name and other not in told}
        if template := _template(columns[name], others):
            told[name] = template
    return {name: told[name] for name in columns if name in told}


def beginnings(columns: Mapping[str, Cells], templates: Collection[str]) -> dict[str, str]:
    """By name, how all addresses of a column begin, up to a slash, where it is no part of the `templates`."""
    found: dict[str, str] = {}
    for name, cells in columns.items():
        if not next(filter(None, cells), "").startswith(("https://", "http://")):
            continue
        addresses = list(filter(None, cells))
        first, last = min(addresses), max(addresses)  # how these both begin, all between them do
        beginning = _folder(first[:LONGEST_BEGINNING])
        while not last.startswith(beginning):
            beginning = _folder(beginning[:-1])
        named = any(f"{{{name}}}" in template for template in templates)
        worth = len(beginning) * (len(addresses) - 1) >= SAVED
        if worth and beginning not in addresses and "{" not in beginning and " " not in name and not named:
            found[name] = beginning
    return found


def _folder(address: str) -> str:
    return address[: address.rfind("/") + 1]


def _template(cells: Cells, others: Mapping[str, Cells]) -> str | None:
    if "{" in cells[0] or not all(cells):
        return None
    inside = [name for name, values in others.items() if len(values[0]) >= SHORTEST and values[0] in cells[0]]
    inside.sort(key=lambda name: -len(others[name][0]))
    for names in (inside, *([name] for name in inside)):
        parts = list(_parts(cells[0], {name: others[name][0] for name in names}))
        filled = zip(*(others[part] if known else (part,) * len(cells) for part, known in parts), strict=True)
        if names and all("".join(said) == cell for said, cell in zip(filled, cells, strict=True)):
            return "".join(f"{{{part.partition(' = ')[0]}}}" if known else part for part, known in parts)
    return None


def _parts(text: str, values: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """A text in order, each of the values that it holds as the name of that value, marked so."""
    for name, value in values.items():
        before, found, after = text.partition(value)
        if found:
            rest = {other: of for other, of in values.items() if other != name}
            yield from _parts(before, rest)
            yield name, True
            yield from _parts(after, rest)
            return
    if text:
        yield text, False
