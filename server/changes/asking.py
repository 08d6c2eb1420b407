"""Putting a question to the user through elicitation, in both client eras.

Modern clients (2026-07-28) get the question as the call's first answer and call again with the
reply; legacy clients are asked while the call waits.
"""

import hashlib
import json
import secrets
from typing import Any, TypeAlias

from mcp.server.elicitation import render_elicitation_schema
from mcp.server.mcpserver import Context
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field, ValidationError

from server.errors import Refusal
from server.state import State

MODERN = "2026-07-28"
QUESTION = "consent"
EXPIRES_AFTER = 600.0
UNREADABLE = "Nothing was changed: the client's answer to the question could not be read."

AnyContext: TypeAlias = Context[Any, Any]


class Agreement(BaseModel):
    """The user's answer."""

    agree: bool = Field(description="Yes, do it")


class NamedAgreement(BaseModel):
    """The user's answer where the call is so far-reaching that the name has to be typed."""

    name: str = Field(description="Type the name shown above to agree")


Answer: TypeAlias = Agreement | NamedAgreement


def can_ask(context: AnyContext) -> bool:
    """Whether the client can put a form to its user during this call."""
    capabilities = context.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    declared = elicitation is not None and (elicitation.form is not None or elicitation.url is None)
    return declared and (_is_modern(context) or context.session.can_send_request)


async def ask(
    message: str, form: type[Answer], context: AnyContext, state: State
) -> Answer | InputRequiredResult | None:
    """The user's answer, None where they declined, or the question for a modern client to put to them.

    An answer counts once, for the exact message that was shown.
    Raises Refusal for an answer that was used already or that does not fit the form.
    """
    if _is_modern(context):
        return await _ask_in_rounds(message, form, context, state)
    try:
        outcome = await context.elicit(message, form)
    except (ValueError, ValidationError):
        raise Refusal(UNREADABLE) from None
    return outcome.data if outcome.action == "accept" else None


async def _ask_in_rounds(
    message: str, form: type[Answer], context: AnyContext, state: State
) -> Answer | InputRequiredResult | None:
    reply = (context.input_responses or {}).get(QUESTION)
    asked = _asked(context.request_state)
    digest = hashlib.sha256(message.encode()).hexdigest()
    # What would be lost may have changed since the question: then it is another question.
    if not isinstance(reply, ElicitResult) or asked.get("digest") != digest:
        params = ElicitRequestFormParams(message=message, requested_schema=render_elicitation_schema(form))
        sealed = json.dumps({"nonce": secrets.token_urlsafe(16), "digest": digest})
        return InputRequiredResult(input_requests={QUESTION: ElicitRequest(params=params)}, request_state=sealed)
    # The SDK seals the state and lets it expire, but accepts it twice.
    if not await state.claim(f"consent:{asked.get('nonce')}", EXPIRES_AFTER):
        raise Refusal("Nothing was changed: this agreement was used already. Call again to ask the user anew.")
    if reply.action != "accept":
        return None
    try:
        return form.model_validate(reply.content)
    except ValidationError:
        raise Refusal(UNREADABLE) from None


def _is_modern(context: AnyContext) -> bool:
    return (context.protocol_version or "") >= MODERN


def _asked(state: str | None) -> dict[str, str]:
    try:
        asked = json.loads(state or "")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
