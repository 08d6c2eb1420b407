"""A hook of mkdocs: links to files outside of docs/ become their paths, as the site has none of these files."""

import re
from typing import Any


def on_page_markdown(markdown: str, /, *, page: Any, **_: Any) -> str:
    """The page's text as it is built."""
    up = page.file.src_uri.count("/") + 1
    outside = rf"\[([^\]]+)\]\((?:\.\./){{{up}}}((?!\.\.)[^)#\s]+)(?:#[^)]*)?\)"
    return re.sub(outside, r"\1 (`\2`)", markdown)
