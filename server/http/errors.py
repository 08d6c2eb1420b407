"""What went wrong at a vendor, in one or two sentences a model can act on."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx

from server.clean import visible
from server.errors import VendorError

LONGEST_QUOTE = 300
TELLING = ("message", "detail", "title", "error_description", "error", "msg", "reason")
ACCEPTED = "It accepted the request, so do not repeat it."
MAY_HAVE_ACTED = "It may have acted on the request all the same: look before you repeat it."


def sentence(text: str) -> str:
    """`text` on one line, not too long, without characters that nobody sees, with a full stop."""
    text = " ".join(visible(text).split())
    text = text[: LONGEST_QUOTE - 1] + "…" if len(text) > LONGEST_QUOTE else text
    return text if not text or text[-1] in ".!?…" else text + "."


def words_in(payload: Any) -> str | None:
    """The words of an error body whose shape nobody documented."""
    if isinstance(payload, str):
        return _words_in_page(payload)
    if isinstance(payload, list):
        return "; ".join(filter(None, map(words_in, payload[:3]))) or None
    if not isinstance(payload, Mapping):
        return None
    said = next((words for key in TELLING if (words := words_in(payload.get(key)))), None)
    faults = words_in(payload.get("errors"))
    if said or faults:
        return ": ".join(dict.fromkeys(filter(None, (said, faults))))
    # The faults of a form: each field with what is wrong with it.
    return "; ".join(f"{key}: {words}" for key, value in payload.items() if (words := words_in(value))) or None


def _words_in_page(text: str) -> str | None:
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return "an HTML page" + (f" titled “{unescape(title[1]).strip()}”" if title else "")
    return text.strip() or None


def unreachable(title: str, host: str, variable: str, error: httpx.TransportError, *, reads: bool) -> VendorError:
    """The error for a request that got no whole answer from `host`."""
    cause = _root(error)
    refused = isinstance(error, httpx.ProxyError)  # to CONNECT, so the request itself was never sent
    never_left = refused or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    acted, transient = not (reads or never_left), (reads or never_left) and not refused
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        said = f"{title} could not be reached: {host} did not accept a connection in time."
        advice = f"Check the network, the proxy and {variable}."
    elif isinstance(error, httpx.TimeoutException):
        said, advice = f"{title} did not answer in time.", "Try again, or ask for less at once."
    elif "CERTIFICATE_VERIFY_FAILED" in cause:
        transient = False
        said = f"{title}'s certificate at {host} was not accepted: {sentence(cause)}"
        advice = (
            f"Check {variable}, or name your organization's certificate authority in DRUMBEAT_CA_FILE or add it to the "
            "system trust store."
        )
    elif "SSL" in cause.upper():
        transient = False
        said = f"No secure connection to {title} at {host}: {sentence(cause)}"
        advice = f"Check {variable}; where it asks for a client certificate, set DRUMBEAT_CLIENT_CERT."
    elif refused or isinstance(error, httpx.ConnectError):
        said = f"{title} could not be reached at {host}: {sentence(cause)}"
        advice = f"Check the network, the proxy and {variable}."
    else:
        said, advice = f"{title} broke off the connection: {sentence(cause)}", "Try again."
    if acted:
        advice = MAY_HAVE_ACTED
    return VendorError(f"{said} {advice}", acted=acted, transient=transient)


def _root(error: BaseException) -> str:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
