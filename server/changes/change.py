"""How something is changed: preview, consent, journal, the act, journal. One direction, no way around."""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp_types import InputRequiredResult
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from server import signature
from server.access import Access
from server.catalogue import PublishedTool
from server.changes.asking import AnyContext
from server.changes.consent import Consent, Guard
from server.changes.journal import Journal, Record, new_id
from server.changes.undo import taken_by
from server.clean import structure
from server.errors import JournalError, Refusal, VendorError
from server.redaction import secrets_in
from server.signature import Arguments
from server.spec import Declaration, Preview

logger = logging.getLogger(__name__)


class Changes:
    """Carries out writes and destructive calls, and keeps the journal of them."""

    def __init__(self, guard: Guard, journal: Journal) -> None:
        self._guard = guard
        self.journal = journal

    async def make(
        self,
        entry: PublishedTool,
        api: Any,
        given: Arguments,
        context: AnyContext,
        *,
        place: str,
        token: str | None = None,
    ) -> BaseModel | InputRequiredResult:
        """Carry out a change; its result, or what has to be answered to the client first.

        place: which account at which address the change is made to.
        Raises Refusal and VendorError, in both cases journaled if the act had begun.
        """
        declaration, caller = entry.declaration, caller_of(context)
        values, arguments = given.values(), given.said()
        preview = await _preview(declaration, api, values)
        consent: Consent | None = None
        if entry.access is Access.DESTRUCTIVE:
            assert preview is not None
            await self._guard.admit(caller, act=False)
            outcome = await self._guard.consent(declaration, arguments, preview, context, caller=caller, token=token)
            if not isinstance(outcome, Consent):
                return outcome
            consent = outcome
            await self._guard.admit(caller, act=True)
        record = Record(
            change_id=new_id(),
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            tool=entry.name,
            vendor=entry.vendor,
            access=entry.access,
            place=place,
            arguments=arguments,
            caller=caller,
            consent=vars(consent) if consent else None,
            preview=preview.what if preview else None,
            before=preview.before if preview else None,
        )
        secrets = secret_values(declaration, values)
        await self._begin(record, secrets, durably=entry.access is Access.DESTRUCTIVE)
        return await self._act(record, secrets, declaration, api, values)

    async def _begin(self, record: Record, secrets: frozenset[str], *, durably: bool) -> None:
        try:
            await anyio.to_thread.run_sync(lambda: self.journal.begin(record, durably=durably, secrets=secrets))
        except JournalError as error:
            if durably:
                raise Refusal(f"Nothing was changed: the journal cannot record it ({error}).") from error
            logger.error("%s was not journaled: %s", record.tool, error)

    async def _act(
        self, record: Record, secrets: frozenset[str], declaration: Declaration, api: Any, values: Mapping[str, Any]
    ) -> BaseModel:

        started = time.monotonic()

        def end(outcome: Any, **facts: Any) -> None:
            elapsed = round((time.monotonic() - started) * 1000)
            self.journal.end(record.change_id, outcome, secrets, milliseconds=elapsed, **facts)

        try:
            result: BaseModel = await declaration.function(api, **values)
        except Refusal as error:
            end("refused", error=str(error))
            raise
        except VendorError as error:
            end("unknown" if error.acted else "failed", status=error.status, error=str(error))
            raise
        except BaseException as error:
            # A bug, or a client that went away: what was sent may have been carried out.
            end("unknown", error=type(error).__name__)
            raise
        end("done", result=structure(result))
        return result


async def _preview(declaration: Declaration, api: Any, values: Mapping[str, Any]) -> Preview | None:
    """What the change will touch, as it is now. Raises Refusal where what would be lost cannot be read."""
    read = declaration.preview or declaration.before
    if read is None:
        return None
    try:
        found = await read(api, **taken_by(read, values))
    except VendorError as error:
        if error.status == 404:
            raise Refusal(f"Nothing was changed, since there is no such thing. {error}") from error
        if declaration.preview is None:
            return None
        raise Refusal(f"Nothing was changed, since what would be lost could not be read. {error}") from error
    return found if isinstance(found, Preview) else Preview(what="", name="", before=found)


def secret_values(declaration: Declaration, values: Mapping[str, Any]) -> frozenset[str]:
    """The secrets among a call's arguments."""
    names = signature.sensitive(declaration.function)
    plain = {name: to_jsonable_python(values[name]) for name in names}
    return frozenset(secret for value in plain.values() for secret in secrets_in(value))


def caller_of(context: AnyContext) -> str:
    """Who calls: the client as it names itself."""
    try:
        client = context.session.client_params
    except ValueError:  # outside of a request
        client = None
    return f"{client.client_info.name} {client.client_info.version}".strip() if client else "unnamed client"
