"""Ranking tools for a need in plain language: BM25 over the catalogue, by SQLite's full-text index.

SQLite is in the standard library, stems words, ranks deterministically and answers in about a
millisecond; the index lives in memory and is built on the first question.
"""

import re
import sqlite3
from collections.abc import Iterable

from server.access import Access
from server.catalogue import Catalogue, PublishedTool

# What people call things in this field. A word stands for all words of its row.
SYNONYMS = (
    "mttr restore recovery recover repair outage",
    "retro retros retrospective retrospectives",
    "past previous earlier history timeline record",
    "standup standups daily stand-up",
    "poker planning estimate estimation estimating story points vote",
    "pipeline pipelines build builds ci job",
    "execution executions run runs build builds",
    "fail failed failing failure broke broken red why log logs",
    "deploy deploys deployment deployments release releases ship shipped",
    "dora lead change failure rate frequency restore delivery performance",
    "todo todos action item items task tasks",
    "resolved unresolved open done resolve close",
    "pr prs pull request requests merge merged review reviews reviewer pickup",
    "commit commits change changes history",
    "incident incidents outage outages",
    "member members people person somebody someone colleague",
    "user users developer developers account",
    "team teams squad group",
    "metric metrics measurement measurements number numbers statistic statistics kpi cycle time velocity throughput",
    "slow long duration takes bottleneck cycle time",
    "variable variables secret environment env",
    "delete remove drop get rid",
    "create add new start open make",
    "update edit change rename modify",
    "search find open",
    "undo revert restore back mistake",
    "trigger run start refresh recalculate analyse analyze analysis",
    "sonar sonarqube qwiser quality debt smells",
    "key keys token tokens api credential",
    "file files source content contents code repository repo",
    "branch branches ref",
    "tests test coverage bug bugs defect defects qa",
    "health connection connections check status doctor",
    "sprint cycle iteration",
)
STOPWORDS = frozenset(
    "a an and are at be by can could did do does for from get give had has have how i in is it its me my of on or our "
    "please show tell that the their them there they this to us was we were what when which with would you your not no "
    "last week month today yesterday say said all any much many".split()
)
# Words that ask for a change. Without one of them the need is to know something.
CHANGING = frozenset(
    "create add new open start make delete remove drop clear update edit rename modify set assign run rerun retry "
    "cancel approve trigger refresh import sync record report resolve close undo revert restore replace".split()
)
IMPLIED_WEIGHT, NAME_WEIGHT, UNASKED_CHANGE = 0.3, 2.0, 0.4


class ToolSearch:
    """An index of some of the catalogue's tools."""

    def __init__(self, catalogue: Catalogue, entries: Iterable[PublishedTool]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        about = {vendor.name: f"{vendor.title} {vendor.about}" for vendor in catalogue.vendors}
        toolsets = {(v.name, name): text for v in catalogue.vendors for name, text in v.toolsets.items()}
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(
            "create virtual table tools using fts5(name unindexed, words, description, arguments, about, "
            "tokenize='porter unicode61')"
        )
        self._index.executemany(
            "insert into tools values (?, ?, ?, ?, ?)",
            [
                (
                    entry.name,
                    entry.name.replace("_", " "),
                    entry.description,
                    _arguments(entry),
                    f"{about.get(entry.vendor, '')} {toolsets.get((entry.vendor, entry.toolset), '')}",
                )
                for entry in self._entries.values()
            ],
        )

    def find(
        self, need: str, *, vendor: str | None = None, access: str | None = None, most: int = 5
    ) -> list[PublishedTool]:
        """The tools that fit best, best first; `vendor` and `access` narrow the choice."""
        asked = [word for word in re.findall(r"[a-z0-9]+", need.lower()) if word not in STOPWORDS]
        implied = [word for row in SYNONYMS if set(row.split()) & set(asked) for word in row.split() if word.isalnum()]
        scores = self._scores(asked, 1.0)
        for name, score in self._scores(sorted(set(implied) - set(asked)), IMPLIED_WEIGHT).items():
            scores[name] = scores.get(name, 0.0) + score
        wants_change = bool(CHANGING.intersection(asked))
        for name in scores:
            scores[name] *= 1 + NAME_WEIGHT * _likeness(asked, name)
            if not wants_change and self._entries[name].access is not Access.READ:
                scores[name] *= UNASKED_CHANGE
        best = [self._entries[name] for name in sorted(scores, key=lambda name: (-scores[name], name))]
        return [e for e in best if vendor in (None, e.vendor) and access in (None, e.access)][:most]

    def _scores(self, terms: list[str], weight: float) -> dict[str, float]:
        if not terms:
            return {}
        ranked = self._index.execute(
            "select name, bm25(tools, 0, 8, 4, 1, 2) from tools where tools match ?",
            [" OR ".join(f'"{term}"' for term in terms)],
        )
        return {name: -score * weight for name, score in ranked}


def _likeness(asked: list[str], name: str) -> float:
    """How much of a tool's name the need says, and how little else: 0 to 1."""
    said = {word.rstrip("s") for word in asked}
    words = {word.rstrip("s") for word in name.split("_")[1:]} - {"get", "list"}
    return len(said & words) / len(said | words)


def _arguments(entry: PublishedTool) -> str:
    properties = entry.input_schema.get("properties", {})
    return " ".join(f"{name.replace('_', ' ')} {schema.get('description', '')}" for name, schema in properties.items())
