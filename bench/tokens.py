"""What Drumbeat costs a model: the list of tools, and answers beside what the vendors sent for them."""

import json
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import bpe_openai  # type: ignore[import-untyped]
from mcp import Client
from mcp_types import Tool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.report import Goal, Section, Table
from bench.subject import UNCACHED, client_of, drumbeat, text_of
from bench.typical import CALLS
from server.catalogue import read
from server.sandbox import sandbox
from tests.vendors import TODAY, serve

DEFAULT_BUDGET, SHARE = 4000, 40


class Recorder:
    """Passes requests on and keeps the bodies of the answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.body":
                self.bodies.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, keep)


def run(quick: bool) -> Section:
    """Count both; quick makes no difference."""
    section = Section("Tokens")
    recorder = Recorder(sandbox(read().vendors, TODAY))
    with serve(recorder) as url, TemporaryDirectory() as journal:
        anyio.run(_surface, section, url, journal)
        anyio.run(_answers, section, recorder, url, journal)
    return section


def tokens(text: str) -> int:
    """Tokens of a text by o200k_base."""
    return len(_encoding().encode(text))


def compact(value: Any) -> str:
    """A value as the shortest JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@cache
def _encoding() -> Any:
    return bpe_openai.get_encoding("o200k_base")


async def _surface(section: Section, url: str, journal: str) -> None:
    rows = []
    for toolsets in ("default", "all"):
        async with client_of(drumbeat(url, journal, {"DRUMBEAT_TOOLSETS": toolsets})) as client:
            listed = (await client.list_tools()).tools
            told = tokens(client.instructions or "")
        for_model = tokens(compact([_for_model(tool) for tool in listed]))
        wire = tokens(compact([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]))
        outputs = sum(tokens(compact(tool.output_schema)) for tool in listed) / len(listed)
        figures = [for_model, for_model / len(listed), outputs, wire, told]
        rows.append([toolsets, str(len(listed)), *(f"{figure:,.0f}" for figure in figures)])
        if toolsets == "default":
            title = "Tokens of the default tools, as a model sees them"
            section.goals.append(Goal.at_most(title, for_model, DEFAULT_BUDGET))
    header = ["listed", "tools", "tokens", "a tool", "output schema of one", "whole tools/list", "instructions"]
    how = "Tokens of o200k_base. A model is shown name, description and arguments; a client reads the whole list."
    section.tables.append(Table("The surface", how, header, rows))


def _for_model(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


async def _answers(section: Section, recorder: Recorder, url: str, journal: str) -> None:
    counts = []
    async with client_of(drumbeat(url, journal, UNCACHED)) as client:
        for tool, arguments in CALLS:
            counts.append(await _answer(recorder, client, tool, arguments))
    whole = [count for count in counts if not count[0].endswith("(cut)")]
    rows = [_row(*count) for count in counts]
    for title, some in (("**all**", counts), ("**all that were not cut**", whole)):
        rows.append(_row(title, *(sum(column) for column in list(zip(*some, strict=True))[1:])))
    header = ["call", "vendor's answers", "their tokens", "text", "share", "structure"]
    how = (
        "Tokens of the text that a model reads beside those of the JSON that the vendor sent for it, which is counted "
        "without any white space. Structure is the same answer as data, for programs."
    )
    section.tables.append(Table(f"{len(CALLS)} typical calls", how, header, rows))
    for title, some in (("all answers", counts), ("answers that were not cut", whole)):
        share = 100 * sum(count[3] for count in some) / sum(count[2] for count in some)
        section.goals.append(Goal.at_most(f"Tokens of {title}, share of the vendors' JSON", share, SHARE, " %"))


async def _answer(
    recorder: Recorder, client: Client, tool: str, arguments: dict[str, Any]
) -> tuple[str, int, int, int, int]:
    recorder.bodies.clear()
    result = await client.call_tool(tool, arguments)
    text = text_of(result)
    if result.is_error:
        raise RuntimeError(f"{tool}: {text}")
    raw = sum(tokens(_lean(body)) for body in recorder.bodies)
    title = f"`{tool}`" + (" (cut)" if "(Cut to fit" in text else "")
    return title, len(recorder.bodies), raw, tokens(text), tokens(compact(result.structured_content))


def _lean(body: bytes) -> str:
    try:
        return compact(json.loads(body))
    except ValueError:
        return body.decode(errors="replace")


def _row(title: str, answers: int, raw: int, text: int, structure: int) -> list[str]:
    return [title, str(answers), f"{raw:,}", f"{text:,}", f"{100 * text / raw:.0f} %", f"{structure:,}"]
