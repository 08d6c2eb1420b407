"""`python -m bench.evaluation_search`: what a search tells of the tool that is needed, and what that costs.

Each ask is left out of the index in turn, and asked. The client has the default list of tools, so only the asks for
tools that are not in it count.
"""

import re
from dataclasses import dataclass
from functools import partial

from bench.tokens import tokens
from server.builtin.told import told
from server.catalogue import asks, read
from server.search import ToolSearch
from server.selection import input_schema
from server.settings import load

NOTHING = "Nothing fits. Without a query, drumbeat_find_tools lists the names of all tools."
LINE = re.compile(r"(?m)^(\w+_\w+)(?: \(.+?\))?: (.+)$")
FURTHER = re.compile(r"([a-z]+_)(?:\{(.+?)\}|(\w+))")


CATALOGUE = read()
WITHOUT_ARGUMENTS = {entry.name for entry in CATALOGUE.tools if not entry.input_schema.get("properties")}


@dataclass(frozen=True)
class Search:
    """What an ask's search told: lines by tool, further names, tokens. place: its own tool's in the ranking."""

    tool: str
    place: int
    lines: dict[str, str]
    further: frozenset[str]
    tokens: int

    @property
    def in_full(self) -> bool:
        """Whether the tool was told of with its arguments, if it has any."""
        return self.tool in self.lines and (" | " in self.lines[self.tool] or self.tool in WITHOUT_ARGUMENTS)

    @property
    def in_words(self) -> bool:
        """Whether the tool was told of with what it does."""
        return self.tool in self.lines

    @property
    def named(self) -> bool:
        """Whether the tool was named at all."""
        return self.in_words or self.tool in self.further


def searches() -> list[Search]:
    """A search for each ask."""
    schema_of = partial(input_schema, settings=load({"DRUMBEAT_SANDBOX": "1"}, CATALOGUE.vendors))
    listed = {entry.name for entry in CATALOGUE.tools if entry.everyday}
    every = asks()
    index = ToolSearch(CATALOGUE.tools, every)
    done = []
    for tool, ask in ((tool, ask) for tool, row in every.items() if tool not in listed for ask in row):
        found = index.likely(ask, without=tool)
        names = [entry.name for entry, _ in found]
        place = names.index(tool) + 1 if found else len(CATALOGUE.tools)
        done.append(_read(tool, place, "\n".join(told(found, listed, schema_of)) if found else NOTHING))
    return done


def _read(tool: str, place: int, text: str) -> Search:
    above, _, further = text.partition("Further: ")
    lines = {found[1]: found[2] for found in LINE.finditer(above)}
    names = (
        f"{vendor}{name}" for vendor, several, one in FURTHER.findall(further) for name in (several or one).split()
    )
    return Search(tool, place, lines, frozenset(names), tokens(text))


def main() -> None:
    """Print what share of the searches told what, and tokens."""
    done = searches()
    alone = [one for one in done if len(one.lines) == 1]
    wrong = [one for one in alone if not one.in_words]
    print(f"{len(done):,} asks, {sum(one.tokens for one in done) / len(done):.0f} tokens a search")
    for said, some, holds in (
        ("its tool ranked first", done, lambda one: one.place == 1),
        ("its tool in the first three", done, lambda one: one.place <= 3),
        ("its tool in the first ten", done, lambda one: one.place <= 10),
        ("told with its arguments", done, lambda one: one.in_full),
        ("told with what it does, at the least", done, lambda one: one.in_words),
        ("named, at the least", done, lambda one: one.named),
        ("one tool alone told of", done, lambda one: len(one.lines) == 1),
        ("of these, the right one", alone, lambda one: one.in_words),
        ("of the others, the right one named", wrong, lambda one: one.named),
    ):
        print(f"{sum(map(holds, some)) / len(some):6.1%}  {said}")


if __name__ == "__main__":
    main()
