"""Configuration files of clients: read, and changed in one place, with their comments and their order kept.

Every function raises ValueError for a text that is not of its format.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from io import StringIO
from typing import Any, Literal, Protocol

import tomlkit
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent
from tomlkit.exceptions import TOMLKitError

from server.cli import jsonc

Format = Literal["json", "toml", "yaml"]


class Document(Protocol):
    """A format's ways to read a text, to put a value at a path, and to drop what is there."""

    def value_of(self, text: str) -> Any:
        """The data of the whole text."""
        ...

    def place_of(self, text: str, path: Sequence[str]) -> int:
        """Where what stands at a path begins, 0 where that cannot be found."""
        ...

    def put(self, text: str, path: Sequence[str], value: Any) -> str:
        """The text with a value at a path; itself where it stands there already."""
        ...

    def drop(self, text: str, path: Sequence[str]) -> str:
        """The text without what stands at a path; itself where nothing does."""
        ...


class _Toml:
    def value_of(self, text: str) -> Any:
        return _parsed(text).unwrap()

    def place_of(self, text: str, path: Sequence[str]) -> int:
        names = r"\s*\.\s*".join(f"[\"']?{re.escape(name)}[\"']?" for name in path)
        found = re.search(rf"^\s*\[\s*{names}\s*[\].]", text, re.MULTILINE)
        return found.start() if found else 0

    def put(self, text: str, path: Sequence[str], value: Any) -> str:
        document = _parsed(text)
        changed = _put(document, path, value, lambda: tomlkit.table(is_super_table=True))
        return tomlkit.dumps(document) if changed else text

    def drop(self, text: str, path: Sequence[str]) -> str:
        document = _parsed(text)
        return tomlkit.dumps(document) if _drop(document, path) else text


def _parsed(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ValueError(str(error)) from None


class _Yaml:
    def value_of(self, text: str) -> Any:
        try:
            return YAML(typ="safe").load(text) or {}
        except YAMLError as error:
            raise ValueError(" ".join(str(error).split())) from None

    def place_of(self, text: str, path: Sequence[str]) -> int:
        start = 0
        for name in path:
            found = re.compile(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*:", re.MULTILINE).search(text, start)
            if not found:
                return 0
            start = found.end() - len(found[0].lstrip())
        return start

    def put(self, text: str, path: Sequence[str], value: Any) -> str:
        yaml, data = _round_trip(text)
        return _dumped(yaml, data) if _put(data, path, value, dict) else text

    def drop(self, text: str, path: Sequence[str]) -> str:
        yaml, data = _round_trip(text)
        return _dumped(yaml, data) if _drop(data, path) else text


def _round_trip(text: str) -> tuple[YAML, Any]:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    try:
        data, indent, offset = load_yaml_guess_indent(text, yaml=yaml)
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    yaml.indent(mapping=indent or 2, sequence=indent or 2, offset=offset or 0)
    data = {} if data is None else data
    _must_be_table(data, ())
    return yaml, data


def _dumped(yaml: YAML, data: Any) -> str:
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _must_be_table(value: Any, path: Sequence[str]) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{'.'.join(path) or 'the file'} is not a table")


def _put(
    data: MutableMapping[str, Any], path: Sequence[str], value: Any, new_table: Callable[[], MutableMapping[str, Any]]
) -> bool:
    """Put a value at a path, with the tables on the way there; whether another one stood there, or none."""
    for depth, name in enumerate(path[:-1]):
        if data.get(name) is None:
            data[name] = new_table()
        data = data[name]
        _must_be_table(data, path[: depth + 1])
    if data.get(path[-1]) == value:
        return False
    data[path[-1]] = value
    return True


def _drop(data: MutableMapping[str, Any], path: Sequence[str]) -> bool:
    """Take out what stands at a path; whether anything did."""
    for name in path[:-1]:
        inner = data.get(name)
        if not isinstance(inner, MutableMapping):
            return False
        data = inner
    return data.pop(path[-1], None) is not None


DOCUMENTS: Mapping[Format, Document] = {"json": jsonc, "toml": _Toml(), "yaml": _Yaml()}
