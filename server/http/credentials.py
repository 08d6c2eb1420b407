"""Our own credentials, found and masked in whatever comes back, however somebody wrote them.

Text is compared in one plain form: escapes (percent, JSON, HTML) read, capitals small, the two alphabets of base64
made one, and all that shows nothing left out. Every credential is looked for in that form as it is, in base64 at any
place of a longer text (so also as half of a pair), and in hexadecimal digits.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html.entities import html5
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from pydantic_core import to_json

from server.http.proxies import proxies
from server.redaction import MASK

# Anything shorter would be found by chance; it is masked where it stands alone.
SHORTEST, SHORTEST_CODED = 6, 10
PRINTABLE = bytes(range(0x21, 0x7F))
PLAIN_FORM = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
# Backslashes too: what is JSON inside of JSON has more of them a level.
UNSEEN = bytes(set(range(256)) - set(PRINTABLE) | {ord("\\")})
ESCAPES = re.compile(
    r"%(?:25){0,3}[0-9a-fA-F]{2}|\\++(?:u[0-9a-fA-F]{4}|[nrtbf])?|&#[0-9]{1,7};|&#[xX][0-9a-fA-F]{1,6};|&[a-zA-Z]{2,8};"
)
SHORT_ESCAPES = [b"\\" + letter for letter in (b"n", b"r", b"t", b"b", b"f")]
MANY = 10_000
# Characters and rows that are searched together.
PIECE, ROWS = 32_768, 500


class Credentials:
    """The credentials of one connection. headers: those of a request, which carry them in some form."""

    def __init__(self, secrets: Iterable[str], headers: Iterable[str] = ()) -> None:
        secrets = list(filter(None, secrets))
        long = [secret for secret in secrets if len(secret) >= SHORTEST]
        needles = {form for secret in long for form in _forms(secret)}
        self._alone = [re.compile(rf"(?<!\w){re.escape(s)}(?!\w)") for s in secrets if len(s) < SHORTEST]
        words = [header.rpartition(" ")[2] for header in headers]
        carried = {_plain(word.encode()) for word in words if self._carries(word, secrets)}
        self._needles = sorted(filter(None, carried | needles), key=len, reverse=True)

    def are_in(self, content: bytes) -> bool:
        """Whether a body may hold any of them: a few quick looks, each once over it."""
        if self._alone and (text := content.decode("utf-8", "replace")) and any(p.search(text) for p in self._alone):
            return True
        if self._any_in(_plain(content)):
            return True
        return (unescaped := _unescaped(content)) is not content and self._any_in(_plain(unescaped))

    def mask(self, text: str) -> str:
        """`text` without them."""
        for pattern in self._alone:
            text = pattern.sub(MASK, text)
        if not self.are_in(text.encode("utf-8", "replace")):
            return text
        if len(text) > PIECE:
            masked = "".join([self.mask(text[at : at + PIECE]) for at in range(0, len(text), PIECE)])
            return MASK if self.are_in(masked.encode("utf-8", "replace")) else masked
        forms = [_located(text, ESCAPES.finditer(text)), _located(text, ())]
        spans = sorted(span for form in forms for needle in self._needles for span in _found(needle, *form))
        shown, end = [], 0
        for start, stop in spans:
            if start >= end:
                shown += [text[end:start], MASK]
            end = max(end, stop)
        return "".join([*shown, text[end:]])

    def mask_in(self, value: Any) -> Any:
        """`value`, which is plain data, with no text or key in it that holds one of them."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {self.mask(key): self.mask_in(item) for key, item in value.items()}
        if isinstance(value, list):
            parts = [value[at : at + ROWS] for at in range(0, len(value), ROWS)]
            return [item for part in parts for item in self._mask_rows(part, many=len(parts) > 1)]
        return value

    def _mask_rows(self, rows: list[Any], *, many: bool) -> list[Any]:
        # One look at many rows spares a look at each of their texts.
        return rows if many and not self.are_in(to_json(rows)) else [self.mask_in(row) for row in rows]

    def _any_in(self, plain: bytes) -> bool:
        return any(needle in plain for needle in self._needles)

    def _carries(self, word: str, secrets: list[str]) -> bool:
        try:
            decoded = b64decode(word, validate=True).decode()
        except ValueError:
            decoded = ""
        return any(secret in word or secret in decoded for secret in secrets)


@lru_cache(maxsize=64)
def credentials(secrets: tuple[str, ...], headers: tuple[str, ...]) -> Credentials:
    """The `Credentials` of these, made once."""
    return Credentials(secrets, headers)


def of_proxies() -> tuple[str, ...]:
    """The passwords for the proxies that the environment names."""
    found = []
    for url in proxies().values():
        try:
            found.append(unquote(urlsplit(url).password or ""))
        except ValueError:
            continue
    return tuple(filter(None, found))


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield _plain(raw)
    yield raw.hex().encode()
    for before in range(3):
        # What stands before and after shares the first and the last character with it.
        coded = b64encode(b"\0" * before + raw).rstrip(b"=")
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        if last - first >= SHORTEST_CODED:
            yield _plain(coded[first:last])


def _plain(content: bytes) -> bytes:
    return content.translate(PLAIN_FORM, UNSEEN)


def _unescaped(content: bytes) -> bytes:
    """What `ESCAPES` and `_read` make of `content`, near enough, and much faster; itself where nothing is escaped."""
    if b"\\" in content:
        for short in SHORT_ESCAPES:
            content = content.replace(short, b"")
        if times := content.count(b"\\u"):
            content = _spelt_out(content, b"\\u00") if times > MANY else b"".join(_read_codes(content.split(b"\\u")))
    if b"%" in content:
        for _ in range(3 if b"%25" in content else 0):
            content = content.replace(b"%25", b"%")
        content = _spelt_out(content, b"%") if content.count(b"%") > MANY else unquote_to_bytes(content)
    if b"&" in content and (b"&#" in content or b"&amp;" in content):
        content = ESCAPES.sub(_read, content.decode("utf-8", "replace")).encode("utf-8", "replace")
    return content


def _spelt_out(content: bytes, mark: bytes) -> bytes:
    for code in PRINTABLE:
        for digits in {b"%02x" % code, b"%02X" % code}:
            content = content.replace(mark + digits, bytes([code]))
    return content


def _read_codes(pieces: list[bytes]) -> Iterator[bytes]:
    yield pieces[0]
    for piece in pieces[1:]:
        try:
            yield chr(int(piece[:4], 16)).encode("utf-8", "replace") + piece[4:]
        except ValueError:
            yield piece


def _read(escape: re.Match[str]) -> str:
    text = escape[0]
    if text[0] == "%":
        return chr(int(text[-2:], 16))
    if text[0] == "\\":
        code = text.lstrip("\\u")
        return chr(int(code, 16)) if len(code) == 4 else ""
    if text[1] != "#":
        return html5.get(text[1:], text)
    number = int(text[3:-1], 16) if text[2] in "xX" else int(text[2:-1])
    return chr(number) if number < 128 else ""


def _located(text: str, escapes: Iterable[re.Match[str]]) -> tuple[bytes, list[tuple[int, int]]]:
    """The plain form of `text`, its `escapes` read, and where each of its characters stands there."""
    plain, places, end = bytearray(), [], 0
    for escape in [*escapes, None]:
        start = escape.start() if escape else len(text)
        pieces = [(c, at, at + 1) for at, c in enumerate(text[end:start], end)]
        if escape:
            pieces += [(c, *escape.span()) for c in _read(escape)]
            end = escape.end()
        for character, at, to in pieces:
            form = _plain(character.encode("utf-8", "replace"))
            plain += form
            places += [(at, to)] * len(form)
    return bytes(plain), places


def _found(needle: bytes, plain: bytes, places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at = plain.find(needle)
    while at >= 0:
        yield places[at][0], places[at + len(needle) - 1][1]
        at = plain.find(needle, at + len(needle))
