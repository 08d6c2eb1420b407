"""The desktop bundle's parts; `make bundle` packs it, and starts it as a desktop host does."""

import ast
import inspect
import io
import json
import re
import sys
import tarfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from bundle.check import MOST_KILOBYTES
from bundle.lean import lean
from bundle.lock import runs_on_desktops
from bundle.pack import ARCHIVE, AS_IT_IS, archive
from server.catalogue import Catalogue

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


@pytest.fixture
def manifest() -> Any:
    return json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))


@cache
def packed() -> bytes:
    return archive()


@cache
def code() -> dict[str, str]:
    """The code of the bundle by its files' names."""
    with tarfile.open(fileobj=io.BytesIO(packed())) as whole:
        files = [(member.name, whole.extractfile(member)) for member in whole]
        return {name: file.read().decode() for name, file in files if file}


def locked(file: str) -> set[tuple[str, str]]:
    return set(LOCKED.findall((ROOT / file).read_text(encoding="utf-8")))


def test_the_tools_named_are_those_that_are_listed_and_more_are_promised(manifest: Any, catalogue: Catalogue) -> None:
    assert [tool["name"] for tool in manifest["tools"]] == [entry.name for entry in catalogue.tools if entry.everyday]
    assert manifest["tools_generated"] is True
    assert "Privacy: " in manifest["long_description"]


def test_what_the_manifest_names_is_in_the_bundle(manifest: Any) -> None:
    for file in (manifest["icon"], manifest["server"]["entry_point"]):
        assert (ROOT / file).is_file()
        assert file in AS_IT_IS
    needed = {"drumbeat_mcp/__main__.py", "tools/catalogue.json", "tools/asks.json", "bundle/requirements.lock"}
    assert needed <= set(code())
    assert not any("/publish/" in name or "__pycache__" in name for name in code())
    assert manifest["server"]["mcp_config"]["args"][-1] == manifest["server"]["entry_point"]


def test_the_start_needs_nothing_that_is_not_there_before_it(manifest: Any) -> None:
    tree = ast.parse((ROOT / manifest["server"]["entry_point"]).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= sys.stdlib_module_names


def test_every_dependency_is_pinned_with_hashes_as_everywhere_else() -> None:
    text = (ROOT / "bundle" / "requirements.lock").read_text(encoding="utf-8")
    elsewhere = locked("requirements.lock")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[<>=,;]", line)[0].replace(".", "-") for line in wanted}
    pins = locked("bundle/requirements.lock")
    assert names <= {name for name, _ in pins}
    assert {pin for pin in pins if pin[0] in dict(elsewhere)} <= elsewhere
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", text.strip()))


@pytest.mark.parametrize(
    ("file", "fits"),
    [
        ("anyio-4.16.0-py3-none-any.whl", True),
        ("six-1.17.0-py2.py3-none-any.whl", True),
        ("cryptography-48.0.1-cp311-abi3-macosx_10_9_x86_64.whl", True),
        ("cryptography-50.0.2-cp39-abi3-win_amd64.whl", True),
        ("cffi-2.1.1-cp314-cp314-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", True),
        ("cffi-2.1.1-cp314-cp314-win_arm64.whl", True),
        ("cffi-2.1.1-cp314-cp314t-win_amd64.whl", False),
        ("cffi-2.1.1-cp310-cp310-win_amd64.whl", False),
        ("cffi-2.1.1-cp313-cp313-musllinux_1_2_x86_64.whl", False),
        ("cffi-2.1.1-cp313-cp313-manylinux2014_s390x.manylinux_2_17_s390x.whl", False),
        ("rpds_py-2026.6.3-pp311-pypy311_pp73-macosx_11_0_arm64.whl", False),
    ],
)
def test_the_lock_has_the_files_that_desktops_install(file: str, fits: bool) -> None:
    assert runs_on_desktops(file) is fits


def test_it_is_small() -> None:
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED, compresslevel=9) as bundle:
        for name in AS_IT_IS:
            bundle.write(ROOT / name, name)
        bundle.writestr(ARCHIVE, packed())
    assert MOST_KILOBYTES == 300
    assert len(whole.getvalue()) < MOST_KILOBYTES * 1000


def test_what_starts_it_unpacks_what_was_packed() -> None:
    start = (ROOT / "bundle" / "start.py").read_text(encoding="utf-8")
    assert f'HERE / "{Path(ARCHIVE).name}"' in start
    assert 'CODE / "bundle" / "requirements.lock"' in start


def test_nothing_in_it_imports_at_its_start_what_is_not_in_it() -> None:
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in code()}
    missing = []
    for name, source in code().items():
        for node in ast.parse(source).body if name.endswith(".py") else ():
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("server", "tools"):
                either = {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
                missing += [(name, str(node.module))] if not either & modules else []
    assert missing == []


def test_its_code_does_what_the_source_does() -> None:
    """Each module has the same statements on the same lines: only comments and docstrings are gone."""
    for name, source in code().items():
        if name.endswith(".py"):
            assert _statements(source) == _statements((ROOT / name).read_text(encoding="utf-8")), name


def _statements(source: str) -> list[tuple[str, int]]:
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt))
    return [(type(node).__name__, node.lineno) for node in nodes]


def test_what_a_person_reads_before_they_agree_to_an_undo_is_in_it(catalogue: Catalogue) -> None:
    undos = [getattr(undo, "function", undo) for undo in (entry.declaration.undo for entry in catalogue.tools)]
    said = {str(inspect.getdoc(undo)) for undo in undos if inspect.isfunction(undo)}
    assert said
    texts = " ".join(" ".join(code().values()).split())
    assert [text for text in said if " ".join(text.split()) not in texts] == []


def test_a_text_that_is_no_docstring_stays_as_it_is() -> None:
    source = '''"""About."""

# A comment.
def answer() -> str:
    """Says it."""
    return """
# Not a comment
"""  # noqa
'''
    assert lean(source).splitlines() == [
        '""', "", "", "def answer() -> str:", '    ""', '    return """', "# Not a comment", '"""  # noqa'
    ]  # fmt: skip
    assert '"""Says it."""' in lean(source, {"answer"})
