"""One call's way: strict arguments, names to ids, guard, the tool's function. One direction."""

import json
import logging
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from server import signature
from server.access import Access
from server.answers.answer import Answer
from server.answers.budget import Results
from server.answers.shelf import Shelf
from server.catalogue import OWN, PublishedTool
from server.changes.change import Act, Changes, secret_values
from server.changes.journal import journal_of
from server.connections import Connections
from server.errors import (
    BadArguments,
    Failure,
    JournalError,
    KeysMissing,
    Refusal,
    Unanswered,
    VendorError,
    WouldSend,
)
from server.memo import Memo
from server.models import Page, Rehearsal
from server.names import Names
from server.redaction import redact
from server.request import Caller, Request
from server.search import ToolSearch, index_of
from server.selection import TOKEN, Selection
from server.settings import Settings
from server.signature import Arguments
from server.spec import Declaration
from server.state import State
from server.times import Clock
from server.wording import shortened

if TYPE_CHECKING:
    from server.http import Api

MOST_CHARACTERS = 4 * 1024 * 1024
LONGEST_NOTE = 600
FIRST: Mapping[str, Any] = {"page": 1, "offset": 0, "cursor": None}
"""Where lists begin, by the argument that says where to go on; a first page may be 0, which is then the default."""
LONGEST_FAILURE = 5000
SORTED = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
logger = logging.getLogger(__name__)


class Calls:
    """Carries out calls of the tools in the catalogue."""

    def __init__(self, settings: Settings, connections: Connections, selection: Selection, state: State) -> None:
        self.connections = connections
        self.settings = settings
        self.permitted: Mapping[str, PublishedTool] = selection.callable
        self.listed: Mapping[str, PublishedTool] = selection.listed
        self.state = state
        self.results = Results(settings.result_tokens, self.permitted, Shelf(connections.redis))
        self.changes = Changes(settings, state, journal_of(settings))
        self._clock = Clock(settings.timezone, connections.now)
        self._memo = Memo()
        self._names = Names(settings, self.permitted, self._list)

    def restricted(self, settings: Settings, selection: Selection) -> "Calls":
        """The same for a caller to whom less exists, or who has keys of their own; what is kept is kept together."""
        other = copy(self)
        other.settings = settings
        other.connections = self.connections.restricted(settings)
        other.permitted, other.listed = selection.callable, selection.listed
        other._names = Names(settings, other.permitted, other._list)
        return other

    async def run(self, entry: PublishedTool, arguments: Mapping[str, Any], request: Request) -> Answer:
        """Carry out a call. Raises Failure, and Unanswered where the client has to put a question to its user first."""
        try:
            return await self._run(entry, arguments, request)
        except (Refusal, VendorError) as error:
            raise Failure(shortened(str(error), LONGEST_FAILURE)) from error
        except KeysMissing as missing:
            await request.lead(missing)
            raise
        except JournalError as error:
            raise Failure(f"The journal cannot be read: {error}.") from error
        except Failure as failure:
            raise type(failure)(shortened(str(failure), LONGEST_FAILURE)) from failure.__cause__
        except Unanswered:
            raise
        except Exception as error:
            logger.exception("%s failed", entry.name)
            raise Failure(f"{entry.name} failed inside Drumbeat, not at the vendor; its log says why.") from error

    async def recall(self, entry: PublishedTool, arguments: Mapping[str, Any], caller: Caller) -> Answer | None:
        """What the same read came to a moment ago, while that is good: what `run` would answer, told at once."""
        try:
            return await self._recalled(entry, _key(entry, arguments, caller)) if self._memo else None
        except BadArguments:
            return None

    async def _recalled(self, entry: PublishedTool, key: bytes) -> Answer | None:
        # What the same arguments came to was strict, permitted and asked for with these keys then.
        if entry.access is not Access.READ or (known := await self._memo.recall(key)) is None:
            return None
        answer: Answer = known[0]
        return answer.noted(known[1])

    async def _run(self, entry: PublishedTool, arguments: Mapping[str, Any], request: Request) -> Answer:
        key = _key(entry, arguments, request.caller)
        if not request.fresh and (known := await self._recalled(entry, key)):
            return known
        request.deadline.begin()
        token = None
        if entry.can_take_away and self.settings.confirm == "two-step":
            token = arguments.get(TOKEN)
            arguments = {name: value for name, value in arguments.items() if name != TOKEN}
        declaration = entry.declaration
        given = self._validated(declaration, arguments)
        if declaration.gateway or (entry.vendor == OWN and entry.access is Access.READ):
            desk = self.api(entry, request)
            own = await declaration.function(desk, **given.values())
            return own if isinstance(own, Answer) else Answer(own, _bounded([*desk.notes, *_past_the_end(own, given)]))
        api = self.api(entry, request)
        known_before = len(request.reach.unseen)
        async with self.changes.closing_questions(request):
            given = await self._names.resolved(entry, given, request)
        api.notes.extend(request.reach.told(known_before))
        if request.dry_run:
            return await _rehearse(declaration, api, given.values())
        if entry.access is Access.READ:
            return await self._read(declaration, given, api, key)
        result = await self.changes.make(Act(entry, api, given, request, self.place(entry), token))
        return Answer(result, _bounded([*api.notes, *request.reach.told(known_before)]))

    async def _read(self, declaration: Declaration, given: Arguments, api: "Api", key: bytes) -> Answer:
        result = await declaration.function(api, **given.values())
        api.notes.extend(_past_the_end(result, given))
        answer = Answer(result, _bounded(api.notes), api.heavy, tuple(api.images), api.page_data)
        if (fetched := api.fetched) is not None:
            self._memo.keep(key, answer, fetched, api.connection.cache)
        return answer.noted(*api.ages())

    def _validated(self, declaration: Declaration, arguments: Mapping[str, Any]) -> Arguments:
        """A call's arguments as the tool's model of them. Raises BadArguments."""
        model = signature.arguments(declaration.function)
        # Some clients send null for what is not given; it is a value only where a field can be emptied.
        given = {name: value for name, value in arguments.items() if value is not None or name in model.nullable}
        try:
            return model.model_validate(given, context=self._clock)
        except ValidationError as error:
            raise BadArguments(signature.explain(error, model)) from None

    async def _list(self, lister: PublishedTool, arguments: Mapping[str, Any], request: Request) -> BaseModel:
        """A list that another call needs."""
        return (await self._run(lister, arguments, replace(request, dry_run=False))).result

    def api(self, entry: PublishedTool, request: Request) -> Any:
        """What the tool's function is given: its vendor's Api, several, or the Desk of Drumbeat's own tools."""
        if entry.vendor == OWN:
            return entry.declaration.toolset.vendor.api(self, request)
        return self.connections.api(entry, request)

    @property
    def search(self) -> ToolSearch:
        """The index of all permitted tools."""
        return index_of(frozenset(self.permitted.values()))

    def place(self, entry: PublishedTool) -> str:
        """Which account at which address a tool works on."""
        settings = self.settings.vendors.get(entry.vendor)
        return settings.place if settings else OWN


def _key(entry: PublishedTool, arguments: Mapping[str, Any], caller: Caller) -> bytes:
    """What makes two calls the same, as a digest. Raises BadArguments for more than a call may have."""
    try:
        key = SORTED.encode([caller.principal, entry.name, arguments])
        encoded = key.encode()
    except UnicodeEncodeError:
        raise BadArguments("Nothing was sent: the arguments hold half a character.") from None
    except (ValueError, RecursionError):
        raise BadArguments("Nothing was sent: the arguments are nested too deep.") from None
    if len(key) > MOST_CHARACTERS:
        raise BadArguments(f"Nothing was sent: the arguments are longer than {MOST_CHARACTERS:,} characters.")
    return sha256(encoded).digest()


def _bounded(notes: Sequence[str]) -> tuple[str, ...]:
    """Notes as they are said: some of them repeat what was asked for, which has no bound."""
    return tuple(shortened(note, LONGEST_NOTE) for note in notes)


def _past_the_end(result: BaseModel, given: Arguments) -> list[str]:
    """A note of an empty page behind others, since an empty list reads as though there were nothing at all."""
    if not isinstance(result, Page) or result.items or result.next or result.total == 0:
        return []
    of = "may be past the end" if result.total is None else f"is past the end of {result.total}"
    fields = {name: field for name, field in type(given).model_fields.items() if name in FIRST}
    begins = {name: FIRST[name] if field.default is None else field.default for name, field in fields.items()}
    places = {name: getattr(given, name) for name in fields}
    return [
        f"{name}={place} {of}; without {name} the list begins at its start"
        for name, place in places.items()
        if place is not None and place != begins[name]
    ]


async def _rehearse(declaration: Declaration, api: "Api", values: Mapping[str, Any]) -> Answer:
    """Carry out a call up to the request that would change something."""
    try:
        return Answer(await declaration.function(api, **values), _bounded([*api.notes, *api.ages()]))
    except WouldSend as rehearsal:
        body = redact(rehearsal.body, secret_values(declaration, values))
        exact = None if body is None else json.dumps(body, ensure_ascii=False)
        return Answer(Rehearsal(would_send=rehearsal.request, body=exact))
