"""What a search tells: of each tool as much as it is likely to be the one that is needed."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from server.builtin.usage import line, short
from server.catalogue import PublishedTool

# How likely a tool must be to be told with its arguments, with what it does, by its name (docs/evaluation.md).
SPELT, IN_WORDS, NAMED = 0.15, 0.05, 0.02
# Lines, of these with arguments, and names; tools of all kinds at the least.
MOST_LINES, MOST_SPELT, MOST_NAMED, FEWEST = 5, 3, 10, 4
# How a required argument says which tool's answers have its values.
FROM = re.compile(r"From (\w+)")
Likely = list[tuple[PublishedTool, float]]
SchemaOf = Callable[[PublishedTool], dict[str, Any]]


def told(found: Likely, listed: Collection[str], schema_of: SchemaOf) -> list[str]:
    """Lines on the tools that were found, of which those that the client's model has in its list are only named.

    Who has a list and searches all the same wants what is not in it, so how likely the others are is said among these.
    """
    seen = [entry for entry in _likely(found[:MOST_LINES], IN_WORDS) if entry.name in listed]
    others = _among_themselves([(entry, sure) for entry, sure in found if entry.name not in listed])
    best = _likely(others[: max(MOST_LINES - len(seen), 1)], IN_WORDS)
    best.sort(key=lambda entry: entry.deprecated)
    spelt = list(dict.fromkeys([*best[:1], *_likely(others, SPELT)[:MOST_SPELT]]))
    spelt += [entry for entry in _givers(spelt, [entry for entry, _ in others], schema_of) if entry not in spelt]
    told_of = list(dict.fromkeys([*best, *spelt]))
    lines = [
        line(entry, schema_of(entry), brief=place > 0) if entry in spelt else short(entry)
        for place, entry in enumerate(told_of)
    ]
    if seen:
        lines.insert(0 if seen[0] is found[0][0] else len(lines), f"In your list of tools: {_names(seen)}")
    named = [entry for place, (entry, sure) in enumerate(others, len(seen)) if sure >= NAMED or place < FEWEST]
    return [*lines, *_further([entry for entry in named if entry not in told_of][:MOST_NAMED])]


def _names(entries: Iterable[PublishedTool]) -> str:
    return ", ".join(entry.name for entry in entries)


def _likely(found: Likely, least: float) -> list[PublishedTool]:
    """The tools that are at least so likely, and the best in any case."""
    return [entry for place, (entry, sure) in enumerate(found) if sure >= least or not place]


def _among_themselves(found: Likely) -> Likely:
    """How likely some of the tools are where it is surely one of them."""
    together = sum(sure for _, sure in found)
    return [(entry, sure / together) for entry, sure in found] if together else found


def _givers(
    spelt: Iterable[PublishedTool], others: Iterable[PublishedTool], schema_of: SchemaOf
) -> Iterator[PublishedTool]:
    """The tools whose answers have what some of these cannot be called without."""
    by_name = {entry.name: entry for entry in others}
    for entry in spelt:
        schema = schema_of(entry)
        for name in schema.get("required", ()):
            if from_where := FROM.match(schema["properties"][name].get("description", "")):
                said = from_where[1]
                giver = by_name.get(said) or by_name.get(f"{entry.vendor}_{said}")
                if giver:
                    yield giver


def _further(entries: Iterable[PublishedTool]) -> list[str]:
    """Names in one line, those of a vendor together."""
    names: dict[str, list[str]] = {}
    for entry in entries:
        names.setdefault(entry.vendor, []).append(entry.name.removeprefix(f"{entry.vendor}_"))
    said = (f"{vendor}_{_either(own)}" for vendor, own in names.items())
    return [f"Further: {' '.join(said)}"] if names else []


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{{{' '.join(names)}}}"
