"""The same for programs, with a bearer token: `GET /keys`, `PUT` and `DELETE /keys/VENDOR`, in JSON."""

from typing import Any

from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from server.errors import ConfigurationError, Refusal, Unreachable
from server.hosting import KEYS_PATH
from server.request import visitor
from server.web.bounds import body_of
from server.web.vault.keeper import Keeper, Slot

LARGEST_BODY = 64 * 1024


def api(keeper: Keeper) -> ASGIApp:
    """The requests about the keys of whoever has been let in."""

    async def listed(_: Request) -> Response:
        shelf = await keeper.shelf(visitor())
        slots = [_described(slot) for slot in shelf.slots]
        return JSONResponse({"caller": visitor().person, "readable": shelf.readable, "vendors": slots})

    async def kept(request: Request) -> Response:
        vendor = keeper.vendor(request.path_params["vendor"])
        if vendor is None:
            return _refusal(404, "There is no such vendor here.")
        content = await body_of(request, LARGEST_BODY)
        if content is None:
            return _refusal(413, f"The body has more than {LARGEST_BODY >> 10} KiB.")
        given = _texts(content)
        if given is None:
            return _refusal(400, "The body must be a JSON object of texts, by the names of the vendor's variables.")
        verdict = await keeper.take_in(visitor(), vendor, given)
        return JSONResponse({"vendor": vendor.name, "accepted": verdict.accepted, "words": verdict.words})

    async def forgotten(request: Request) -> Response:
        vendor = keeper.vendor(request.path_params["vendor"])
        if vendor is None:
            return _refusal(404, "There is no such vendor here.")
        await keeper.forget(visitor(), vendor)
        return Response(status_code=204)

    routes = [
        Route(KEYS_PATH, listed, methods=["GET"]),
        Route(f"{KEYS_PATH}/{{vendor}}", kept, methods=["PUT"]),
        Route(f"{KEYS_PATH}/{{vendor}}", forgotten, methods=["DELETE"]),
    ]
    return Starlette(routes=routes, exception_handlers=dict.fromkeys((ConfigurationError, Refusal, Unreachable), _told))


def _described(slot: Slot) -> dict[str, Any]:
    return {"vendor": slot.vendor.name, "title": slot.vendor.title, "kept": slot.kept, "needs": slot.needs}


def _texts(content: bytes) -> dict[str, str] | None:
    try:
        given = from_json(content)
    except ValueError:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        return None
    return {name: value.strip() for name, value in given.items() if value.strip()}


async def _told(_: Request, error: Exception) -> Response:
    if isinstance(error, ConfigurationError):
        return _refusal(400, f"Nothing was kept: {error}")
    return _refusal(503, str(error) or "Where keys are kept cannot be reached now.")


def _refusal(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
