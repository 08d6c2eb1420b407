"""A vendor's whole answer, and what its body says."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic_core import from_json

from server.clean import whole_characters

# Those of Python's codecs that browsers know too; others are no charsets, or take the square of a body's length.
CHARSET = re.compile(
    r"""charset\s*=\s*["']?(utf-?8|utf-?16(?:[lb]e)?|us-ascii|latin-?1|iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]
    |gb2312|gbk|gb18030|big5|shift[_-]jis|euc-(?:jp|kr))\b""",
    re.IGNORECASE | re.VERBOSE,
)
BOM = "\ufeff"
# Values that a body of the largest size may have; twenty MiB of empty objects would take half a GiB.
MOST_VALUES = 2_000_000
# Objects become models, each of which takes more than a kilobyte.
MOST_OBJECTS = 250_000


class TooManyValues(ValueError):
    """A body of so many values that reading it would stop everything else."""


@dataclass(frozen=True)
class Response:
    """A vendor's answer; `content` is the body, unpacked, whatever its content coding was."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the vendor did what it was asked: 2xx."""
        return 200 <= self.status <= 299

    @property
    def is_server_error(self) -> bool:
        """Whether the fault is the vendor's: 5xx."""
        return self.status >= 500

    @property
    def text(self) -> str:
        """The body in the charset that its content type names, else in UTF-8; what is not text is replaced."""
        return self._decoded(self.content)

    def beginning(self, most: int) -> str:
        """The text of the first bytes, at most so many."""
        return self._decoded(self.content[:most])

    @property
    def calls_left(self) -> int | None:
        """What the vendor says is left of its rate limit."""
        left = self.headers.get("x-rate-limit-remaining", "").strip()
        return int(left) if re.fullmatch(r"[0-9]{1,9}", left) else None

    def parse(self) -> Any:
        """The body as JSON, whatever its content type says; as text where it is not; None where empty.

        What is nested deeper than 200 levels is text. Raises TooManyValues.
        """
        if len(self.content) > 2 * MOST_OBJECTS and self._has_too_many_values():
            raise TooManyValues
        try:
            return from_json(self.content)
        except ValueError:
            return self._parse_leniently()

    def _has_too_many_values(self) -> bool:
        in_texts = self.content.count(b'{\\"')  # JSON inside of JSON, such as a log's
        if self.content.count(b"{") - in_texts > MOST_OBJECTS:
            return True
        return len(self.content) > MOST_VALUES and sum(map(self.content.count, b"[{,")) > MOST_VALUES

    def _parse_leniently(self) -> Any:
        text = self.text.removeprefix(BOM)
        if not text.strip():
            return None
        try:
            return from_json(whole_characters(text))
        except ValueError:
            return text

    def _decoded(self, content: bytes) -> str:
        named = CHARSET.search(self.headers.get("content-type", "")[:200])
        return content.decode(named[1] if named else "utf-8", "replace")
