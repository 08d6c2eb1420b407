"""Putting a question to the user through elicitation, in both client eras.

Modern clients (2026-07-28) get the question as the call's first answer and call again with the
reply; legacy clients are asked while the call waits.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol, TypeAlias

import anyio
from mcp.server.elicitation import render_elicitation_schema
from mcp.server.mcpserver import Context
from mcp.shared.dispatcher import CallOptions
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
)
from pydantic import BaseModel, ValidationError

from server.errors import Closed, Failure, KeysMissing, Refusal, Unanswered
from server.request import Ask, Caller, Form, Lead, Nobody, nowhere
from server.state import State, key

MODERN = "2026-07-28"
MOST_NUMBERS = 2**53  # what JavaScript counts up to
QUESTION, PAGE = "consent", "keys"
UNREADABLE = "Nothing was changed: the client's answer to the question could not be read."
CLOSED = (
    "Nothing was changed: the question was closed without a person's answer. Run it where you can be asked, or the "
    "operator sets DRUMBEAT_CONFIRM=two-step."
)

AnyContext: TypeAlias = Context[Any, Any]


@dataclass(frozen=True)
class Person:
    """How long a person takes to answer, in seconds: no less than `fastest`, and `patience` is waited for them."""

    fastest: float = 0.2
    patience: float = 600.0


def way_to_ask(context: AnyContext, state: State, person: Person, principal: str) -> Ask:
    """How the user behind this call of `principal`'s can be asked, if they can."""
    asked = context.request_context
    capabilities = asked.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return Nobody()
    if (asked.protocol_version or "") >= MODERN:
        return _InRounds(context, state, person, principal)
    return _Waiting(context, state, person, principal) if asked.session.can_send_request else Nobody()


@dataclass(frozen=True)
class _Asking:
    context: AnyContext
    state: State
    person: Person
    principal: str

    def _read(self, reply: ElicitResult, form: type[Form], seconds: float) -> Form | None:
        """What a person answered after `seconds`; a machine answers faster, or closes the question."""
        if reply.action == "cancel" or seconds < self.person.fastest:
            raise Closed(CLOSED)
        if reply.action != "accept":
            return None
        try:
            return form.model_validate(reply.content)
        except ValidationError:
            raise Refusal(UNREADABLE) from None


class _Waiting(_Asking):
    """Asks while the call waits."""

    waits = True
    continues = False

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        asked_at, reply = time.monotonic(), None
        with anyio.move_on_after(self.person.patience):
            reply = await _put(self.context, ElicitRequestFormParams(message=message, requested_schema=_schema(form)))
        if reply is None:
            raise Closed(CLOSED)
        return self._read(reply, form, time.monotonic() - asked_at)


class _InRounds(_Asking):
    """Asks by the call's first answer; the client calls again with the reply, and with what was sealed."""

    waits = False

    @property
    def continues(self) -> bool:
        return QUESTION in (self.context.input_responses or {})

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        reply = (self.context.input_responses or {}).get(QUESTION)
        asked = _sealed(self.context.request_state)
        digest = hashlib.sha256(f"{self.principal}\n{message}".encode()).hexdigest()
        # What would be lost, or whose keys are used, may have changed since the question: then it is another question.
        if not isinstance(reply, ElicitResult) or asked.get("digest") != digest:
            params = ElicitRequestFormParams(message=message, requested_schema=_schema(form))
            state = json.dumps({"nonce": secrets.token_urlsafe(16), "digest": digest, "at": time.time()})
            raise Unanswered(
                InputRequiredResult(input_requests={QUESTION: ElicitRequest(params=params)}, request_state=state)
            )
        # The SDK seals the state and lets it expire, but accepts it twice.
        nonce = key(self.principal, "consent", str(asked.get("nonce")))
        if not await self.state.claim(nonce, self.person.patience):
            raise Refusal("Nothing was changed: this agreement was used already. Call again to ask the user anew.")
        return self._read(reply, form, time.time() - float(asked.get("at", 0)))


class Page(Protocol):
    """Where callers enter keys."""

    async def link(self, caller: Caller, missing: KeysMissing) -> str:
        """Its address for a caller who lacks these keys."""
        ...

    def opened(self, caller: Caller, missing: KeysMissing, tell: Callable[[], Awaitable[None]]) -> None:
        """Note that a client opened it for its user, to `tell` it when these have finished there."""
        ...


def way_to_lead(context: AnyContext, person: Person, page: Page, caller: Caller) -> Lead:
    """How the user behind this call of `caller`'s can be led to the page for their keys, if the client opens pages."""
    capabilities = context.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or elicitation.url is None:
        return nowhere
    if (context.protocol_version or "") >= MODERN:
        return partial(_lead_in_rounds, context, page, caller)
    return partial(_lead_while_waiting, context, person, page, caller) if context.session.can_send_request else nowhere


async def _lead_in_rounds(context: AnyContext, page: Page, caller: Caller, missing: KeysMissing) -> None:
    reply = (context.input_responses or {}).get(PAGE)
    if not isinstance(reply, ElicitResult):
        params = ElicitRequestURLParams(message=_invitation(missing), url=await page.link(caller, missing))
        raise Unanswered(InputRequiredResult(input_requests={PAGE: ElicitRequest(params=params)}))
    _tell(reply, missing)


async def _lead_while_waiting(
    context: AnyContext, person: Person, page: Page, caller: Caller, missing: KeysMissing
) -> None:
    url, number = await page.link(caller, missing), secrets.token_urlsafe(16)
    params = ElicitRequestURLParams(message=_invitation(missing), url=url, elicitation_id=number)
    reply = None
    with anyio.move_on_after(person.patience):
        reply = await _put(context, params)
    if reply and reply.action == "accept":
        # By the session's own stream, as this call is over when its user has entered the keys.
        page.opened(caller, missing, partial(context.session.send_elicit_complete, number))
    _tell(reply, missing)


async def _put(context: AnyContext, params: ElicitRequestFormParams | ElicitRequestURLParams) -> ElicitResult:
    """Put a question while the call waits, under a number that no other has.

    The SDK counts from 1 in each session. An answer to a question of a server that died, whose session goes on at
    another, would pass for the answer to one that was put there meanwhile.
    """
    question = ElicitRequest(params=params).model_dump(by_alias=True, mode="json", exclude_none=True)
    channel = context.session._request_outbound  # the SDK's own methods take no number
    number: CallOptions = {"request_id": secrets.randbelow(MOST_NUMBERS)}
    answer = await channel.send_raw_request(question["method"], question["params"], number)
    return ElicitResult.model_validate(answer, by_name=False)


def _invitation(missing: KeysMissing) -> str:
    return (
        f"Your assistant needs your keys for {missing.titles}. Enter them on Drumbeat's page; no assistant sees them."
    )


def _tell(reply: ElicitResult | None, missing: KeysMissing) -> NoReturn:
    """Say what became of the page. Raises Failure."""
    if reply is None or reply.action != "accept":
        raise Failure(f"{missing.lack} They did not open the page for it, {missing.page}.")
    raise Failure(f"{missing.lack} The page for it was opened for them; call again when they have entered the keys.")


def _schema(form: type[BaseModel]) -> dict[str, Any]:
    """A form's schema. One host cancels, unseen, every form that has a title or a description at its root."""
    whole = render_elicitation_schema(form)
    return {key: whole[key] for key in ("type", "properties", "required") if key in whole}


def _sealed(state: str | None) -> dict[str, Any]:
    try:
        asked = json.loads(state or "")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
