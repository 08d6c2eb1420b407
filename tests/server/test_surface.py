"""Facts about the whole surface: what every client will accept, and what every tool owes its reader."""

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

import server.publish.__main__ as published
import server.publish.manifest
from server.access import Access
from server.catalogue import FILE, Catalogue
from server.publish.catalogue import build, dump
from server.restore import Deletes
from server.spec import Preview
from tests.conftest import Connect
from tests.source import ROOT, nodes
from tools.insights import documents, insights

# What an undo does, in the voice in which a person is told before they agree.
VOICE = re.compile(r"(Puts|Creates|Records|Reports|Deletes|Takes|Commits) [a-z].*\.$", re.DOTALL)
CONTRACT = ROOT / "tests" / "contract"


@pytest.mark.parametrize("files", [published.files, documents.files], ids=["of publish", "of the insights"])
def test_generated_files_are_what_the_code_declares(files: Callable[[], dict[Path, str]]) -> None:
    stale = [str(file) for file, said in files().items() if not file.exists() or file.read_text("utf-8") != said]
    assert stale == [], "run `make catalogue` and read the diff"


def test_the_catalogue_is_the_same_whichever_module_was_imported_first(monkeypatch: pytest.MonkeyPatch) -> None:
    build()  # else the toolset is there only where another test has imported it
    toolset = insights.toolsets["delivery"]
    backwards = sorted(toolset.tools.items(), key=lambda tool: tool[1].function.__module__, reverse=True)
    assert list(dict(backwards)) != list(toolset.tools)
    monkeypatch.setitem(insights.toolsets, "delivery", replace(toolset, tools=dict(backwards)))
    assert FILE.read_text(encoding="utf-8") == dump(build())


def test_manifest_is_valid_and_is_what_the_code_declares(catalogue: Catalogue) -> None:
    manifest = json.loads(server.publish.manifest.FILE.read_text(encoding="utf-8"))
    assert manifest == json.loads(server.publish.manifest.dump(catalogue))
    jsonschema.validate(manifest, json.loads((CONTRACT / "mcpb-manifest-v0.4.schema.json").read_text()))
    credentials = {v.name.lower() for vendor in catalogue.vendors for v in vendor.variables if v.secret}
    assert {name for name, field in manifest["user_config"].items() if field.get("sensitive")} == credentials


@pytest.mark.anyio
async def test_schemas_are_portable(connect: Connect, tmp_path: Path) -> None:
    async with connect() as client:
        tools = [
            tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in (await client.list_tools()).tools
        ]
    file = tmp_path / "tools.json"
    # 128 tools is a limit of some clients on one listing, not of a tool.
    for start in range(0, len(tools), 100):
        file.write_text(json.dumps({"tools": tools[start : start + 100]}))
        lint = [sys.executable, str(CONTRACT / "schema_lint.py"), str(file), "--server", "drumbeat"]
        done = subprocess.run(lint, capture_output=True, text=True)  # noqa: ASYNC221
        assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if line.startswith("ERROR"))


@pytest.mark.anyio
async def test_annotations_are_the_truth(connect: Connect, catalogue: Catalogue) -> None:
    access = {entry.name: entry for entry in catalogue.tools}
    async with connect() as client:
        for tool in (await client.list_tools()).tools:
            hints, entry = tool.annotations, access[tool.name]
            assert hints
            assert hints.read_only_hint is (entry.access is Access.READ)
            destructive = entry.access is Access.DESTRUCTIVE or entry.overwrites or tool.name == "drumbeat_act"
            assert hints.destructive_hint is destructive
            assert hints.idempotent_hint is entry.idempotent
            assert hints.open_world_hint is True
            assert tool.title


def test_descriptions_are_at_most_two_sentences(catalogue: Catalogue) -> None:
    long = {e.name for e in catalogue.tools if len(re.findall(r"[.!?](?:\s|$)", e.description)) > 2}
    assert long == set()
    assert {e.name for e in catalogue.tools if not 10 <= len(e.description) <= 260} == set()


def test_output_schemas_are_shallow(catalogue: Catalogue) -> None:
    def depth(schema: Any) -> int:
        return 1 + max((depth(inner) for inner in schema.get("properties", {}).values()), default=0)

    assert {entry.name for entry in catalogue.tools if depth(entry.output_schema) > 2} == set()


def test_destructive_tools_have_a_preview_and_say_what_an_undo_does(catalogue: Catalogue) -> None:
    for entry in catalogue.tools:
        declaration = entry.declaration
        if not declaration.gateway:
            assert (declaration.preview is not None) is (entry.access is Access.DESTRUCTIVE), entry.name
        if declaration.undo:
            if not isinstance(declaration.undo, Deletes):
                assert VOICE.match(inspect.getdoc(declaration.undo) or ""), f"{entry.name}: what comes back?"
            known = declaration.preview or declaration.before or isinstance(declaration.undo, Deletes)
            assert known, f"{entry.name}: an undo needs the object as it was"
    assert Preview(what="x", name="y").before is None


def test_completions_name_a_list_and_one_of_its_fields(catalogue: Catalogue) -> None:
    names = {entry.name: entry for entry in catalogue.tools}
    for entry in catalogue.tools:
        for lister, _ in entry.completes.values():
            assert "items" in names[lister].output_schema["properties"], f"{entry.name} completes from {lister}"


def imports(folder: str) -> list[tuple[str, str]]:
    """Every import in a folder: (file, module)."""
    found = []
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in nodes(file):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.append((str(file.relative_to(ROOT)), node.module))
            elif isinstance(node, ast.Import):
                found += [(str(file.relative_to(ROOT)), alias.name) for alias in node.names]
    return found


def test_server_imports_no_vendor() -> None:
    assert [i for i in imports("server") if i[1].startswith("tools.")] == []


def test_vendor_imports_no_other_vendor(catalogue: Catalogue) -> None:
    crossing = {vendor.name for vendor in catalogue.vendors if vendor.needs}
    names = {vendor.name for vendor in catalogue.vendors}
    for name in names - crossing:
        others = tuple(f"tools.{other}" for other in names - {name})
        assert [i for i in imports(f"tools/{name}") if i[1].startswith(others)] == []


def test_only_server_http_opens_connections() -> None:
    clients = ("httpx", "httpx2", "socket", "urllib.request", "http.client", "requests")
    found = {file for file, module in imports("server") + imports("tools") if module in clients}
    # The connections' module hands the in-process sandbox to the client; it opens nothing.
    assert {file for file in found if not file.startswith("server/http/")} <= {"server/connections.py"}


def test_server_names_no_vendor(catalogue: Catalogue) -> None:
    names = [vendor.name for vendor in catalogue.vendors] + [vendor.title for vendor in catalogue.vendors]
    word = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    guilty = [
        str(file)
        for file in (ROOT / "server").rglob("*.py")
        if word.search(file.read_text("utf-8")) and word.search(_code(file))
    ]
    assert guilty == []


def _code(file: Path) -> str:
    """A module without its docstrings and comments."""
    return ast.unparse(_Bare().visit(ast.parse(file.read_text(encoding="utf-8"))))


class _Bare(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> Any:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Expr(ast.Constant(0)), node) if is_text else node


STARTED = """
import sys, anyio
from server.app import Drumbeat
from server.catalogue import read
from server.settings import load
def imported(*modules): return [m for m in sys.modules if m.startswith("tools.") or m in modules]
catalogue = read()
server = Drumbeat(load({"DRUMBEAT_SANDBOX": "1"}, catalogue.vendors), catalogue)
print(imported("httpx", "filelock", "platformdirs"))
print(anyio.run(server.call_tool, "drumbeat_find_tools", {"query": "close an incident"}).is_error)
print(imported("httpx", "server.http"))
"""


def test_a_start_and_a_call_that_needs_no_vendor_import_no_vendor_and_no_http_client() -> None:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["[]", "False", "[]"]
