"""One call's way: strict arguments, guard, the tool's function, rendering. One direction."""

import json
import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ValidationError

from server import signature
from server.access import Access
from server.answers.answer import Answer
from server.answers.budget import Results
from server.catalogue import OWN, Catalogue, PublishedTool
from server.changes.asking import AnyContext
from server.changes.change import Changes, secret_values
from server.changes.consent import Guard
from server.changes.journal import open_journal
from server.connections import Connections
from server.errors import BadArguments, Failure, Refusal, VendorError
from server.redaction import redact
from server.selection import TOKEN
from server.settings import Settings
from server.signature import Arguments
from server.spec import Declaration
from server.state.memory import InProcess
from server.times import Clock

if TYPE_CHECKING:
    from server.http import Api
    from server.search import ToolSearch

DRY_RUN = "drumbeat/dry-run"
FRESH = "drumbeat/fresh"
logger = logging.getLogger(__name__)


class Asked:
    """The circumstances of a call: its context, and what its caller or the request's `_meta` asks for."""

    def __init__(self, context: AnyContext, dry_run: bool = False, fresh: bool = False) -> None:
        try:
            meta: Any = context.request_context.meta or {}
        except ValueError:  # outside of a request
            meta = {}
        self.context = context
        self.dry_run = dry_run or bool(meta.get(DRY_RUN))
        self.fresh = fresh or bool(meta.get(FRESH))


class Calls:
    """Carries out calls of the tools in the catalogue."""

    def __init__(self, settings: Settings, catalogue: Catalogue, permitted: Mapping[str, PublishedTool]) -> None:
        self.connections = Connections(settings, catalogue.vendors)
        self.settings = settings
        self._clock = Clock(settings.timezone)
        self.permitted = permitted
        self._catalogue = catalogue
        self.results = Results(self.settings.result_tokens, self.permitted)
        journal = open_journal(settings.journal, sandbox=settings.sandbox)
        self.state = InProcess()
        self.changes = Changes(Guard(self.settings, self.state), journal)

    async def tool(
        self, entry: PublishedTool, arguments: Mapping[str, Any], context: AnyContext
    ) -> CallToolResult | InputRequiredResult:
        """Carry out a tool call; whatever goes wrong is an error result in plain words."""
        try:
            answer = await self.run(entry, arguments, context)
        except Failure as failure:
            return CallToolResult(content=[TextContent(type="text", text=str(failure))], is_error=True)
        if isinstance(answer, InputRequiredResult):
            return answer
        text, data = answer.render(self.results)
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)

    async def run(
        self,
        entry: PublishedTool,
        arguments: Mapping[str, Any],
        context: AnyContext,
        *,
        dry_run: bool = False,
        fresh: bool = False,
    ) -> Answer | InputRequiredResult:
        """Carry out a call; its answer, or the question that the client has to put to its user first.

        dry_run: show what would be sent instead of sending it. fresh: pass the cache. The request's
        `_meta` can say both as well. Raises Failure.
        """

        try:
            return await self._run(entry, arguments, Asked(context, dry_run, fresh))
        except (Refusal, VendorError) as error:
            raise Failure(str(error)) from error
        except Failure:
            raise
        except Exception as error:
            logger.exception("%s failed", entry.name)
            raise Failure(f"{entry.name} failed inside Drumbeat, not at the vendor; its log says why.") from error

    async def _run(
        self, entry: PublishedTool, arguments: Mapping[str, Any], asked: Asked
    ) -> Answer | InputRequiredResult:
        declaration, api = entry.declaration, self.api(entry, asked)
        if declaration.gateway or (entry.vendor == OWN and entry.access is Access.READ):
            own = await declaration.function(api, **_validated(declaration, arguments, self._clock).values())
            return own if isinstance(own, Answer | InputRequiredResult) else Answer(own)
        if entry.access is Access.READ:
            return await _read(entry, arguments, api, self._clock)
        token = None
        if entry.access is Access.DESTRUCTIVE and self.settings.confirm == "two-step":
            token = arguments.get(TOKEN)
            arguments = {name: value for name, value in arguments.items() if name != TOKEN}
        given = _validated(declaration, arguments, self._clock)
        if asked.dry_run:
            return await _rehearse(declaration, api, given.values())
        result = await self.changes.make(entry, api, given, asked.context, place=self.place(entry), token=token)
        return result if isinstance(result, InputRequiredResult) else Answer(result)

    def api(self, entry: PublishedTool, asked: Asked) -> "Api":
        """What the tool's function is given: its vendor's Api, or the Desk of Drumbeat's own tools."""
        if entry.vendor == OWN:
            desk: Api = entry.declaration.toolset.vendor.api(self, asked)
            return desk
        return self.connections.api(entry, asked.context, rehearse=asked.dry_run, fresh=asked.fresh)

    @cached_property
    def search(self) -> "ToolSearch":
        """The index of all permitted tools."""
        from server.search import ToolSearch

        return ToolSearch(self._catalogue, self.permitted.values())

    def place(self, entry: PublishedTool) -> str:
        """Which account at which address a tool works on."""
        settings = self.settings.vendors.get(entry.vendor)
        return settings.place if settings else OWN


def _validated(declaration: Declaration, arguments: Mapping[str, Any], clock: Clock) -> Arguments:
    """A call's arguments as the tool's model of them. Raises BadArguments."""
    model = signature.arguments(declaration.function)
    # Some clients send null for what is not given; it is a value only where a field can be emptied.
    given = {name: value for name, value in arguments.items() if value is not None or name in model.nullable}
    try:
        return model.model_validate(given, context=clock)
    except ValidationError as error:
        raise BadArguments(signature.explain(error, model)) from None


async def _read(entry: PublishedTool, arguments: Mapping[str, Any], api: "Api", clock: Clock) -> Answer:
    """Carry out a read, or give what the same call came to a moment ago."""
    call = (entry.name, json.dumps(arguments, sort_keys=True))
    if known := api.recall(call):
        answer: Answer = known[0]
        return answer.noted(known[1])
    values = _validated(entry.declaration, arguments, clock).values()
    answer = Answer(await entry.declaration.function(api, **values), tuple(api.notes))
    api.remember(call, answer)
    return answer.noted(*api.ages())


async def _rehearse(declaration: Declaration, api: "Api", values: Mapping[str, Any]) -> Answer:
    """Carry out a change up to the request that it would send."""
    from server.http import WouldSend

    try:
        return Answer(await declaration.function(api, **values), [*api.notes, *api.ages()])
    except WouldSend as rehearsal:
        shown = rehearsal.request
        return Answer(shown.model_copy(update={"body": redact(shown.body, secret_values(declaration, values))}))
