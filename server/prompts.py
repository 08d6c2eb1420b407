"""Prompts: what a person starts by its name. Their text lies in Markdown files beside the tools that they name."""

import re
from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from mcp import MCPError
from mcp_types import INVALID_PARAMS, GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

import tools
from server.catalogue import PublishedArgument, PublishedPrompt
from server.clean import visible

FOLDER = Path(tools.__path__[0])
LONGEST_VALUE = 200


class Prompts:
    """The prompts for which a tool that they name can be called, and a vendor is on that they need.

    `published` has them by name.
    """

    def __init__(self, published: Iterable[PublishedPrompt], permitted: Container[str], on: Container[str]) -> None:
        self.published = {
            one.name: one
            for one in published
            if any(tool in permitted for tool in one.tools)
            and (not one.needs or any(vendor in on for vendor in one.needs))
        }

    def __bool__(self) -> bool:
        return bool(self.published)

    @cached_property
    def listed(self) -> list[Prompt]:
        """The prompts as a client lists them."""
        return [
            Prompt(
                name=one.name,
                title=one.title,
                description=one.description,
                arguments=[
                    PromptArgument(name=each.name, description=each.said, required=each.default is None)
                    for each in one.arguments
                ],
            )
            for one in self.published.values()
        ]

    def get(self, name: str, given: Mapping[str, str]) -> GetPromptResult:
        """A prompt's text with its arguments filled in. Raises MCPError where one is missing or not known."""
        prompt = self.published.get(name)
        if prompt is None:
            raise _wrong(f"There is no prompt {name!r} here; there are {', '.join(self.published) or 'none'}.")
        known = [argument.name for argument in prompt.arguments]
        if unknown := [other for other in given if other not in known]:
            raise _wrong(f"{name} has no argument {unknown[0]!r}. Arguments: {', '.join(known)}.")
        values = {argument.name: _value(argument, given) for argument in prompt.arguments}
        text = re.sub(r"{(\w+)}", lambda found: values[found[1]], body(FOLDER / prompt.file))
        message = PromptMessage(role="user", content=TextContent(type="text", text=text))
        return GetPromptResult(description=prompt.description, messages=[message])

    def argument(self, prompt: str, name: str) -> PublishedArgument | None:
        """An argument of a prompt, if there is one."""
        found = self.published.get(prompt)
        return next((argument for argument in found.arguments if argument.name == name), None) if found else None


def body(file: Path) -> str:
    """What stands below a prompt's front matter."""
    return file.read_text(encoding="utf-8").split("\n---\n", 1)[1].strip()


def _value(argument: PublishedArgument, given: Mapping[str, str]) -> str:
    value = " ".join(visible(given.get(argument.name, "")).split())[:LONGEST_VALUE]
    if value or argument.default:
        return value or str(argument.default)
    raise _wrong(f"{argument.name!r} is required: {argument.description}.")


def _wrong(words: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=words)
