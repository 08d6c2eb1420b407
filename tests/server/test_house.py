"""The rooms of `server/`: imports run downwards, in no circle, and stand at the top of their file."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from tests.source import ROOT, nodes

# From the ground up. A room imports from the rooms below its own line and from its own line.
LAYERS = """
    errors access apart deadline reach wording tail apps
    clean redaction
    models times restore spec signature
    catalogue hosting sources keyring
    vendor_settings
    settings
    selection search sandbox request state http
    listing instructions prompts
    greeting skills
    names wide
    declare
    answers
    changes
    connections memo
    calls
    builtin resources call_result
    views
    app
    web
    transports
    cli publish
    __main__
""".strip().splitlines()
LEVEL = {room: level for level, line in enumerate(LAYERS) for room in line.split()}
# Imports inside functions: doors that the start does not open, and the few slow libraries.
LAZY_IMPORTS = 14
# Packages that need not be installed can only be imported where they are used.
OPTIONAL = {"prometheus_client", "server.state.redis", "server.changes.stream", "keyring", "resvg_py"}


@dataclass(frozen=True)
class Import:
    source: str
    target: str
    lazy: bool


def modules() -> dict[str, Path]:
    files = (ROOT / "server").rglob("*.py")
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def imports() -> tuple[Import, ...]:
    """Every import in `server/`, those for the type checker included; `lazy` where it stands in a function."""
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    known = modules()
    for name, file in known.items():
        functions = [node for node in nodes(file) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {id(node) for function in functions for node in ast.walk(function)}
        for node in nodes(file):
            if isinstance(node, ast.Import):
                targets = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name}: an import names its module in full"
                targets = {f"{node.module}.{alias.name}" for alias in node.names}
                targets = {target if target in known else str(node.module) for target in targets}
            else:
                continue
            for target in targets:
                yield Import(name, target, id(node) in inside)


def room(module: str) -> str:
    return module.split(".")[1]


def own() -> Iterator[Import]:
    """The imports between two modules of `server/`."""
    return (each for each in imports() if each.target.startswith("server."))


def test_every_room_has_its_place() -> None:
    rooms = {room(module) for module in modules() if module != "server"}
    assert sorted(rooms - set(LEVEL)) == [], "name it in LAYERS, above what it imports"


def test_imports_run_downwards() -> None:
    upwards = {
        f"{each.source} imports {each.target}" for each in own() if LEVEL[room(each.target)] > LEVEL[room(each.source)]
    }
    assert sorted(upwards) == []


def test_imports_have_no_circle() -> None:
    below: dict[str, set[str]] = {}
    for each in own():
        below.setdefault(each.source, set()).add(each.target)
    TopologicalSorter(below).prepare()


def test_imports_stand_at_the_top_but_for_a_few_doors() -> None:
    lazy = [(each.source, each.target) for each in imports() if each.lazy and each.target not in OPTIONAL]
    assert len(lazy) <= LAZY_IMPORTS, lazy


def test_what_somebody_may_have_meant_is_looked_for_in_one_place_with_a_bound() -> None:
    files = [file for folder in ("server", "tools") for file in (ROOT / folder).rglob("*.py")]
    alike = [file for file in files if "difflib" in file.read_text(encoding="utf-8")]
    assert [str(file.relative_to(ROOT)) for file in alike] == ["server/errors.py"]
