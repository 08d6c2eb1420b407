"""Consent: a call that takes something away runs only after a person has seen what, and agreed.

The model's own say-so is never consent. How a person agrees is the operator's choice (`DRUMBEAT_CONFIRM`).
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
from pydantic import BaseModel, Field

from server.clean import visible
from server.errors import Refusal, Unanswered
from server.request import Request
from server.settings import Settings
from server.spec import Declaration, Preview
from server.state import State, key
from server.wording import shortened

EXPIRES_AFTER = 600.0
MOST_REFUSALS = 3
REFUSALS_COUNT_FOR = 3600.0
# A client of the modern era may drop a question without a word, so it does not keep others waiting for long.
OPEN_SECONDS = 30.0
# What a call keeps of its time, when it waits for others' questions, for doing what was agreed to.
SPARE_SECONDS = 20.0
REFUSED_TOO_OFTEN = (
    f"Nothing was changed: the user refused this {MOST_REFUSALS} times and is not asked again within the hour. "
    "Ask them in the chat what they want instead."
)
LONGEST_WHAT, LONGEST_LOST, LONGEST_NAME = 700, 400, 200
BLANK = "\u2800"  # a letter to Unicode, and nothing to see


class Agreement(BaseModel):
    """The user's answer."""

    agree: bool = Field(False, description="Yes, do it")


class NamedAgreement(BaseModel):
    """The user's answer where the call is so far-reaching that the name has to be typed."""

    name: str = Field(description="Type the name shown above to agree")


AnyAgreement = TypeVar("AnyAgreement", bound=Agreement | NamedAgreement)


@dataclass(frozen=True)
class Consent:
    """How a call was agreed to, for the journal; `asked` is what the person was shown."""

    mode: str
    asked: str | None = None
    answer: str | None = None


class Unconfirmed(BaseModel):
    """The first answer of `two-step`: nothing was done, and this is what would be lost."""

    preview: str
    confirmation_token: str
    next: str = "Nothing is done yet. Show the user the preview; once they agree, call again with the token as well."


class Consents:
    """Asks for consent in the way that the operator chose."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings = settings
        self._state = state

    async def obtain(
        self,
        tool: Declaration,
        arguments: Mapping[str, Any],
        preview: Preview,
        request: Request,
        token: str | None,
    ) -> Consent | Unconfirmed:
        """A Consent once somebody has agreed, or the preview to be agreed to.

        Raises Refusal where the user did not agree or cannot be asked, Unanswered where they have to be asked first.
        """
        message = question(tool, preview, arguments)
        if self._settings.confirm == "never":
            return Consent("never", message)
        act = _digest([tool.name, arguments, request.caller.principal])
        if self._settings.confirm == "two-step":
            return await self._two_step(message, _digest([act, message]), request.caller.principal, token)
        answer = await self._ask(message, NamedAgreement if tool.type_the_name else Agreement, act, request)
        if isinstance(answer, NamedAgreement) and _as_shown(answer.name) != name_to_type(preview, arguments):
            raise Refusal("Nothing was changed: the name that the user typed is not that of what would go away.")
        return Consent("ask", message, answer.model_dump_json())

    async def _ask(self, message: str, form: type[AnyAgreement], act: str, request: Request) -> AnyAgreement:
        """The agreement of a user who has one question before them at a time. Raises Refusal where there is none."""
        principal = request.caller.principal
        place, refusals = key(principal, "question"), key(principal, "refusals", act)
        if not request.ask.continues:
            await self._take_turn(place, request)
        try:
            if await self._state.count(refusals, REFUSALS_COUNT_FOR, add=0) >= MOST_REFUSALS:
                raise Refusal(REFUSED_TOO_OFTEN)
            with request.deadline.stopped():
                answer = await request.ask(message, form)
        except Unanswered:
            raise  # the question is open until the client calls again
        except BaseException:
            await self._give_back(place)
            raise
        await self._give_back(place)
        if answer is None or (isinstance(answer, Agreement) and not answer.agree):
            await self._state.count(refusals, REFUSALS_COUNT_FOR, add=1)
            raise Refusal("Nothing was changed: the user did not agree. Do not try again unless they ask for it.")
        return answer

    async def close(self, request: Request) -> None:
        """Leave no question open that a call brings the answer to, where it ends before the answer is of use."""
        if request.ask.continues:
            await self._give_back(key(request.caller.principal, "question"))

    async def _take_turn(self, place: str, request: Request) -> None:
        seconds = EXPIRES_AFTER if request.ask.waits else OPEN_SECONDS
        with anyio.move_on_after(request.deadline.left - SPARE_SECONDS):
            while not await self._state.claim(place, seconds):  # noqa: ASYNC110 replicas share it
                await anyio.sleep(0.1)
            return
        raise Refusal(
            "Nothing was changed: another question to the user is open. Wait for its answer, then call again."
        )

    async def _give_back(self, place: str) -> None:
        with anyio.CancelScope(shield=True):
            await self._state.take(place)

    async def _two_step(self, message: str, bound: str, principal: str, token: str | None) -> Consent | Unconfirmed:
        if token is None:
            token = secrets.token_urlsafe(12)
            await self._state.put(key(principal, "token", token), bound, EXPIRES_AFTER)
            return Unconfirmed(preview=message, confirmation_token=token)
        expected = await self._state.take(key(principal, "token", token))
        if expected is None:
            raise Refusal(
                "Nothing was changed: this confirmation_token was used already, has expired or was never given out. "
                "Call without it for a new one."
            )
        if expected != bound:
            raise Refusal(
                "Nothing was changed: this confirmation_token was given for other arguments, or what would be lost has "
                "changed since. Call without it for a new preview."
            )
        return Consent("two-step", message, token)


def question(tool: Declaration, preview: Preview, arguments: Mapping[str, Any]) -> str:
    """What a person is shown before they agree; what comes from the vendor stays on its line."""
    lines = [f"{tool.title}?", shortened(_as_shown(preview.what), LONGEST_WHAT)]
    if preview.lost:
        lines.append(f"Cannot be undone: {shortened(_as_shown(preview.lost).rstrip('.'), LONGEST_LOST)}.")
    if preview.unseen:
        lines.append(f"Not looked at: {shortened(_as_shown(preview.unseen), LONGEST_LOST)}.")
    if tool.type_the_name:
        lines.append(f"To agree, type its name: {name_to_type(preview, arguments)}")
    return "\n".join(lines)


def name_to_type(preview: Preview, arguments: Mapping[str, Any]) -> str:
    """The name that agreeing takes: the object's own, or its id where the name shows nothing or is no name."""
    name = _as_shown(preview.name)
    if 0 < len(name) <= LONGEST_NAME:
        return name
    return next((_as_shown(value) for value in arguments.values() if isinstance(value, str)), "yes")


def _as_shown(text: str) -> str:
    """A vendor's text as it may stand in a question."""
    return " ".join(visible(text.replace(BLANK, " ")).split())


def _digest(of: Any) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True, default=str).encode()).hexdigest()
