"""Words to find a tool by in a client's own search: those of the asks that its name and description lack."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from server.catalogue import Catalogue, PublishedTool
from server.search import stem, words

# On asks left out, more than six words find hardly more.
MOST_WORDS, SHORTEST_WORD = 6, 3


def hints(catalogue: Catalogue, asks: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each tool's words, the most telling first: asked often for this tool, and for few others."""
    asked = {entry.name: [words(ask) for ask in asks.get(entry.name, ())] for entry in catalogue.tools}
    spread = Counter(name for rows in asked.values() for name in {stem(word) for row in rows for word in row})
    rare = {name: log(len(asked) / count) for name, count in spread.items()}
    return {entry.name: _hint(entry, asked[entry.name], rare) for entry in catalogue.tools}


def _hint(entry: PublishedTool, asked: Sequence[Sequence[str]], rare: Mapping[str, float]) -> str:
    said = {stem(word) for word in words(f"{entry.name.replace('_', ' ')} {entry.description}")}
    forms = Counter(word for row in asked for word in set(row) if len(word) >= SHORTEST_WORD)
    weights: Counter[str] = Counter()
    for word, count in forms.items():
        if stem(word) not in said:
            weights[stem(word)] += count
    best = sorted(weights, key=lambda name: (-weights[name] * rare[name], name))[:MOST_WORDS]
    return " ".join(min((w for w in forms if stem(w) == name), key=lambda word: (-forms[word], word)) for name in best)
