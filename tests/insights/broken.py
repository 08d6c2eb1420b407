"""Vendors that are off, refuse everything, or answer nonsense; and the day on which the sandbox's data end."""

from collections.abc import Mapping
from typing import Any, Literal

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.settings import Settings
from tests.client import call
from tests.conftest import Connect, text
from tests.vendors import Vendors

Trouble = Literal["off", "refuses", "nonsense"]
TROUBLES: tuple[Trouble, ...] = ("off", "refuses", "nonsense")
TITLES = {"linearb": "LinearB", "buddy": "Buddy", "teamoclock": "Team O'clock", "oobeya": "Oobeya"}
WORDS = {
    "off": "{} is not configured",
    "refuses": "{} answered 418",
    "nonsense": "{} answered",
}


class Broken:
    """Answers for one vendor, or for those of its paths that hold `part`; the rest is left to the stand-ins."""

    def __init__(self, app: ASGIApp | None, vendor: str, trouble: Trouble, part: str = "") -> None:
        self._app, self._vendor, self._part = app, vendor, part
        nonsense = JSONResponse([[7], "not a row"])
        self._answer = nonsense if trouble == "nonsense" else JSONResponse({"message": "I am a teapot"}, 418)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        meant = scope["path"].startswith(f"/{self._vendor}/") and self._part in scope["path"]
        await (self._answer if meant else self._app)(scope, receive, send)


def troubled(vendors: Vendors, vendor: str, trouble: Trouble) -> Settings:
    """Settings with one vendor in trouble and all others well."""
    settings = vendors.settings()
    if trouble == "off":
        on = {name: one for name, one in settings.vendors.items() if name != vendor}
        return settings.model_copy(update={"vendors": on})
    vendors.app = Broken(vendors.app, vendor, trouble)
    return settings


async def answer_without(
    connect: Connect, vendors: Vendors, tool: str, vendor: str, trouble: Trouble
) -> Mapping[str, Any]:
    """What a tool answers of the platform team while one vendor is in trouble: no error, and that vendor is named."""
    async with connect(troubled(vendors, vendor, trouble)) as client:
        result = await call(client, tool, team="platform")
    assert not result.is_error, text(result)
    assert WORDS[trouble].format(TITLES[vendor]) in text(result)
    return result.structured_content or {}
