"""Ranking tools for a need in plain language, by the words of what people ask of each tool.

A tool has few asks of its own, so what "throw away" or "daily" mean is learned from its kin as well: the tools of
its vendor, of its toolset, with its verb, its object, the last word of its name, and its access.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import log1p

from server.catalogue import PublishedTool

# Chosen on asks left out (tests/server/test_search.py); near these values little changes.
PAIR, PIECES, SMOOTHING, OWN_SHARE = 0.3, 2.5, 5000.0, 0.5
# A word that this share of the tools is asked with, such as "which", says nothing of what is wanted.
COMMON = 0.15
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "e", "y")
Kin = tuple[str, ...]


class ToolSearch:
    """An index of some of the catalogue's tools and of the asks for them."""

    def __init__(self, entries: Iterable[PublishedTool], asks: Mapping[str, Sequence[str]]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._kin = {name: _kin(entry) for name, entry in self._entries.items()}
        self._found_in: dict[str, dict[str, float]] = defaultdict(dict)
        self._size: dict[str, float] = defaultdict(float)
        for name, entry in self._entries.items():
            features = _features([name.replace("_", " "), entry.description, *asks.get(name, ())])
            for feature, count in features.items():
                self._found_in[feature][name] = count
            for group in self._kin[name]:
                self._size[group] += sum(features.values())
        self._total = {feature: sum(counts.values()) for feature, counts in self._found_in.items()}
        self._whole = sum(self._total.values()) or 1.0

    def find(
        self,
        need: str,
        *,
        vendor: str | None = None,
        toolset: str | None = None,
        access: str | None = None,
        without: str | None = None,
    ) -> list[PublishedTool]:
        """The tools by how well they fit, best first; none where no telling word of the need is known.

        `vendor`, `toolset` and `access` narrow the choice. `without`: the tool whose asks hold the need, which is
        ranked as if they did not.
        """
        asked = _features([need])
        known, unknown = self._telling(asked, without)
        if not known and (unknown or not any(feature in self._found_in for feature in asked)):
            return []
        scores = self._scores(asked, without)
        best = [self._entries[name] for name in sorted(scores, key=lambda name: (-scores[name], name))]
        wanted = [(vendor, "vendor"), (toolset, "toolset"), (access, "access")]
        return [entry for entry in best if all(given in (None, getattr(entry, field)) for given, field in wanted)]

    def strange(self, need: str) -> list[str]:
        """The words of a need that no tool is asked with, where they are more than half of what it says."""
        known, unknown = self._telling(_features([need]))
        return unknown if len(unknown) > len(known) else []

    def _telling(self, asked: Mapping[str, float], without: str | None = None) -> tuple[list[str], list[str]]:
        """The words that say what is wanted: those that some tools are asked with, and those that none is."""
        known: list[str] = []
        unknown: list[str] = []
        for word in filter(str.isalnum, asked):
            found = self._found_in.get(word, {})
            tools = len(found) - (without in found and found[without] < asked[word] + 1e-6)
            if tools <= COMMON * len(self._entries):
                (known if tools else unknown).append(word)
        return known, unknown

    def _scores(self, asked: Mapping[str, float], without: str | None) -> dict[str, float]:
        """How much likelier each tool's kin make the need than the whole does, as the sum of logarithms."""
        left_out = sum(asked.values()) if without else 0.0
        gained: dict[str, float] = defaultdict(float)
        weight = 0.0
        for feature, said in asked.items():
            gone = said if without else 0.0
            total = self._total.get(feature, 0.0) - gone
            if total < 1e-6:
                continue
            weight += said
            counts: dict[str, float] = defaultdict(float)
            for name, count in self._found_in[feature].items():
                rest = count - gone if name == without else count
                if rest > 1e-6:
                    for group in self._kin[name]:
                        counts[group] += rest
            unit = SMOOTHING * total / (self._whole - left_out)
            for group, count in counts.items():
                gained[group] += said * log1p(count / unit)
        own = self._kin[without] if without else ()
        worth = {
            group: gained[group] - weight * log1p((size - left_out * (group in own)) / SMOOTHING)
            for group, size in self._size.items()
        }
        return {
            name: OWN_SHARE * worth[kin[0]] + sum(worth[group] for group in kin[1:]) for name, kin in self._kin.items()
        }


def _kin(entry: PublishedTool) -> Kin:
    """The groups that a tool belongs to; the first is the tool itself."""
    verb, *nouns = entry.name.split("_")[1:]
    nouns = [stem(noun) for noun in nouns] or [verb]
    groups = {
        "tool": entry.name,
        "vendor": entry.vendor,
        "toolset": f"{entry.vendor}.{entry.toolset}",
        "verb": verb,
        "object": " ".join(nouns),
        "last": nouns[-1],
        "access": entry.access,
    }
    return tuple(f"{kind} {value}" for kind, value in groups.items())


def words(text: str) -> list[str]:
    """The words of a text, as they are told from one another here."""
    plain = text.lower().replace("'s", "").replace("'", "").replace("stand-up", "standup").replace("o clock", "oclock")
    return re.findall(r"[a-z0-9]+", plain)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending."""
    return next((word[: -len(end)] for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), word)


def _features(texts: Iterable[str]) -> dict[str, float]:
    """Words, pairs of neighbours and pieces of three letters, with their weight."""
    counted: Counter[str] = Counter()
    features: dict[str, float] = defaultdict(float)
    for text in texts:
        said = words(text)
        counted.update(said)
        stems = ["^", *map(stem, said), "$"]
        for pair in pairwise(stems):
            features[" ".join(pair)] += PAIR
    for word, count in counted.items():
        features[stem(word)] += count
        padded = f"_{word}_"
        share = PIECES * count / len(word)
        for start in range(len(word)):
            features[f"{padded[start : start + 3]}*"] += share
    return features
