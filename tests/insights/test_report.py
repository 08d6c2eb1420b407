"""The report that leaves the chat: the same data as a page, as Markdown and as JSON, whatever vendors write."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import TITLES, Broken, troubled
from tests.vendors import Vendors
from tools.insights.papers import Paper, Section, as_html, as_json, as_markdown

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("auto")]
TOOL = "insights_write_report"
HEADINGS = [
    "In short",
    "Delivery",
    "Where the time goes",
    "Pipelines",
    "Released",
    "Failures",
    "Incidents",
    "Blockers that came back",
    "Action items of the last retro",
    "What went well",
    "What to know of the numbers",
]


class Page(HTMLParser):
    """What a browser would make of a page: its tags, the texts of its cells, and what it would load or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "srcset", "data") or name[:2] == "on"]
        if tag == "link":
            self.fetched.append("link")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


async def written(connect: Connect, form: str, **more: str) -> str:
    async with connect() as client:
        return str((await whole(client, form=form, **more))["document"])


async def whole(client: Any, **arguments: str) -> dict[str, Any]:
    return await done(client, TOOL, **{"team": "platform", "period": "2026-10", **arguments})


@pytest.mark.era("auto", "legacy")
async def test_the_three_forms_say_the_same(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_RESULT_TOKENS="60000")
    async with connect(settings) as client:
        documents = {form: (await whole(client, form=form))["document"] for form in ("html", "md", "json")}
    data = json.loads(documents["json"])
    assert [section["heading"] for section in data["sections"] if section["heading"] in HEADINGS] == HEADINGS
    page = " ".join(" ".join(Page(documents["html"]).texts).split())
    plain = re.sub(r"\\(\W|_)", r"\1", documents["md"])
    for section in data["sections"]:
        for cell in (value for row in section["rows"] for value in row.values()):
            words = " ".join(cell.split())
            assert words in page
            assert words in " ".join(plain.split())
    lead_time = next(one for one in data["measures"] if (one["vendor"], one["metric"]) == ("oobeya", "lead_time"))
    assert {"value", "unit", "aggregation", "definition", "period", "team"} <= lead_time.keys()


async def test_a_vendor_that_does_not_answer_is_missing_and_one_that_is_off_is_not(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect(troubled(vendors, "haystack", "off")) as client:
        assert (await whole(client))["missing"] == {}
    async with connect(troubled(vendors, "linearb", "refuses")) as client:
        found = await whole(client)
    assert found["missing"] == {"LinearB": "LinearB answered 418: I am a teapot"}
    assert "Without LinearB: LinearB answered 418: I am a teapot" in found["document"].replace("\\", "")


@pytest.mark.parametrize("left", TITLES)
async def test_any_one_vendor_makes_a_report(connect: Connect, vendors: Vendors, left: str) -> None:
    for vendor in {*TITLES, "haystack"} - {left}:
        vendors.app = Broken(vendors.app, vendor, "refuses")
    async with connect() as client:
        found = await whole(client)
    assert TITLES[left] not in found["missing"]
    assert len(found["missing"]) == 4


async def test_without_any_it_fails_and_a_team_or_period_that_is_not_there_is_refused(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        unknown = await call(client, TOOL, team="nobody", period="2026-10")
        ahead = await call(client, TOOL, team="platform", period="2031-01")
    assert "no vendor has a team 'nobody'" in text(unknown)
    assert "has not begun" in text(ahead)
    for vendor in (*TITLES, "haystack"):
        vendors.app = Broken(vendors.app, vendor, "refuses")
    async with connect() as client:
        failed = await call(client, TOOL, team="platform", period="2026-10")
    assert failed.is_error
    assert "No vendor could answer" in text(failed)


NASTY = "</td><script>alert(1)</script>| [x](javascript:alert(1)) `a` <img src=x onerror=alert(1)>"


async def test_incidents_that_are_left_out_are_counted(connect: Connect) -> None:
    async with connect() as client:
        said = (await whole(client, team="mobile", period="2026-09-01..2026-11-19"))["document"]
        few = (await whole(client, team="mobile", period="2026-10-15..2026-11-19"))["document"]
    assert re.search(r"## Incidents\n+And \d older ones, not shown", said)
    assert "## Incidents" in few
    assert "not shown" not in few.partition("## Incidents")[2].partition("##")[0]


def test_what_vendors_write_is_text_in_every_form() -> None:
    rows = ({"what": NASTY, "link": "https://a.example/?q=<b>"}, {"what": "line\nbreak", "link": "javascript:alert(1)"})
    paper = Paper(NASTY, "p", "today", (Section(NASTY, (NASTY,), rows),), missing={"X": NASTY}, notes=(NASTY,))
    page = Page(as_html(paper))
    assert page.fetched == []
    assert {"script", "img"}.isdisjoint(page.tags)
    assert page.tags.count("td") == 4
    assert "a" not in page.tags  # an address with markup in it is no address
    markdown = as_markdown(paper)
    assert "<script>" not in markdown.replace("\\<", "")
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in table] == [3] * 4
    assert json.loads(as_json(paper))["sections"][0]["rows"][0]["what"] == NASTY


def test_the_page_needs_nothing_and_its_links_are_links() -> None:
    paper = Paper("Platform", "p", "today", (Section("S", (), ({"link": "https://a.example/x?y=1&z=2"},)),))
    page = as_html(paper)
    assert '<a href="https://a.example/x?y=1&amp;z=2" rel="noreferrer">' in page
    assert Page(page).fetched == []
    assert "default-src 'none'" in page
    assert "@media print" in page
    assert "<script" not in page


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "link"]), st.text(max_size=20)), max_size=4), st.text())
def test_every_row_is_a_row_whatever_is_in_it(rows: list[dict[str, str]], title: str) -> None:
    section = Section(title, (title,), tuple(rows))
    paper = Paper(title, title, title, (section,))
    columns = len(section.columns)
    assert Page(as_html(paper)).tags.count("td") == columns * len(rows)
    table = [line for line in as_markdown(paper).split("\n") if line.startswith("|")]
    assert len(table) == (len(rows) + 2 if rows else 0)
    assert len(json.loads(as_json(paper))["sections"][0]["rows"]) == len(rows)
