"""Pages that a host shows in the chat: MCP Apps (SEP-1865, revision 2026-01-26).

A vendor's package declares an `App`: an HTML file of its own, the tool whose result it shows, and the tools that only
the page calls. What the page draws travels in the `_meta` of these tools' results, where no model reads it.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

MIME = "text/html;profile=mcp-app"
DATA = "drumbeat/page"
"""Under which a result's `_meta` has what the page draws."""

# The file's own stylesheets and scripts, which are put into it, as a page in the chat can fetch nothing.
STYLE = re.compile(r'<link rel="stylesheet" href="([\w.]+)" ?/?>')
SCRIPT = re.compile(r'<script src="([\w.]+)"></script>')

FOR_PAGES: dict[str, Any] = {"ui": {"visibility": ["app"]}}
"""The `_meta` of a tool that only a page calls."""


@dataclass(frozen=True)
class App:
    """A page. file: where it lies in the vendor's package. shown_by: the tool (function) whose result it shows.

    calls: the tools that only the page calls; clients that show no pages are not told of them.
    """

    uri: str
    title: str
    about: str
    file: str
    shown_by: str
    calls: tuple[str, ...] = ()

    @property
    def tool_meta(self) -> dict[str, Any]:
        """The `_meta` of the tool that the page belongs to, in both spellings that hosts read."""
        return {"ui": {"resourceUri": self.uri, "visibility": ["model", "app"]}, "ui/resourceUri": self.uri}

    @property
    def meta(self) -> dict[str, Any]:
        """The `_meta` of the page: it reaches nothing, so no origin is allowed."""
        kinds = ("connectDomains", "resourceDomains", "frameDomains", "baseUriDomains")
        return {"ui": {"csp": {kind: [] for kind in kinds}, "prefersBorder": True}}


@cache
def page(package: str, file: str) -> str:
    """A package's page as one file, with its stylesheets and scripts inside."""
    whole = PurePosixPath(file)

    def beside(name: str) -> str:
        return files(package).joinpath(str(whole.with_name(name))).read_text(encoding="utf-8")

    html = STYLE.sub(lambda found: f"<style>\n{beside(found[1])}</style>", beside(whole.name))
    return SCRIPT.sub(lambda found: f"<script>\n{beside(found[1])}</script>", html)
