"""A hook of mkdocs: links to files outside of docs/ become their paths, as the site has none of these files."""

import re
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./((?!\.\.)[^)#\s]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, /, *, page: Any, **_: Any) -> str:
    """The page's text as it is built."""
    if "/" in page.file.src_uri:  # one folder down, `../` is docs/ itself
        return markdown
    return OUTSIDE.sub(r"\1 (`\2`)", markdown)
