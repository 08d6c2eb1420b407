"""`python -m bench.evaluation`: plays the requests of docs/evaluation.md over stdio, and counts what a model reads.

The calls are those that an assistant decided upon with nothing but what a client shows; whether the answers are right
and certain is a judgement, which the page has and this cannot make.
"""

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from bench.evaluation_requests import REQUESTS, Call, Found
from bench.hosts import HOSTS
from bench.machine import ROOT
from bench.subject import text_of
from bench.tokens import compact, tokens
from bench.wire import environment

SECONDS_TO_READ = 0.3  # a person; what answers faster counts as a machine


@dataclass
class Played:
    """One request: its answers, as the model read them, and without what hosts put around them.

    unseen: its calls of tools that no search had shown.
    """

    ask: str
    calls: Sequence[Call]
    answers: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    errors: int = 0
    unseen: int = 0

    @property
    def tokens(self) -> int:
        """What a model reads, all calls together."""
        return sum(map(tokens, self.answers))


async def _agree(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """A user who wants what they asked for."""
    assert isinstance(params, ElicitRequestFormParams)
    await anyio.sleep(SECONDS_TO_READ)
    if "name" in params.requested_schema["properties"]:
        return ElicitResult(action="accept", content={"name": params.message.rsplit(": ", 1)[1]})
    return ElicitResult(action="accept", content={"agree": True})


async def play(tree: Path, kind: str, numbers: Sequence[int], *, before: bool) -> list[Played]:
    """Play the requests, in their order, against the server of a source tree, for a host of this kind.

    before: with the calls that they took while other tools were listed.
    """
    reads = HOSTS[kind][1]
    with TemporaryDirectory() as home:
        variables = environment(HOME=home, DRUMBEAT_SANDBOX="1", DRUMBEAT_JOURNAL=home, PYTHONPATH=str(tree))
        command = StdioServerParameters(command=sys.executable, args=["-m", "server"], env=variables, cwd=tree)
        async with Client(command, mode="legacy", cache=None, elicitation_callback=_agree) as client:
            played = []
            for number in numbers:
                request = REQUESTS[number]
                played.append(Played(request.ask, (before and request.before) or request.calls))
                for call in played[-1].calls:
                    played[-1].unseen += not _is_seen(call, played[-1].said)
                    result = await _call(client, call, played[-1].said)
                    played[-1].answers.append(reads(result))
                    played[-1].said += [text_of(result), compact(result.structured_content)]
                    played[-1].errors += bool(result.is_error)
    return played


async def _call(client: Client, call: Call, said: Sequence[str]) -> CallToolResult:
    tool, arguments = call
    return await client.call_tool(tool, _filled(arguments, "\n".join(said)))


def _is_seen(call: Call, said: Sequence[str]) -> bool:
    """Whether a tool is in the list, or was told of in a line of its own."""
    name = call[1].get("tool")
    return name is None or bool(re.search(rf"(?m)^{name}(?: \(.+?\))?: ", "\n".join(said)))


def _filled(value: Any, said: str) -> Any:
    """Arguments with what earlier answers of the same request said in the places that wait for it."""
    if isinstance(value, Found):
        found = re.search(value.pattern, said)
        if not found:
            raise LookupError(f"no answer has {value.pattern}")
        return found[1]
    if isinstance(value, dict):
        return {name: _filled(inner, said) for name, inner in value.items()}
    return value


def main() -> int:
    """Play all requests, or those that are named, and print calls, errors and tokens of each."""
    parser = argparse.ArgumentParser(prog="python -m bench.evaluation", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="requests by number, from 1; all where none is given")
    parser.add_argument("--tree", type=Path, default=ROOT, help="source tree of the server, this one by default")
    parser.add_argument("--reads", choices=list(HOSTS), default="text", help="what the model of the host reads")
    parser.add_argument("--before", action="store_true", help="with the calls of before insights, for older trees")
    parser.add_argument("--show", action="store_true", help="the answers too")
    options = parser.parse_args()
    logging.getLogger("client").setLevel(logging.ERROR)  # it says of every tool that is not listed that it is not
    numbers = [number - 1 for number in options.numbers] or range(len(REQUESTS))
    played = anyio.run(partial(play, options.tree.resolve(), options.reads, numbers, before=options.before))
    for number, one in zip(numbers, played, strict=True):
        print(f"{number + 1:2} | {one.ask} | {len(one.answers)} calls, {one.errors} errors | {one.tokens:,} tokens")
        for (tool, arguments), answer in zip(one.calls, one.answers, strict=True) if options.show else ():
            print(f"\n>>> {tool} {arguments}\n{answer}\n")
    calls, unseen = sum(len(one.answers) for one in played), sum(one.unseen for one in played)
    print(f"{calls} calls, {unseen} of tools that were not shown; {sum(one.tokens for one in played):,} tokens")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
