"""The journal: what was changed, by whom, with whose consent, and how it was before.

JSON lines, two a change: the intent before the vendor is called, the outcome after. An intent without an
outcome is a change that a crash interrupted. Several processes may write at once.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from server.changes.bounds import Bounds
from server.changes.line import UNREADABLE, beginning, encoded, parsed, plain, without_echo
from server.changes.sinks import CLAIM, Files, InMemory, Sink, Stdout
from server.errors import JournalError, not_installed
from server.redaction import redact
from server.settings import Settings
from server.state.shared import address_of

CLAIM_SECONDS = 300.0
NONE: frozenset[str] = frozenset()
SHARED = "redis"
Outcome = Literal["done", "failed", "refused", "unknown", "closed"]

logger = logging.getLogger(__name__)


class Record(BaseModel):
    """One change. `outcome` is None while it is under way, and for ever where a crash interrupted it.

    closed: the question was closed without a person's answer, and nothing was sent.
    cut: not all of it, or of how it was before, is kept, so that it has no certain undo.
    """

    model_config = ConfigDict(extra="ignore")

    change_id: str
    time: str
    tool: str
    vendor: str
    access: str
    place: str
    arguments: dict[str, Any] = {}
    caller: str
    client: str = ""
    consent: dict[str, Any] | None = None
    preview: str | None = None
    before: Any = None
    outcome: Outcome | None = None
    status: int | None = None
    error: str | None = None
    result: Any = None
    milliseconds: int | None = None
    cut: bool = False

    @field_validator("time")
    @classmethod
    def _has_an_offset(cls, time: str) -> str:
        if datetime.fromisoformat(time).tzinfo is None:
            raise ValueError("a time without an offset")
        return time

    @property
    def asked_only(self) -> bool:
        """Whether it was asked about and no more: no change, for limits and for undo."""
        return self.outcome == "closed"


class _Ending(BaseModel):
    change_id: str
    outcome: Outcome
    status: int | None = None
    error: str | None = None
    result: Any = None
    milliseconds: int | None = None
    cut: bool = False


class _Claim(BaseModel):
    claim: str
    by: str
    until: float


class Journal:
    """Records changes and reads them back. Every method may be called from any thread, and none waits for long."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._claims: dict[str, _Claim] = {}
        self.unreadable = 0
        """How many lines were passed over, as no record of a change, when all entries were last read."""

    def begin(
        self, record: Record, *, durably: bool, secrets: frozenset[str] = NONE, sensitive: frozenset[str] = NONE
    ) -> None:
        """Record that a change is about to be made, or was only asked about. Raises JournalError where it cannot be.

        sensitive: the names of the arguments that are or carry secrets. secrets: their values, which are masked
        in texts that repeat them.
        """
        facts = plain({name: value for name, value in record if name != "cut" or value})
        facts = redact(facts, sensitive={f"arguments.{name}" for name in sensitive})
        for name in facts.keys() & {"consent", "preview", "error"}:
            facts[name] = without_echo(facts[name], secrets)
        self._sink.write(encoded(facts), durably=durably)

    def end(
        self,
        change_id: str,
        outcome: Outcome,
        secrets: frozenset[str] = NONE,
        *,
        sensitive: frozenset[str] = NONE,
        **facts: Any,
    ) -> bool:
        """Record how it went. False where it cannot be, which is logged: the change itself has happened."""
        kept = without_echo(redact(plain(facts), sensitive={f"*.{name}" for name in sensitive}), secrets)
        try:
            self._sink.write(encoded({"change_id": change_id, "outcome": outcome, **kept}), durably=False)
        except JournalError as error:
            logger.error("The outcome of %s (%s) was not journaled: %s", change_id, outcome, error)
            return False
        return True

    def check(self) -> str:
        """Where it is. Raises JournalError where it cannot be written."""
        return self._sink.check()

    def entries(self, since: datetime | None = None) -> Iterator["Entry"]:
        """The changes that are still kept, oldest first. Lines that are no record are passed over and counted.

        since: leave out those that began before, which reads less. Raises JournalError.
        """
        found: dict[str, Entry] = {}
        unreadable = 0
        for line in self._sink.lines(since):
            known = _glanced(line)
            unreadable += known is None and bool(line)
            if isinstance(known, Record):
                found.setdefault(known.change_id, Entry(known, (line,)))
            elif isinstance(known, _Ending) and (entry := found.get(known.change_id)):
                found[known.change_id] = Entry(_ended(entry.record, known), (*entry.lines, line))
        if since is None:
            self.unreadable = unreadable
        for change_id in list(found):
            # One by one, since to let go of a hundred thousand at once stops every thread.
            entry = found.pop(change_id)
            if since is None or entry.began >= since:
                yield entry

    def claim(self, change_id: str) -> bool:
        """Take the right to undo a change, which ends with its release or after CLAIM_SECONDS.

        False where somebody has it, in whichever process. Raises JournalError.
        """
        now = time.time()
        mine = _Claim(claim=change_id, by=token_hex(8), until=now + CLAIM_SECONDS)
        line = encoded(dict(mine))
        taken = self._sink.write(line, durably=True, unless=lambda lines: _held(lines, change_id) is not None)
        if taken:
            for over in [name for name, claim in list(self._claims.items()) if claim.until <= now]:
                self._claims.pop(over, None)
            self._claims[change_id] = mine
        return taken

    def release(self, change_id: str) -> None:
        """Give the right back, where nothing was undone: whoever asks next may have it."""
        mine = self._claims.pop(change_id, None)
        if mine is None:
            return
        line = encoded({**dict(mine), "until": 0})
        try:
            self._sink.write(line, durably=False, unless=lambda lines: _held(lines, change_id) != mine.by)
        except JournalError as error:
            logger.error("The undo of %s can only be tried again in a while: %s", change_id, error)


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the journal: `record` is what its lines say but for the arguments, how it was before, and the result.

    A journal may have fifty MiB of these, which would take twenty times as much when read.
    """

    record: Record
    lines: tuple[bytes, ...]

    @property
    def began(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.record.time)

    def whole(self) -> Record:
        """All that its lines say; cut where they cannot be read."""
        whole = self.record
        try:
            for line in self.lines:
                known = _read(line, parsed)
                whole = known if isinstance(known, Record) else _ended(whole, known)
        except UNREADABLE:
            return self.record.model_copy(update={"cut": True})
        return whole


def _glanced(line: bytes) -> Record | _Ending | _Claim | None:
    """What a line says, without what may be large; None where it is none of the journal's."""
    for how in (beginning, parsed):  # an older version wrote in another order
        try:
            return _read(line, how)
        except UNREADABLE:
            continue
    return None


def _read(line: bytes, how: Callable[[bytes], Mapping[str, Any]]) -> Record | _Ending | _Claim:
    """What a line says. Raises one of UNREADABLE where it is none of the journal's."""
    facts = how(line)
    if "claim" in facts:
        return _Claim.model_validate(facts)
    return (Record if "tool" in facts else _Ending).model_validate(facts)


def _ended(record: Record, known: _Ending | _Claim) -> Record:
    told = {name: getattr(known, name) for name in known.model_fields_set}
    return record.model_copy(update=told | {"cut": record.cut or told.get("cut", False)})


def _held(lines: Iterator[bytes], change_id: str) -> str | None:
    """By whom the right to undo a change is held now, by what `lines` say."""
    holder, now = None, time.time()
    for line in lines:
        if not line.startswith(CLAIM):
            continue
        try:
            known = _read(line, parsed)
        except UNREADABLE:
            continue
        if isinstance(known, _Claim) and known.claim == change_id:
            # Clocks differ a little; an end that lies further away than that comes from one that was wrong.
            holder = known.by if now < known.until <= now + 2 * CLAIM_SECONDS else None
    return holder


def journal_of(settings: Settings) -> Journal:
    """The journal that these settings name; by default that of servers that share a Redis.

    Where they do not, it is in the user's state directory; the sandbox's changes end with it and are kept in memory.
    """
    return Journal(sink_of(settings))


def sink_of(settings: Settings) -> Sink:
    """Where the lines of that journal are kept."""
    place, bounds = settings.journal, Bounds(kept_changes=settings.journal_kept, kept_days=settings.journal_days)
    if place == "stdout":
        return Stdout(bounds)
    url = address_of(settings)
    if url and (place == SHARED or not (place or settings.sandbox)):
        try:
            from server.changes.stream import Stream
        except ImportError:
            raise not_installed("DRUMBEAT_REDIS_URL", "redis") from None
        return Stream(url, bounds)
    if place:
        return Files(Path(place), bounds)
    if settings.sandbox:
        return InMemory(bounds)
    from platformdirs import user_state_path

    return Files(user_state_path("drumbeat", appauthor=False), bounds)


def new_id() -> str:
    """An id for a change: its time, and enough chance to be unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(6)}"
