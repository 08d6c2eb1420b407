"""The guard: a destructive call runs only after a person has seen what goes away and agreed.

The model's own say-so is never consent. How a person agrees is the operator's choice
(`DRUMBEAT_CONFIRM`), and how much may go away in a while is bounded whatever they agree to.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import InputRequiredResult
from pydantic import BaseModel

from server.changes.asking import EXPIRES_AFTER, Agreement, AnyContext, NamedAgreement, ask, can_ask
from server.clean import visible
from server.errors import Refusal
from server.settings import Settings
from server.spec import Declaration, Preview
from server.state import State

SESSION_SECONDS = 12 * 3600.0


@dataclass(frozen=True)
class Consent:
    """How a destructive call was agreed to, for the journal; `asked` is what the person was shown."""

    mode: str
    asked: str | None = None
    answer: str | None = None


class Unconfirmed(BaseModel):
    """The first answer of `two-step`: nothing was done, and this is what would be lost."""

    preview: str
    confirmation_token: str


class Guard:
    """Decides whether a destructive call may run now."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings = settings
        self._state = state

    async def consent(
        self,
        tool: Declaration,
        arguments: Mapping[str, Any],
        preview: Preview,
        context: AnyContext,
        *,
        caller: str,
        token: str | None,
    ) -> Consent | Unconfirmed | InputRequiredResult:
        """A Consent once somebody has agreed; otherwise what to answer to the client for now.

        Raises Refusal where the user did not agree or cannot be asked.
        """
        message = question(tool, preview)
        if self._settings.confirm == "never":
            return Consent("never", message)
        if self._settings.confirm == "two-step":
            return await self._two_step(tool, arguments, message, caller, token)
        if not can_ask(context):
            raise Refusal(CANNOT_ASK)
        form = NamedAgreement if tool.type_the_name else Agreement
        answer = await ask(message, form, context, self._state)
        if isinstance(answer, InputRequiredResult):
            return answer
        if isinstance(answer, NamedAgreement) and one_line(answer.name) != one_line(preview.name):
            raise Refusal("Nothing was changed: the name that the user typed is not the name of what would go away.")
        if answer is None or (isinstance(answer, Agreement) and not answer.agree):
            raise Refusal("Nothing was changed: the user did not agree. Do not try again unless they ask for it.")
        return Consent("ask", message, answer.model_dump_json())

    async def admit(self, caller: str, *, act: bool) -> None:
        """Check that one more destructive action of `caller` is within the limits; `act` counts it.

        Raises Refusal where it is not.
        """
        settings, add = self._settings, int(act)
        if await self._state.count(f"minute:{caller}", 60, add=add) + (1 - add) > settings.destructive_per_minute:
            raise Refusal(
                f"Nothing was changed: more than {settings.destructive_per_minute} destructive actions in a minute. "
                "Stop and tell the user what was done so far; wait a minute before the next."
            )
        if await self._state.count(f"session:{caller}", SESSION_SECONDS, add=add) + (1 - add) > (
            settings.destructive_per_session
        ):
            raise Refusal(
                f"Nothing was changed: this session has used up its {settings.destructive_per_session} destructive "
                "actions. The operator can raise DRUMBEAT_DESTRUCTIVE_PER_SESSION."
            )

    async def _two_step(
        self, tool: Declaration, arguments: Mapping[str, Any], message: str, caller: str, token: str | None
    ) -> Consent | Unconfirmed:
        bound = hashlib.sha256(
            json.dumps([tool.name, arguments, message, caller], sort_keys=True, default=str).encode()
        ).hexdigest()
        if token is None:
            token = secrets.token_urlsafe(12)
            await self._state.put(f"token:{token}", bound, EXPIRES_AFTER)
            return Unconfirmed(preview=message, confirmation_token=token)
        expected = await self._state.take(f"token:{token}")
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


CANNOT_ASK = (
    "Nothing was changed: this needs the user's own agreement, and this client cannot ask for it (it does not support "
    "elicitation). The user can do it in a client that can, or the operator can set DRUMBEAT_CONFIRM=two-step."
)


def question(tool: Declaration, preview: Preview) -> str:
    """What a person is shown before they agree; what comes from the vendor stays on its line."""
    lines = [f"{tool.title}?", one_line(preview.what)]
    if preview.lost:
        lines.append(f"Cannot be undone: {one_line(preview.lost).rstrip('.')}.")
    if tool.type_the_name:
        lines.append(f"To agree, type its name: {one_line(preview.name)}")
    return "\n".join(lines)


def one_line(text: str) -> str:
    """A vendor's text as it may stand in a question."""
    return " ".join(visible(text).split())
