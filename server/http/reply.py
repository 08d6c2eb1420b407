"""A vendor's answer as a tool gets it: without our credentials, and as the type that is wanted."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from server.errors import VendorError
from server.http.credentials import Credentials
from server.http.errors import ACCEPTED, LONGEST_QUOTE, MAY_HAVE_ACTED, MOST_READ, page_in, sentence
from server.http.payload import accepted, adapter
from server.http.response import Response, TooManyValues
from server.models import VendorModel

CHECK = "check its base URL (drumbeat_check_connections)"


@dataclass(frozen=True)
class Reply:
    """A vendor's answer without our credentials: `payload` is its JSON, `data` that without the envelope.

    acted: whether the request was one that changes something.
    """

    response: Response
    data: Any
    payload: Any
    acted: bool = False

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def text(self) -> str:
        """The body as it came."""
        return self.response.text


def read(response: Response, ours: Credentials, title: str, *, writes: bool) -> tuple[Response, Any]:
    """An answer and its payload, both without our credentials. Raises VendorError for a body of too many values."""
    try:
        payload = response.parse()
    except TooManyValues:
        said = f"{title} answered {response.status} with a body of too many values, so it was not read."
        if writes:
            said += f" {ACCEPTED if response.is_success else MAY_HAVE_ACTED}"
        raise VendorError(said, status=response.status, acted=writes) from None
    if not ours.are_in(response.content):
        return response, payload
    headers = response.headers.copy()
    headers["content-type"] = "text/plain; charset=utf-8"
    content = ours.mask(response.text).encode("utf-8", "replace")
    return replace(response, headers=headers, content=content), ours.mask_in(payload)


def refuse_nothing(reply: Reply, returns: Any, title: str) -> None:
    """Raises VendorError where an object was asked for and nothing came, which reads as an object without fields."""
    if reply.data is None and isinstance(returns, type) and issubclass(returns, VendorModel):
        said = f"{title} answered {reply.status} without anything: perhaps there is no such thing."
        raise VendorError(said, status=reply.status)


def fit(reply: Reply, returns: Any, title: str) -> Any:
    """The reply's data as the type `returns`, see `Api.fit`."""
    if returns is None:
        return reply.data
    if reply.acted:
        return accepted(returns, reply.data)
    data = {} if reply.data is None else reply.data
    try:
        return adapter(returns).validate_python(data)
    except ValidationError as error:
        if page := page_in(reply.response.beginning(MOST_READ)):
            message = (
                f"{title} answered {reply.status} with {page} instead of data, as a login or a proxy does: {CHECK}."
            )
            raise VendorError(message, status=reply.status) from None
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))[:LONGEST_QUOTE] or "its top"
        quote = sentence(reply.response.beginning(MOST_READ))
        message = f"{title} answered in an unknown shape (at {where}): {quote}"
        raise VendorError(message, status=reply.status) from error
