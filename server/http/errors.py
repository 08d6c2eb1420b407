"""What went wrong at a vendor, in one or two sentences a model can act on."""

from collections.abc import Iterator, Mapping
from html import unescape
from itertools import islice
from typing import Any

import httpx

from server.clean import visible
from server.errors import VendorError

LONGEST_QUOTE = 300
# Bounds of what is looked at for it: characters of a text, parts of a body, levels.
MOST_READ, MOST_LOOKED_AT, DEEPEST = 4000, 100, 12
TELLING = ("message", "detail", "title", "error_description", "error", "msg", "reason")
ACCEPTED = "It accepted the request, so do not repeat it."
MAY_HAVE_ACTED = "It may have acted on the request all the same: look before you repeat it."


def sentence(text: str) -> str:
    """`text` on one line, not too long, without characters that nobody sees, with a full stop."""
    text = " ".join(visible(text[:MOST_READ]).split())
    text = text[: LONGEST_QUOTE - 1] + "…" if len(text) > LONGEST_QUOTE else text
    return text if not text or text[-1] in ".!?…" else text + "."


def words_in(payload: Any) -> str | None:
    """The words of an error body whose shape nobody documented."""
    return "; ".join(_words(payload, DEEPEST, iter(range(MOST_LOOKED_AT)))) or None


def _words(payload: Any, deeper: int, looks: Iterator[int]) -> list[str]:
    """The words in a part of an error body. Every part is looked at once, and only as many as there are `looks`."""
    if next(looks, None) is None or not deeper:
        return []
    if isinstance(payload, str):
        text = payload[:MOST_READ].strip()
        return [words] if (words := page_in(text) or text) else []
    if isinstance(payload, list):
        return [words for item in payload[:3] for words in _words(item, deeper - 1, looks)]
    if not isinstance(payload, Mapping):
        return []
    told = (_words(payload[key], deeper - 1, looks) for key in TELLING if key in payload)
    said = next(filter(None, told), [])
    faults = _words(payload.get("errors"), deeper - 1, looks)
    if said or faults:
        return [": ".join(dict.fromkeys("; ".join(words) for words in (said, faults) if words))]
    # The faults of a form: each field with what is wrong with it.
    fields = islice(payload.items(), MOST_LOOKED_AT)
    others = [(key, value) for key, value in fields if key not in (*TELLING, "errors")]
    found = ((key, _words(value, deeper - 1, looks)) for key, value in others)
    return [f"{key[:MOST_READ]}: {'; '.join(words)}" for key, words in found if words]


def page_in(text: str) -> str | None:
    """What an HTML page is called in an error; None for what is none."""
    text = text[:MOST_READ].strip()
    lower = text.lower()
    if not lower.startswith(("<!doctype", "<html")):
        return None
    start = lower.find(">", lower.find("<title")) + 1 if "<title" in lower else 0
    end = lower.find("</title", start)
    title = unescape(text[start:end]).strip() if 0 < start <= end else ""
    return f"an HTML page titled “{title}”" if title else "an HTML page"


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


def next_step(status: int, *, variables: str, base_url_variable: str, forbidden: str, reads: bool) -> str | None:
    """What to do about an answer with this status. forbidden: what a 403 means at this vendor."""
    if 300 <= status <= 399:
        return f"Redirects are not followed; check {base_url_variable}."
    if status == 401:
        return f"Check {variables}."
    if status == 403:
        return f"{forbidden}; see {variables}."
    if status == 404:
        return "Check the id or name; the vendor's list tools show what exists."
    if status == 429:
        return "Wait a minute before the next call."
    if status >= 500:
        return "The fault is the vendor's" + ("; try again later." if reads else ".")
    return None
