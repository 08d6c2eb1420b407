"""What a section found: tables, and goals that were met or missed. Everything here is computed, nothing typed in."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows under a header, with the one sentence that says how they were measured."""

    title: str
    how: str
    header: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """The table as markdown: numbers to the right."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in [self.header, rule, *self.rows]]
        return "\n".join([f"**{self.title}.** {self.how}", "", *lines])


@dataclass(frozen=True)
class Goal:
    """A goal, what was measured, and whether that is enough."""

    what: str
    bound: str
    measured: str
    met: bool

    @classmethod
    def at_most(cls, what: str, measured: float, bound: float, unit: str = "") -> "Goal":
        """A goal that a number does not exceed `bound`."""
        return cls(what, f"≤ {_short(bound)}{unit}", f"{_short(measured)}{unit}", measured <= bound)

    @classmethod
    def at_least(cls, what: str, measured: Sequence[float], bound: float) -> "Goal":
        """A goal that none of several numbers falls below `bound`."""
        return cls(what, f"≥ {_short(bound)}", ", ".join(map(_short, measured)), min(measured) >= bound)

    @classmethod
    def all_at_most(cls, what: str, measured: Sequence[float], bound: float) -> "Goal":
        """A goal that none of several numbers exceeds `bound`."""
        return cls(what, f"≤ {_short(bound)}", ", ".join(map(_short, measured)), max(measured) <= bound)

    @classmethod
    def exactly(cls, what: str, measured: object, wanted: object) -> "Goal":
        """A goal that something comes out as `wanted`."""
        return cls(what, str(wanted), str(measured), measured == wanted)


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


@dataclass
class Section:
    """One section's results."""

    title: str
    tables: list[Table] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def dump(self) -> str:
        """As text for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> "Section":
        """What `dump` made."""
        facts: dict[str, Any] = json.loads(text)
        tables = [Table(**table) for table in facts.pop("tables")]
        goals = [Goal(**goal) for goal in facts.pop("goals")]
        return cls(tables=tables, goals=goals, **facts)

    def markdown(self) -> str:
        """The section as markdown, with the time that it took."""
        parts = [f"## {self.title}", *(table.markdown() for table in self.tables), *self.notes]
        return "\n\n".join([*parts, f"<sub>Took {self.seconds:.0f} s.</sub>"])


def page(machine: str, sections: Sequence[Section]) -> str:
    """All results as one page: the goals first."""
    goals = [
        [goal.what, goal.bound, goal.measured, "met" if goal.met else "**missed**"]
        for section in sections
        for goal in section.goals
    ]
    summary = Table("Goals", "Each is measured in its section below.", ["goal", "bound", "measured", ""], goals)
    head = "# Results\n\nWritten by `python -m bench`; not edited by hand. What it measures: [README.md](README.md)."
    return "\n\n".join([head, machine, summary.markdown(), *(section.markdown() for section in sections)]) + "\n"
