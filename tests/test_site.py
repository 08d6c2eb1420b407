"""The site of the documents has them all; `make docs` builds it and checks links and anchors."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_page_is_in_the_navigation() -> None:
    named = re.findall(r"- (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    pages = {file.relative_to(ROOT / "docs").as_posix() for file in (ROOT / "docs").rglob("*.md")}
    assert sorted(named) == sorted(pages)


def test_make_installs_what_the_project_names() -> None:
    (wanted,) = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["docs"]
    assert f"install --quiet {wanted}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
