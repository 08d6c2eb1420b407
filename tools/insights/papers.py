"""A report as a document: HTML that needs nothing else, Markdown, or JSON, all of the same data.

What vendors wrote (titles, notes, commit messages) is text in all three, never markup.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from tools.insights.measures import Measure

Row = Mapping[str, str]
MARKUP = re.compile(r"([\\`*_\[\]<>|#~])")
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Section:
    """A heading with what there is to say under it. pictures: SVG, each with the same numbers as the rows."""

    heading: str
    text: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    pictures: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns in which any row has something."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return [name for name in names if any(row.get(name) for row in self.rows)]


@dataclass(frozen=True)
class Paper:
    """A report. missing: configured vendors that did not answer, and why. measures: the exact numbers."""

    team: str
    period: str
    made: str
    sections: tuple[Section, ...] = ()
    measures: tuple[Measure, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is about."""
        return f"Delivery report: {self.team}"


def as_json(paper: Paper) -> str:
    """The report as data: the sections as they are read, and the measures with their exact values."""
    data = {
        "title": paper.title,
        "team": paper.team,
        "period": paper.period,
        "made": paper.made,
        "missing": dict(paper.missing),
        "measures": [one.model_dump(mode="json", exclude_none=True) for one in paper.measures],
        "sections": [
            {"heading": one.heading, "text": list(one.text), "rows": [_filled(row) for row in one.rows]}
            for one in paper.sections
        ],
        "notes": list(paper.notes),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def as_markdown(paper: Paper) -> str:
    """The report as Markdown, for a wiki, an issue or a chat."""
    return "\n".join(_markdown(paper)) + "\n"


def as_html(paper: Paper) -> str:
    """The report as one page that loads nothing, runs no script and prints well."""
    body = "\n".join(_html(paper))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(paper.title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<style>{STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _filled(row: Row) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}


def _about(paper: Paper) -> Iterator[str]:
    yield f"{paper.period}. Written by Drumbeat on {paper.made}."
    for vendor, why in paper.missing.items():
        yield f"Without {vendor}: {why.removeprefix(f'{vendor}: ')}."


def _markdown(paper: Paper) -> Iterator[str]:
    yield f"# {_plain(paper.title)}"
    for line in _about(paper):
        yield f"\n{_plain(line)}"
    for section in paper.sections:
        yield f"\n## {_plain(section.heading)}"
        for line in section.text:
            yield f"\n{_plain(line)}"
        if section.rows:
            yield ""
            yield from _table(section)
    if paper.notes:
        yield "\n## Notes\n"
        yield from (f"- {_plain(note)}" for note in paper.notes)


def _table(section: Section) -> Iterator[str]:
    yield f"| {' | '.join(map(_plain, map(_called, section.columns)))} |"
    yield f"|{'---|' * len(section.columns)}"
    for row in section.rows:
        yield f"| {' | '.join(_cell(row.get(name, '')) for name in section.columns)} |"


def _cell(text: str) -> str:
    """A table's cell: an address stays one, anything else is text."""
    return f"<{text}>" if LINK.fullmatch(text) else _plain(text)


def _plain(text: str) -> str:
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def _called(column: str) -> str:
    return column.replace("_", " ")


POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --ground: #fff; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d; --ground: #0d1117; --link: #79c0ff; }
}
body { margin: 0; color: var(--ink); background: var(--ground); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; color: var(--dim); }
.missing { color: var(--ink); border-left: 3px solid #bc4c00; padding-left: .6rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 1rem; }
.pictures figure { margin: .75rem 0 0; }
.pictures svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
@media screen { .wide table { min-width: 44rem; } }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin-top: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
a { color: var(--link); overflow-wrap: anywhere; }
ul { color: var(--dim); padding-left: 1.2rem; }
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --dim: #333; --line: #bbb; --ground: #fff; --link: #000; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
}
"""


def _html(paper: Paper) -> Iterator[str]:
    yield f"<h1>{escape(paper.title)}</h1>"
    about, *missing = _about(paper)
    yield f"<p>{escape(about)}</p>"
    yield from (f'<p class="missing">{escape(line)}</p>' for line in missing)
    for section in paper.sections:
        yield f"<section>\n<h2>{escape(section.heading)}</h2>"
        yield from (f"<p>{escape(line)}</p>" for line in section.text)
        if section.rows:
            yield from _html_table(section)
        if section.pictures:
            figures = "".join(f"<figure>{picture}</figure>" for picture in section.pictures)
            yield f'<div class="pictures">{figures}</div>'
        yield "</section>"
    if paper.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in paper.notes)
        yield f"<section>\n<h2>Notes</h2>\n<ul>{notes}</ul>\n</section>"


def _html_table(section: Section) -> Iterator[str]:
    yield '<div class="wide">\n<table>'
    yield f"<thead><tr>{_cells('th', map(_called, section.columns))}</tr></thead>\n<tbody>"
    for row in section.rows:
        yield f"<tr>{_cells('td', (row.get(name, '') for name in section.columns))}</tr>"
    yield "</tbody>\n</table>\n</div>"


def _cells(kind: str, texts: Iterable[str]) -> str:
    scope = ' scope="col"' if kind == "th" else ""
    return "".join(f"<{kind}{scope}>{_linked(text)}</{kind}>" for text in texts)


def _linked(text: str) -> str:
    """Text, or a link where it is an address and nothing else."""
    safe = escape(text)
    return f'<a href="{safe}" rel="noreferrer">{safe}</a>' if LINK.fullmatch(text) else safe
