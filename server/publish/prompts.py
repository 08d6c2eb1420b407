"""The prompts that lie beside the tools, as the catalogue has them."""

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from server.catalogue import PublishedArgument, PublishedPrompt
from server.prompts import FOLDER, body


class _Argument(BaseModel):
    model_config = ConfigDict(extra="forbid")

    description: str
    default: str | None = None
    values: list[str] = []
    completes: list[str] = []


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    description: str
    needs: list[str] = []
    arguments: dict[str, _Argument] = {}


def prompts(vendors: Iterable[str]) -> tuple[PublishedPrompt, ...]:
    """All of `tools/*/prompts/*.md`. Raises ValueError where one does not add up."""
    known = set(vendors)
    return tuple(_prompt(file, known | {file.parts[-3]}) for file in sorted(FOLDER.glob("*/prompts/*.md")))


def _prompt(file: Path, vendors: set[str]) -> PublishedPrompt:
    front = file.read_text(encoding="utf-8").removeprefix("---\n").split("\n---\n", 1)[0]
    matter = _FrontMatter.model_validate(YAML(typ="safe").load(front))
    text = body(file)
    if file.stem != matter.name or set(re.findall(r"{(\w+)}", text)) != set(matter.arguments):
        raise ValueError(f"{file}: its name and the arguments in its text are not those of its front matter")
    if strange := set(matter.needs) - vendors:
        raise ValueError(f"{file}: it needs vendors that do not exist: {', '.join(sorted(strange))}")
    named = re.findall(rf"\b(?:{'|'.join(sorted(vendors))})_\w+", text)
    return PublishedPrompt(
        name=matter.name,
        title=matter.title,
        description=matter.description,
        file=file.relative_to(FOLDER).as_posix(),
        arguments=tuple(_argument(name, argument) for name, argument in matter.arguments.items()),
        tools=tuple(dict.fromkeys(named)),
        needs=tuple(matter.needs),
    )


def _argument(name: str, declared: _Argument) -> PublishedArgument:
    return PublishedArgument(
        name=name,
        description=declared.description,
        default=declared.default,
        values=tuple(declared.values),
        completes=tuple((tool, field) for tool, _, field in (source.partition(".") for source in declared.completes)),
    )
