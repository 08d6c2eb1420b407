"""A line to the vendors within this process: the stand-ins' own answers, others in their place, and faults."""

import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx

from server.catalogue import read
from server.declare import Api, Apis
from server.http import Connection, Patience
from server.request import Progress, Request
from server.sandbox import sandbox
from server.settings import load, sandboxed
from tests.vendors import TODAY
from tools.insights.delivery import deliver
from tools.insights.measures import Measure
from tools.insights.sandbox import written
from tools.insights.vendors import APIS, TITLES

Fault = Literal["off", "refuses", "times out", "nonsense", "hangs"]
NONSENSE: Mapping[str, httpx.Response] = {
    "oobeya": httpx.Response(200, html="<html>Sign in</html>"),
    "linearb": httpx.Response(200, json={"items": "none", "rows": [1]}),
    "haystack": httpx.Response(200, json={"data": {"a": [None]}, "averages": 3}),
    "buddy": httpx.Response(200, json=[["pipelines"], 7]),
}
CATALOGUE = read()
WEEK = "2026-11-09..2026-11-15"
"""From a Monday to a Sunday."""
ONCE = Patience(attempts=1)
TLS = ssl.create_default_context()


@cache
def stand_ins() -> httpx.ASGITransport:
    return httpx.ASGITransport(sandbox(CATALOGUE.vendors, TODAY))


_kept: dict[tuple[str, str, bytes], tuple[int, bytes, httpx.Headers]] = {}


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The transport of all vendors. answers: what is sent instead of a stand-in's answer, by the end of the path."""

    faults: Mapping[str, Fault] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    hanging: int = 0
    hangs: anyio.Event = field(default_factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        vendor = request.url.path.split("/")[1]
        match self.faults.get(vendor):
            case "refuses":
                return httpx.Response(403, json={"message": "Forbidden"})
            case "times out":
                raise httpx.ReadTimeout("too slow", request=request)
            case "nonsense":
                answer = NONSENSE[vendor]
                return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
            case "hangs":
                await self._hang()
        for end, body in self.answers.items():
            if request.url.path.endswith(end):
                return httpx.Response(200, json=body(request) if callable(body) else body)
        return await self._of_stand_in(request)

    async def _hang(self) -> None:
        self.hanging += 1
        self.hangs.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.hanging -= 1

    async def _of_stand_in(self, request: httpx.Request) -> httpx.Response:
        key = (request.method, str(request.url), request.content)
        if key not in _kept:
            answer = await stand_ins().handle_async_request(request)
            _kept[key] = (answer.status_code, await answer.aread(), answer.headers)
        status, content, headers = _kept[key]
        return httpx.Response(status, content=content, headers=headers)

    @property
    def counts(self) -> Counter[str]:
        """How many requests each vendor got."""
        return Counter(request.url.path.split("/")[1] for request in self.requests)


def mapped(config: Path, content: str) -> None:
    """Say who the teams are."""
    config.write_text(content, encoding="utf-8")


def apis(line: Line, config: Path, report: Any = None, vendors: Sequence[str] = tuple(APIS)) -> Apis:
    """The Apis of one call on this line, with no second attempt at anything."""
    if not config.exists():
        mapped(config, written(TODAY))
    settings = sandboxed(load({"DRUMBEAT_CONFIG": str(config)}, CATALOGUE.vendors), CATALOGUE.vendors)
    progress = Progress(report)
    found: list[Api] = []
    for name in vendors:
        if line.faults.get(name) != "off":
            kind = APIS[name]
            values = settings.vendors[name]
            connection = Connection(TITLES[name], "", values, kind.limits, tls=TLS, transport=line, patience=ONCE)
            found.append(kind(connection, Request(report=progress.of_vendor if report else None), reads=True))
    return Apis(found, settings, progress)


async def measures(config: Path, answers: Mapping[str, Any], vendor: str, period: str = WEEK) -> dict[str, Measure]:
    """What comes of a vendor's answers, by metric."""
    found = await deliver(apis(Line(answers=answers), config, vendors=(vendor,)), "platform", period)
    return {one.metric: one for one in found.measures}
