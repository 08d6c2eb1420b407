"""A client's configuration file is changed in one place: its comments, its order and all else stay as they are."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.cli.documents import DOCUMENTS, Format

ENTRY = {"command": "/opt/drumbeat", "args": [], "env": {"DRUMBEAT_ACCESS": "read"}}
COMMENTED: dict[Format, str] = {
    "json": """\
// my editor
{
    "theme": "dark", // at night
    /* servers
       of mine */
    "mcpServers": {
        "other": {"command": "npx", "args": ["-y", "x"]}, // keep
    },
    "last": [1, 2,],
}
""",
    "toml": """\
# my agent
model = "gpt-6"  # newest

[mcp_servers.other]  # keep
command = "npx"
args = ["-y", "x"]

[tui]
theme = "dark"
""",
    "yaml": """\
# my goose
GOOSE_MODEL: 'claude'  # newest
extensions:
  other:  # keep
    cmd: npx
    args:
    - -y
    - x
last: [1, 2]
""",
}
PATHS: dict[Format, list[str]] = {
    "json": ["mcpServers", "drumbeat"],
    "toml": ["mcp_servers", "drumbeat"],
    "yaml": ["extensions", "drumbeat"],
}
FORMATS: list[Format] = ["json", "toml", "yaml"]


def at(data: Any, path: list[str]) -> Any:
    for name in path:
        data = data[name]
    return data


@pytest.mark.parametrize("kind", FORMATS)
def test_every_line_that_was_there_stays(kind: Format) -> None:
    document, text = DOCUMENTS[kind], COMMENTED[kind]
    new = document.put(text, PATHS[kind], ENTRY)
    assert at(document.value_of(new), PATHS[kind]) == ENTRY
    lines = iter(new.splitlines())
    assert all(line in lines for line in text.splitlines()), new


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_put_twice_stands_there_once_and_comes_out_without_a_trace(kind: Format) -> None:
    document, text = DOCUMENTS[kind], COMMENTED[kind]
    new = document.put(text, PATHS[kind], ENTRY)
    assert document.put(new, PATHS[kind], ENTRY) == new
    assert document.drop(new, PATHS[kind]).rstrip() == text.rstrip()
    assert document.drop(text, PATHS[kind]) == text


@pytest.mark.parametrize("kind", FORMATS)
def test_an_entry_is_replaced_where_it_stands(kind: Format) -> None:
    document = DOCUMENTS[kind]
    old = document.put(COMMENTED[kind], PATHS[kind], {"command": "/old"})
    new = document.put(old, PATHS[kind], ENTRY)
    assert at(document.value_of(new), PATHS[kind]) == ENTRY
    assert "/old" not in new
    assert "# keep" in new or "// keep" in new


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_is_filled(kind: Format, text: str) -> None:
    document = DOCUMENTS[kind]
    assert at(document.value_of(document.put(text, PATHS[kind], ENTRY)), PATHS[kind]) == ENTRY


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", '{\n  "a": 1\n  "b": 2}'),
        ("json", '{"mcpServers": []}'),
        ("json", "{'a': 1}"),
        ("json", '{"a": 1} {}'),
        ("json", '{"a": 1 /* open'),
        ("json", '{"a": 1, /* one */ / "b": 2 /* two */}'),
        ("json", '{"a": [,]}'),
        ("json", "[" * 1000),
        ("toml", "a = = 1"),
        ("toml", "mcp_servers = 1"),
        ("yaml", "extensions: [1"),
        ("yaml", "- 1"),
    ],
)
def test_a_file_that_is_no_such_file_is_left_alone(kind: Format, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DOCUMENTS[kind].put(text, PATHS[kind], ENTRY)


def test_a_wrong_line_is_named() -> None:
    with pytest.raises(ValueError, match="line 3: Expecting ',' delimiter"):
        DOCUMENTS["json"].value_of('{\n  "a": 1\n  "b": 2}')


def test_line_ends_and_tabs_are_kept() -> None:
    text = '{\r\n\t"a": 1\r\n}\r\n'
    new = DOCUMENTS["json"].put(text, ["b", "c"], {"d": 1})
    assert new == '{\r\n\t"a": 1,\r\n\t"b": {\r\n\t\t"c": {\r\n\t\t\t"d": 1\r\n\t\t}\r\n\t}\r\n}\r\n'
    assert DOCUMENTS["json"].drop(new, ["b"]) == text


NAMES = st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
NOISE = st.sampled_from(["", " ", "\n", " // x\n", "/* } , */", "\r\n\t"])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, Any]:
    """An object as JSON with comments and white space wherever they may stand, and its data."""
    data = draw(st.dictionaries(NAMES, VALUES, max_size=4))

    def write(value: Any) -> str:
        gap = draw(NOISE)
        if isinstance(value, dict) and value:
            rows = [f"{gap}{json.dumps(k)}{gap}:{gap}{write(v)}" for k, v in value.items()]
            return f"{{{gap}{','.join(rows)}{draw(st.sampled_from(['', ',']))}{gap}}}"
        if isinstance(value, list) and value:
            return f"[{','.join(f'{gap}{write(item)}{gap}' for item in value)}{gap}]"
        return json.dumps(value)

    return draw(NOISE) + write(data) + draw(NOISE), data


@settings(derandomize=True, max_examples=120)
@given(text=texts(), name=NAMES, value=VALUES)
def test_only_the_place_that_is_meant_changes(text: tuple[str, Any], name: str, value: Any) -> None:
    written, data = text
    document = DOCUMENTS["json"]
    assert document.value_of(written) == data
    new = document.put(written, [name], value)
    assert document.value_of(new) == {**data, name: value}
    left = document.drop(new, [name])
    assert document.value_of(left) == {k: v for k, v in data.items() if k != name}
    if name not in data:
        assert left.count("// x") == written.count("// x")
