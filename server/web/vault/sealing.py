"""Records that only the operator's keys open, and only as those of the person whose they are."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"drumbeat vault 1"
NONCE_BYTES = 12


class Unreadable(Exception):
    """A record that none of the keys opens, or that is not its reader's: damaged, moved, or of a lost key."""


@dataclass(frozen=True, repr=False)
class Opened:
    """What a record holds, by variable. outdated: it was sealed with another key than the first."""

    values: dict[str, str]
    outdated: bool


class Sealer:
    """Seals with the first of its keys, and opens with any. AES-256-GCM, which the person's name is part of."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._keys = [AESGCM(HKDF(SHA256(), 32, None, PURPOSE).derive(secret.encode())) for secret in secrets]

    def seal(self, person: str, values: Mapping[str, str]) -> str:
        """The record of a person's values, which names the person in plain."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[0].encrypt(nonce, json.dumps(dict(values)).encode(), _bound_to(person))
        return json.dumps({"person": person, "sealed": b64encode(nonce + sealed).decode()})

    def open(self, person: str, record: str) -> Opened:
        """What a person's record holds. Raises Unreadable."""
        try:
            facts = json.loads(record)
            named, sealed = facts["person"], b64decode(facts["sealed"], validate=True)
        except (ValueError, KeyError, TypeError):
            raise Unreadable("it is damaged") from None
        if named != person:
            raise Unreadable("it is another's")
        for number, key in enumerate(self._keys):
            try:
                content = key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(person))
            except (InvalidTag, ValueError):
                continue
            return Opened(json.loads(content), outdated=number > 0)
        raise Unreadable("no key of DRUMBEAT_VAULT_KEYS opens it")


def person_of(record: str) -> str:
    """Whom a record names, which only opening it proves. Raises Unreadable."""
    try:
        return str(json.loads(record)["person"])
    except (ValueError, KeyError, TypeError):
        raise Unreadable("it is damaged") from None


def _bound_to(person: str) -> bytes:
    return PURPOSE + b"\n" + person.encode()
