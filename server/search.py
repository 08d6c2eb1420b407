"""Ranking tools for a need in plain language, by the words of what people ask of each tool.

A tool has few asks of its own, so what "throw away" or "daily" mean is learned from its kin as well: the tools of
its vendor, of its toolset, with its verb, its object, the last word of its name, and its access. What counts beside
the words: a need that names one vendor is about that vendor, and one without a word of change is for reading.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import exp, log1p

from cachetools import LRUCache

from server.access import Access
from server.catalogue import OWN, PublishedTool, asks

# Chosen on the asks of one half of the tools, left out; near these values little changes (docs/evaluation.md).
PAIR, PIECES, FORM, SMOOTHING, OWN_SHARE = 0.6, 1.5, 0.8, 2500.0, 0.5
# What a tool loses where one other vendor is named, and what one that reads gains where nothing speaks of a change.
ELSEWHERE, READS = 30.0, 8.0
# A word speaks of a change where it is asked this often, and at most this share of it is asked of tools that read.
ASKED_OFTEN, OF_READS = 4, 0.1
# A word that this share of the tools is asked with, such as "which", says nothing of what is wanted.
COMMON = 0.15
# A need is surely of these tools where it has a word that is asked this often, or names a vendor.
OFTEN = 10
# Verbs of names that mean the same.
SAME = {
    **dict.fromkeys(("add", "import", "prepare", "record", "start"), "create"),
    **dict.fromkeys(("control", "replace", "set", "sync"), "update"),
    **dict.fromkeys(("clear", "remove"), "delete"),
    "search": "list",
    "trigger": "run",
}
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "e", "y")
# The lead in scores that makes one tool e times as likely as another; found on left-out asks, whole and in keywords.
DOUBT = 8.0
# Of indexes, and of features whose kin are kept.
MOST_INDEXES, MOST_KEPT = 8, 1000
# The numbers of the groups that a tool belongs to.
Kin = tuple[int, ...]


class ToolSearch:
    """An index of some of the catalogue's tools and of the asks for them."""

    def __init__(self, entries: Iterable[PublishedTool], asks: Mapping[str, Sequence[str]]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._groups: dict[str, int] = {}
        self._kin = {name: self._numbered(_kin(entry)) for name, entry in self._entries.items()}
        self._found_in: dict[str, dict[str, float]] = defaultdict(dict)
        self._total: dict[str, float] = defaultdict(float)
        self._size = [0.0] * len(self._groups)
        self._among: LRUCache[str, dict[int, float]] = LRUCache(MOST_KEPT)
        for name, entry in self._entries.items():
            features = _features([name.replace("_", " "), entry.description, *asks.get(name, ())])
            for feature, count in features.items():
                self._found_in[feature][name] = count
                self._total[feature] += count
            size = sum(features.values())
            for group in self._kin[name]:
                self._size[group] += size
        self._whole = sum(self._total.values()) or 1.0
        self._vendors = {entry.vendor for entry in self._entries.values()} - {OWN}

    def find(self, need: str, **narrowed: str | None) -> list[PublishedTool]:
        """The tools by how well they fit, best first; none where no telling word of the need is known. See `likely`."""
        return [entry for entry, _ in self.likely(need, **narrowed)]

    def likely(
        self,
        need: str,
        *,
        vendor: str | None = None,
        toolset: str | None = None,
        access: str | None = None,
        without: str | None = None,
    ) -> list[tuple[PublishedTool, float]]:
        """The tools with how likely each is the one that is needed, best first, all of them together 1.

        `vendor`, `toolset` and `access` narrow the choice. `without`: the tool whose asks hold the need, which is
        ranked as if they did not.
        """
        asked = _features([need])
        known, unknown = self._telling(asked, without)
        said = words(need)
        named = self._vendors & {*said, *map("".join, pairwise(said))}
        if not named and self._is_elsewhere(asked, known, unknown, without):
            return []
        reading = not any(self._speaks_of_change(word, asked, without) for word in known)
        scores = self._scores(asked, without)
        for name, entry in self._entries.items():
            scores[name] += _fit(entry, named, reading)
        wanted = [(vendor, "vendor"), (toolset, "toolset"), (access, "access")]
        left = {
            name: scores[name]
            for name, entry in self._entries.items()
            if all(given in (None, getattr(entry, field)) for given, field in wanted)
        }
        best = sorted(left, key=lambda name: (-left[name], name))
        odds = [exp((left[name] - left[best[0]]) / DOUBT) for name in best]
        together = sum(odds)
        return [(self._entries[name], own / together) for name, own in zip(best, odds, strict=True)]

    def strange(self, need: str) -> list[str]:
        """The words of a need that no tool is asked with, where they are more than half of what it says."""
        known, unknown = self._telling(_features([need]))
        return unknown if len(unknown) > len(known) else []

    def _telling(self, asked: Mapping[str, float], without: str | None = None) -> tuple[list[str], list[str]]:
        """The words that say what is wanted: those that some tools are asked with, and those that none is."""
        known: list[str] = []
        unknown: list[str] = []
        for word in filter(str.isalpha, asked):
            found = self._found_in.get(word, {})
            tools = len(found) - (without in found and found[without] < asked[word] + 1e-6)
            if word in self._vendors or tools <= COMMON * len(self._entries):
                (known if tools else unknown).append(word)
        return known, unknown

    def _is_elsewhere(
        self, asked: Mapping[str, float], known: Sequence[str], unknown: Sequence[str], without: str | None
    ) -> bool:
        """Whether a need is about something else: none of its words is asked often, and as many are never asked."""
        if any(self._total[word] - (asked[word] if without else 0.0) >= OFTEN for word in known):
            return False
        heard = any(feature in self._found_in for feature in asked)
        return len(unknown) >= len(known) and (bool(unknown) or not heard)

    def _speaks_of_change(self, word: str, asked: Mapping[str, float], without: str | None) -> bool:
        found = self._found_in[word]
        uses = {name: count - (asked[word] if name == without else 0.0) for name, count in found.items()}
        reads = sum(count for name, count in uses.items() if self._entries[name].access is Access.READ)
        total = sum(uses.values())
        return total >= ASKED_OFTEN and reads <= OF_READS * total

    def _scores(self, asked: Mapping[str, float], without: str | None) -> dict[str, float]:
        """How much likelier each tool's kin make the need than the whole does, as the sum of logarithms."""
        own = self._kin[without] if without else ()
        left_out = sum(asked.values()) if without else 0.0
        gained = [0.0] * len(self._size)
        weight = 0.0
        for feature, said in asked.items():
            gone = said if without else 0.0
            total = self._total.get(feature, 0.0) - gone
            if total < 1e-6:
                continue
            weight += said
            counts = self._among_kin(feature)
            if own:
                counts = counts | {group: max(counts.get(group, 0.0) - gone, 0.0) for group in own}
            unit = SMOOTHING * total / (self._whole - left_out)
            for group, count in counts.items():
                gained[group] += said * log1p(count / unit)
        worth = [
            gained[group] - weight * log1p((size - left_out * (group in own)) / SMOOTHING)
            for group, size in enumerate(self._size)
        ]
        return {
            name: OWN_SHARE * worth[kin[0]] + sum(worth[group] for group in kin[1:]) for name, kin in self._kin.items()
        }

    def _among_kin(self, feature: str) -> dict[int, float]:
        """How much of a feature is in each group of kin; it is kept, as most needs have much the same pieces."""
        if feature not in self._among:
            counts: dict[int, float] = {}
            for name, count in self._found_in[feature].items():
                for group in self._kin[name]:
                    counts[group] = counts.get(group, 0.0) + count
            self._among[feature] = counts
        found: dict[int, float] = self._among[feature]
        return found

    def _numbered(self, groups: Iterable[str]) -> Kin:
        return tuple(self._groups.setdefault(group, len(self._groups)) for group in groups)


@lru_cache(MOST_INDEXES)
def index_of(tools: frozenset[PublishedTool]) -> ToolSearch:
    """The index of some of the catalogue's tools, one for all callers who may call the same; it has some megabytes."""
    return ToolSearch(sorted(tools, key=lambda entry: entry.name), asks())


def _fit(entry: PublishedTool, named: Collection[str], reading: bool) -> float:
    """What a tool gains or loses by what is no word of its own: one vendor that is named, a need without a change."""
    elsewhere = ELSEWHERE if len(named) == 1 and entry.vendor not in named else 0.0
    return (READS if reading and entry.access is Access.READ else 0.0) - elsewhere


def _kin(entry: PublishedTool) -> tuple[str, ...]:
    """The groups that a tool belongs to; the first is the tool itself."""
    verb, *nouns = entry.name.split("_")[1:]
    nouns = [stem(noun) for noun in nouns] or [verb]
    groups = {
        "tool": entry.name,
        "vendor": entry.vendor,
        "toolset": f"{entry.vendor}.{entry.toolset}",
        "verb": SAME.get(verb, verb),
        "object": " ".join(nouns),
        "last": nouns[-1],
        "access": entry.access,
    }
    return tuple(f"{kind} {value}" for kind, value in groups.items())


def words(text: str) -> list[str]:
    """The words of a text, as they are told from one another here."""
    plain = text.lower().replace("'s", "").replace("'", "").replace("stand-up", "standup").replace("to-do", "todo")
    plain = plain.replace("o clock", "oclock")
    return re.findall(r"[a-z0-9]+", plain)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending."""
    return next((word[: -len(end)] for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), word)


@lru_cache(maxsize=8192)
def _pieces(word: str) -> tuple[str, ...]:
    """A word's pieces of three letters."""
    padded = f"_{word}_"
    return tuple(f"{padded[start : start + 3]}*" for start in range(len(word)))


def _features(texts: Iterable[str]) -> dict[str, float]:
    """Words without and with their endings, pairs of neighbours and pieces of three letters, with their weight."""
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
        features[f"={word}"] += FORM * count
        share = PIECES * count / len(word)
        for piece in _pieces(word):
            features[piece] += share
    return features
