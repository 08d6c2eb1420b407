"""The desktop bundle's parts; `make bundle` packs it, and starts it as a desktop host does."""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bundle.pack import AS_IT_IS, files
from server.catalogue import Catalogue

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


@pytest.fixture
def manifest() -> Any:
    return json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))


def locked(file: str) -> dict[str, str]:
    return dict(LOCKED.findall((ROOT / file).read_text(encoding="utf-8")))


def test_the_tools_named_are_those_that_are_listed_and_more_are_promised(manifest: Any, catalogue: Catalogue) -> None:
    assert [tool["name"] for tool in manifest["tools"]] == [entry.name for entry in catalogue.tools if entry.everyday]
    assert manifest["tools_generated"] is True
    assert "Privacy: " in manifest["long_description"]


def test_what_the_manifest_names_is_in_the_bundle(manifest: Any) -> None:
    for file in (manifest["icon"], manifest["server"]["entry_point"], "bundle/requirements.lock"):
        assert (ROOT / file).is_file()
        assert file in AS_IT_IS
    code = {file.relative_to(ROOT).as_posix() for file in files()}
    assert {"drumbeat_mcp/__main__.py", "tools/catalogue.json", "tools/asks.json"} <= code
    assert not any("/publish/" in name or "__pycache__" in name for name in code)
    assert manifest["server"]["mcp_config"]["args"][-1] == manifest["server"]["entry_point"]


def test_the_start_needs_nothing_that_is_not_there_before_it(manifest: Any) -> None:
    tree = ast.parse((ROOT / manifest["server"]["entry_point"]).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= sys.stdlib_module_names


def test_every_dependency_is_pinned_with_hashes_as_everywhere_else() -> None:
    text = (ROOT / "bundle" / "requirements.lock").read_text(encoding="utf-8")
    versions, elsewhere = locked("bundle/requirements.lock"), locked("requirements.lock")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[<>=,;]", line)[0].replace(".", "-") for line in wanted}
    assert names <= set(versions)
    assert {name: elsewhere.get(name, version) for name, version in versions.items()} == versions
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", text.strip()))
