"""How something is changed: preview, consent, journal, the act, journal. One direction, no way around."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import anyio
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from server import signature
from server.access import Access
from server.apart import apart
from server.catalogue import PublishedTool
from server.changes.consent import Consent, Consents, Unconfirmed, question
from server.changes.journal import Journal, Outcome, Record, new_id
from server.changes.limits import check_allowance
from server.changes.undo import taken_by
from server.clean import structure
from server.errors import Closed, JournalError, Refusal, VendorError
from server.redaction import secrets_in
from server.request import Request
from server.settings import Settings
from server.signature import Arguments
from server.spec import Declaration, Preview
from server.state import State

T = TypeVar("T")
UNENDED = (
    "The journal holds this change and how it was before, but could not record how it went: there it is unfinished"
)


@dataclass(frozen=True)
class Act:
    """A change that was asked for. place: which account at which address it is made to; token: of a preview."""

    entry: PublishedTool
    api: Any
    given: Arguments
    request: Request
    place: str
    token: str | None = None

    @property
    def declaration(self) -> Declaration:
        """The tool."""
        return self.entry.declaration

    @property
    def masks(self) -> Mapping[str, frozenset[str]]:
        """The secrets among its arguments, and the names of the arguments that may hold them."""
        secrets = secret_values(self.declaration, self.given.values())
        return {"secrets": secrets, "sensitive": signature.sensitive(self.declaration.function)}


class Changes:
    """Carries out writes and destructive calls, and keeps the journal of them."""

    def __init__(self, settings: Settings, state: State, journal: Journal) -> None:
        self.journal = journal
        self._settings = settings
        self._consents = Consents(settings, state)
        self._reader = anyio.CapacityLimiter(1)

    async def read(self, work: Callable[[], T]) -> T:
        """Do `work` that reads the journal and comes to little, in a thread and one at a time: a full one is large."""
        return await apart(work, self._reader)

    async def make(self, act: Act) -> BaseModel:
        """Carry out a change; its result, or the preview that has to be agreed to first.

        Raises Refusal, VendorError, and Unanswered where the user has to be asked first; what had begun is journaled.
        """
        async with self.closing_questions(act.request):
            preview = await _preview(act)
            takes_away = self._takes_away(act, preview)
            if takes_away:
                await self._allow(act)
        if not takes_away:
            await self._consents.close(act.request)
            record = _record(act, preview)
            if record.cut:
                act.api.notes.append("How it was before was looked at in part only, so this cannot be undone")
            await self._begin(record, act)
            return await self._carry_out(record, act)
        assert preview is not None
        consent = await self._agreed(act, preview)
        if isinstance(consent, Unconfirmed):
            return consent
        record = _record(act, preview, consent)
        await self._begin(record, act)
        try:
            await self._allow(act, record.change_id)
        except Refusal as error:
            await self._end(record, act, "refused", error=str(error))
            raise
        return await self._carry_out(record, act)

    @asynccontextmanager
    async def closing_questions(self, request: Request) -> AsyncIterator[None]:
        """Where the block fails, no question stays open that this call brings the answer to: others wait for it."""
        try:
            yield
        except BaseException:
            await self._consents.close(request)
            raise

    def _takes_away(self, act: Act, preview: Preview | None) -> bool:
        """Whether somebody has to agree. Raises Refusal where a write would lose what this server must not lose."""
        if act.entry.access is Access.DESTRUCTIVE:
            return True
        if not (preview and preview.lost):
            return False
        for access, whose in ((self._settings.access, "DRUMBEAT_ACCESS"), (act.request.caller.access, "your access")):
            if not access.allows(Access.DESTRUCTIVE):
                raise Refusal(f"Nothing was changed: this would lose {preview.lost}, and {whose} is {access}.")
        return True

    async def _allow(self, act: Act, begun: str | None = None) -> None:
        try:
            principal = act.request.caller.principal
            await self.read(partial(check_allowance, self._settings, self.journal, principal, begun))
        except JournalError as error:
            raise Refusal(f"Nothing was changed: the journal cannot be read ({error}).") from error

    async def _agreed(self, act: Act, preview: Preview) -> Consent | Unconfirmed:
        """What a person agreed to, as it still is now."""
        arguments = act.given.said()
        try:
            consent = await self._consents.obtain(act.declaration, arguments, preview, act.request, act.token)
        except Closed:
            record = _record(act, preview)
            await self._begin(record, act)
            await self._end(record, act, "closed")
            raise
        if act.request.ask.waits and isinstance(consent, Consent) and consent.mode == "ask":
            now = await _preview(act)
            if now is None or question(act.declaration, now, arguments) != consent.asked:
                raise Refusal("Nothing was changed: it changed while the user was asked. Call again to ask them anew.")
        return consent

    async def _begin(self, record: Record, act: Act) -> None:
        durably = bool(record.consent) or act.entry.access is Access.DESTRUCTIVE
        try:
            await anyio.to_thread.run_sync(lambda: self.journal.begin(record, durably=durably, **act.masks))
        except JournalError as error:
            raise Refusal(f"Nothing was changed: the journal cannot record it ({error}). Reading goes on.") from error

    async def _end(self, record: Record, act: Act, outcome: Outcome, **facts: Any) -> None:
        with anyio.CancelScope(shield=True):
            end = partial(self.journal.end, record.change_id, outcome, **act.masks, **facts)
            if not await anyio.to_thread.run_sync(end):
                act.api.notes.append(UNENDED)

    async def _carry_out(self, record: Record, act: Act) -> BaseModel:
        started = time.monotonic()

        async def end(outcome: Outcome, **facts: Any) -> None:
            await self._end(record, act, outcome, milliseconds=round((time.monotonic() - started) * 1000), **facts)

        try:
            result: BaseModel = await act.declaration.function(act.api, **act.given.values())
        except Refusal as error:
            await end("refused", error=str(error))
            raise
        except VendorError as error:
            await end("unknown" if error.acted else "failed", status=error.status, error=str(error))
            raise
        except BaseException as error:
            # A bug, or a client that went away: what was sent may have been carried out.
            await end("unknown" if act.api.sent else "failed", error=type(error).__name__)
            raise
        await end("done", result=structure(result))
        return result


def _record(act: Act, preview: Preview | None, consent: Consent | None = None) -> Record:
    return Record(
        change_id=new_id(),
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        tool=act.entry.name,
        vendor=act.entry.vendor,
        access=act.entry.access,
        place=act.place,
        arguments=act.given.said(),
        caller=act.request.caller.principal,
        client=act.request.caller.client,
        consent=vars(consent) if consent else None,
        preview=preview.what if preview else None,
        before=preview.before if preview else None,
        cut=bool(preview and preview.unseen) and consent is None,
    )


async def _preview(act: Act) -> Preview | None:
    """What the change will touch, as it is now. Raises Refusal where what would be lost cannot be read."""
    declaration, values, reach = act.declaration, act.given.values(), act.request.reach
    reach.look_anew()
    read = declaration.preview or declaration.before
    found = await _read(act, read, values) if read else None
    preview = found if isinstance(found, Preview) or found is None else Preview(what="", name="", before=found)
    if declaration.asks is not None:
        taken = {name: value for name, value in taken_by(declaration.asks, values).items() if name != "now"}
        lost = await declaration.asks(act.api, preview.before if preview else None, **taken)
        preview = replace(preview or Preview(what=f"{declaration.title}.", name=""), lost=lost)
    return preview and replace(preview, unseen="; ".join(dict.fromkeys(reach.unseen)) or None)


async def _read(act: Act, read: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    try:
        return await read(act.api, **taken_by(read, values))
    except VendorError as error:
        if error.status == 404:
            raise Refusal(f"Nothing was changed, since there is no such thing. {error}") from error
        if act.declaration.preview is None and act.declaration.asks is None:
            act.api.notes.append("How it was before could not be read, so this cannot be undone")
            return None
        raise Refusal(f"Nothing was changed, since what would be lost could not be read. {error}") from error


def secret_values(declaration: Declaration, values: Mapping[str, Any]) -> frozenset[str]:
    """The secrets among a call's arguments."""
    names = signature.sensitive(declaration.function)
    plain = {name: to_jsonable_python(values[name]) for name in names if name in values}
    return frozenset(secret for value in plain.values() for secret in secrets_in(value))
