"""Everything that a call or a start can fail with. The message is what its reader is shown."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class ConfigurationError(Exception):
    """The environment does not add up; the message is one line that names the variable."""


class Refusal(Exception):
    """A call that Drumbeat itself refuses. Nothing was sent."""


class Closed(Refusal):
    """A question to the user that was closed without a person's answer."""


class Unanswered(Exception):
    """A call that waits for its user: `question`, in the protocol's own form, is what the client has to put to them."""

    def __init__(self, question: Any) -> None:
        super().__init__("the user has not been asked yet")
        self.question = question


class WouldSend(Exception):
    """A dry run came to the point where it would have sent `request`, a method and a URL, with `body`."""

    def __init__(self, request: str, body: Any) -> None:
        super().__init__(request)
        self.request = request
        self.body = body


class Failure(Exception):
    """A call that did not succeed, in words for the caller."""


class KeysMissing(Failure):
    """A call that needs keys which its caller has not entered. vendors: those whose keys would do, names and titles."""

    def __init__(self, vendors: Mapping[str, str], page: str) -> None:
        self.vendors = dict(vendors)
        self.page = page
        super().__init__(f"{self.lack} The user enters them at {page}; then call again.")

    @property
    def titles(self) -> str:
        """The vendors' titles, in words."""
        return " or ".join(self.vendors.values())

    @property
    def lack(self) -> str:
        """The first sentence: which keys are missing."""
        return f"Nothing was sent: the user has not yet given this server their keys for {self.titles}."


class BadArguments(Failure):
    """A call whose arguments do not fit the tool."""


class JournalError(Exception):
    """The journal cannot be written or read; the message says where and why."""


class Unreachable(Exception):
    """The state that servers share cannot be reached, or does not answer in time."""


class VendorError(Exception):
    """A call that failed at the vendor or on the way to it.

    status: the HTTP status, None where no answer came.
    acted: whether the vendor may have carried the request out all the same.
    transient: whether the same request may well succeed in a moment.
    """

    def __init__(
        self, message: str, *, status: int | None = None, acted: bool = False, transient: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.acted = acted
        self.transient = transient

    def again(self) -> "VendorError":
        """A copy of this error, for another caller."""
        return VendorError(str(self), status=self.status, acted=self.acted, transient=self.transient)


def not_installed(setting: str, package: str) -> ConfigurationError:
    """The error of a setting that needs a package of the extra for teams."""
    return ConfigurationError(f"{setting} needs {package}: pip install drumbeat-mcp[team].")


LONGEST_NAME, MOST_COMPARED = 200, 1000
"""Characters of a name that is compared with those there are, and how many: comparing takes the square of the first."""


def nearest(name: str, known: Iterable[str], most: int = 3, alike: float = 0.5) -> list[str]:
    """Those of the `known` names that somebody who wrote `name` may have meant, likeliest first."""
    short = sorted(other for other in known if len(other) <= LONGEST_NAME)
    if len(short) > MOST_COMPARED:
        short = [other for other in short if other[:1].casefold() == name[:1].casefold()][:MOST_COMPARED]
    return get_close_matches(name, short, most, alike) if len(name) <= LONGEST_NAME else []
