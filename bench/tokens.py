"""What Drumbeat costs a model: the list of tools, and answers beside what the vendors sent for them."""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import bpe_openai  # type: ignore[import-untyped]
from mcp import Client
from mcp_types import CallToolResult, Tool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.hosts import HOSTS
from bench.report import Goal, Section, Table
from bench.subject import UNCACHED, client_of, drumbeat, text_of
from bench.typical import CALLS
from server.catalogue import read
from server.sandbox import sandbox
from tests.vendors import TODAY, serve

DEFAULT_BUDGET, SHARE = 3600, 38
SENT = ("text", "structured", "both")


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
        figures = [for_model, for_model / len(listed), wire, told]
        rows.append([toolsets, str(len(listed)), *(f"{figure:,.0f}" for figure in figures)])
        if toolsets == "default":
            title = "Tokens of the default tools, as a model sees them"
            section.goals.append(Goal.at_most(title, for_model, DEFAULT_BUDGET))
    header = ["listed", "tools", "tokens", "a tool", "whole tools/list", "instructions"]
    how = "Tokens of o200k_base. A model is shown name, description and arguments; a client reads the whole list."
    section.tables.append(Table("The surface", how, header, rows))


def _for_model(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


@dataclass(frozen=True)
class Answered:
    """A typical call: what its vendor sent for it, in how many answers, and the result by what is sent."""

    title: str
    bodies: list[bytes]
    sent: dict[str, CallToolResult]

    @cached_property
    def raw(self) -> int:
        """Tokens of the vendor's JSON."""
        return sum(tokens(_lean(body)) for body in self.bodies)


async def _answers(section: Section, recorder: Recorder, url: str, journal: str) -> None:
    results: dict[str, list[CallToolResult]] = {}
    sent: list[list[bytes]] = []
    for answers in SENT:
        sent.clear()
        server = drumbeat(url, journal, {**UNCACHED, "DRUMBEAT_ANSWERS": answers})
        async with client_of(server) as client:
            results[answers] = [await _answer(recorder, sent, client, *call) for call in CALLS]
    answered = [
        Answered(_title(tool, results["text"][at]), sent[at], {answers: results[answers][at] for answers in SENT})
        for at, (tool, _) in enumerate(CALLS)
    ]
    _by_call(section, answered)
    _by_host(section, answered)


async def _answer(
    recorder: Recorder, sent: list[list[bytes]], client: Client, tool: str, arguments: dict[str, Any]
) -> CallToolResult:
    recorder.bodies.clear()
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise RuntimeError(f"{tool}: {text_of(result)}")
    sent.append(list(recorder.bodies))
    return result


def _title(tool: str, result: CallToolResult) -> str:
    return f"`{tool}`" + (" (cut)" if "Cut to fit" in text_of(result) else "")


def _by_call(section: Section, answered: list[Answered]) -> None:
    counts = [(each.title, len(each.bodies), each.raw, tokens(text_of(each.sent["text"]))) for each in answered]
    whole = [count for count in counts if not count[0].endswith("(cut)")]
    rows = [_row(*count) for count in counts]
    for title, some in (("**all**", counts), ("**all that were not cut**", whole)):
        rows.append(_row(title, *(sum(column) for column in list(zip(*some, strict=True))[1:])))
    header = ["call", "vendor's answers", "their tokens", "answer", "share"]
    how = (
        "Tokens of the answer, which is text unless somebody asks for structure, beside those of the JSON that the "
        "vendor sent for it, which is counted without any white space."
    )
    section.tables.append(Table(f"{len(CALLS)} typical calls", how, header, rows))
    share = 100 * sum(count[3] for count in whole) / sum(count[2] for count in whole)
    section.goals.append(Goal.at_most("Tokens of answers not cut, share of the vendors' JSON", share, SHARE, " %"))


def _by_host(section: Section, answered: list[Answered]) -> None:
    raw = sum(each.raw for each in answered)
    rows = []
    for kind, (names, reads) in HOSTS.items():
        counts = {answers: sum(tokens(reads(each.sent[answers])) for each in answered) for answers in SENT}
        shares = {answers: 100 * count / raw for answers, count in counts.items()}
        rows.append([kind, names, *(f"{counts[a]:,} ({shares[a]:.0f} %)" for a in SENT)])
        title = f"Tokens of all answers where the model reads {kind}"
        section.goals.append(Goal.at_most(title, shares["text"], SHARE, " %"))
    how = (
        f"Tokens that a model reads of the same {len(CALLS)} answers, and their share of the vendors' {raw:,}, by what "
        "a kind of host shows it and by `DRUMBEAT_ANSWERS`; `text` is the default."
    )
    header = ["the model reads", "hosts", *(f"`{answers}`" for answers in SENT)]
    section.tables.append(Table("By kind of host", how, header, rows))


def _lean(body: bytes) -> str:
    try:
        return compact(json.loads(body))
    except ValueError:
        return body.decode(errors="replace")


def _row(title: str, answers: int, raw: int, text: int) -> list[str]:
    return [title, str(answers), f"{raw:,}", f"{text:,}", f"{100 * text / raw:.0f} %"]
