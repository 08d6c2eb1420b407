"""Keeping secrets out of what is shown and kept, by the names under which they stand."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer

MASK = "********"
LONGEST_NAME = 200

Masked = Annotated[str, PlainSerializer(lambda _: MASK, return_type=str)]
"""A secret inside vendor data: parsed, never shown."""

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A name is read as its words joined by spaces: "dbPassword2" and "DB-PASSWORD" are "db password".
TELLING = re.compile(
    r"""\b(?:
      pass|pwd|mypwd|pat|pin|otp|totp|dsn|jwt|sas|hmac|salt|bearer|cookies?|sessions?|authorization|kubeconfig
      |\w*(?:password|passwd|passphrase|passcode|secret|token|credential|apikey|cookie)s?
      |\w*(?:access|private|secret|ssh|signing|signature|encryption|auth|account|master|deploy|shared|webhook|hmac)
        \ ?(?:access\ )?keys?
      |\w*(?:api|rsa|pgp|gpg|aes)\ ?keys?
      |connection\ ?strings?|service\ ?account|webhook\ ?(?:url|uri)|sas\ ?(?:url|uri)
    )\b""",
    re.VERBOSE,
)
# What such a name may end in when it tells of a secret and holds none: "tokens_used", "password_updated_at".
HARMLESS = re.compile(
    r"""\b(?:ids?|name|names|type|types|kind|count|counts|used|usage|left|limit|limits|total|size|length|at|on|date|time
    |timestamp|seconds|duration|ttl|expiry|expires|expired|expiration|enabled|disabled|required|exists|set|valid|policy
    |hint|status|state|scope|scopes|version|format|algorithm|encoding|url|uri|path|description|label|title|user|username
    |login|email|owner|author|created|updated|rotated|rate|notes|number|index|public)$""",
    re.VERBOSE,
)
# Names that end so and are secrets all the same.
SECRET_ALL_THE_SAME = re.compile(
    r"\b(?:(?:session|secret)\ ?id|(?:webhook|sas)\ ?(?:url|uri)|\w+(?:sess|session)\ ?id)$"
)
# What shows by itself that it is a secret, whatever it is called: keys, tokens, addresses with a password.
SECRET_ITSELF = re.compile(
    r"""-----BEGIN\ [A-Z ]{0,40}PRIVATE\ KEY|://[^\s/:@]{0,200}:[^\s/@]{1,500}@|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    |\bgh[pousr]_\w{30}|\bgithub_pat_\w{20}|\bglpat-[\w-]{20}|\bxox[abprs]-[\w-]{10}|\bsk-[\w-]{20}
    |\beyJ[\w-]{10,2000}\.[\w-]+\.|(?i:(?:AccountKey|AccessKey|Password|Pwd)=[^;\s])""",
    re.VERBOSE,
)
# Only these are numbers; under others a number is a count.
IN_DIGITS = re.compile(r"\b(?:pin|otp|totp|passcode|password|pass|pwd)$")


@lru_cache(maxsize=4096)
def _words(name: str) -> str:
    return " ".join(WORDS.findall(name)).lower()


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    words = _words(name)
    if "public key" in words:
        return False
    return bool(SECRET_ALL_THE_SAME.search(words) or (TELLING.search(words) and not HARMLESS.search(words)))


def _is_harmless(name: str) -> bool:
    return bool(HARMLESS.search(_words(name[-LONGEST_NAME:])))


def names_secret(name: str) -> bool:
    """Whether what stands under `name` in vendor data or in an argument is a secret, by any of its spellings."""
    return _is_secret(name[-LONGEST_NAME:])


def shows_secret(text: str) -> bool:
    """Whether a text is, or holds, what can be told to be a secret without its name."""
    return bool(SECRET_ITSELF.search(text))


def redact(value: Any, secrets: frozenset[str] = frozenset(), *, sensitive: Collection[str] = ()) -> Any:
    """`value` with whatever stands under the name of a secret masked.

    sensitive: the places of arguments that are or carry secrets, names with dots between (`password`,
    `arguments.variables`), or with `*.` before a name for wherever it stands. A text or a number there is masked;
    of an object or a list what stands under `value` or the name of a secret.
    secrets: texts that are masked wherever one is the whole of a value.
    """
    return _Redaction(secrets, frozenset(sensitive)).of(value)


Inside = Literal["", "sensitive", "withheld", "secret"]


@dataclass(frozen=True)
class _Redaction:
    secrets: frozenset[str]
    sensitive: frozenset[str]

    def of(self, value: Any, inside: Inside = "", at: str = "") -> Any:
        """`value`, which stands at the place `at`.

        inside: of what is sensitive, of what is withheld in it, of a secret by its name, or of none of these.
        """
        if isinstance(value, Mapping):
            return {key: self._under(str(key), item, inside, at) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(item, inside, at) for item in value]
        if isinstance(value, str):
            return MASK if inside in ("secret", "withheld") or value in self.secrets else value
        return MASK if inside == "withheld" and _is_number(value) else value

    def _under(self, name: str, value: Any, inside: Inside, at: str) -> Any:
        if names_secret(name) or (inside == "sensitive" and name == "value"):
            inside = "withheld" if inside in ("sensitive", "withheld") else "secret"
        elif inside == "secret" and not isinstance(value, Mapping | list | tuple) and _is_harmless(name):
            inside = ""
        place = f"{at}.{name}" if at else name
        if not self.sensitive.isdisjoint((place, f"*.{name}")):
            inside = "sensitive" if not inside and isinstance(value, Mapping | list | tuple) else "withheld"
        if inside == "secret" and _is_number(value) and IN_DIGITS.search(_words(name[-LONGEST_NAME:])):
            return MASK
        return self.of(value, inside, place if self.sensitive else "")


def secrets_in(value: Any, *, whole: bool = True) -> Iterator[str]:
    """The secrets in a sensitive argument: a text itself; in objects what stands under a telling name."""
    if isinstance(value, str):
        if whole and value:
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, whole=key == "value" or names_secret(str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item, whole=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_masked(value: Any) -> bool:
    """Whether a value, or anything inside it, was masked, so that it cannot be sent back."""
    if isinstance(value, Mapping):
        return any(map(is_masked, value.values()))
    return any(map(is_masked, value)) if isinstance(value, list) else value == MASK
