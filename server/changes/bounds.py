"""How much of the journal is kept, and which changes stay when there is more: the destructive ones, and those that a
person agreed to, outlive the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from server.changes.line import UNREADABLE, beginning

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """How much is kept, for how long, and how many seconds anybody waits for the lock.

    kept_changes, kept_days: the changes that outlive their file, the newest so many and no older than that.
    """

    file_bytes: int = 5 * MEBIBYTE
    files: int = 5
    kept_changes: int = 10_000
    kept_days: int = 365
    kept_bytes: int = 24 * MEBIBYTE
    memory_bytes: int = 16 * MEBIBYTE
    stream_bytes: int = 48 * MEBIBYTE
    lock_seconds: float = 5.0


DEFAULT = Bounds()


@dataclass
class _Change:
    """The lines of one change, and whether it lasts."""

    age: timedelta
    lasts: bool
    lines: list[bytes] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(map(len, self.lines)) + len(self.lines)


def _changes(lines: Iterable[bytes]) -> list[_Change]:
    """The changes that `lines` are of, in the order of their beginnings; what cannot be read is left out."""
    found: dict[str, _Change] = {}
    now = datetime.now(UTC)
    for line in lines:
        try:
            facts = beginning(line)
            if "claim" in facts:
                claim = found.setdefault(f"claim {facts['claim']}", _Change(timedelta(0), False))
                claim.lasts = datetime.fromtimestamp(facts["until"], UTC) > now
                claim.lines.append(line)
                continue
            if "tool" in facts:
                lasts = facts["access"] == "destructive" or "consent" in facts
                found.setdefault(facts["change_id"], _Change(now - datetime.fromisoformat(facts["time"]), lasts))
            if facts["change_id"] in found:
                change = found[facts["change_id"]]
                change.lines.append(line)
                change.lasts &= facts.get("outcome") != "closed"
        except (*UNREADABLE, KeyError, OverflowError, OSError):
            continue
    return list(found.values())


def lasting(lines: Iterable[bytes], bounds: Bounds) -> list[bytes]:
    """Those lines whose changes outlive their file, within the bounds."""
    oldest = timedelta(days=bounds.kept_days)
    outliving = [change for change in _changes(lines) if change.lasts and change.age <= oldest]
    kept, left = list[_Change](), bounds.kept_bytes
    for change in reversed(outliving[-bounds.kept_changes :] if bounds.kept_changes else []):
        left -= change.size
        if left < 0:
            break
        kept.append(change)
    return [line for change in reversed(kept) for line in change.lines]


def fitting(lines: Iterable[bytes], most: int) -> list[bytes]:
    """Lines of at most `most` bytes: the oldest that do not last are dropped first."""
    changes = _changes(lines)
    size = sum(change.size for change in changes)
    for change in sorted(changes, key=lambda change: change.lasts):
        if size <= most:
            break
        size -= change.size
        change.lines.clear()
    return [line for change in changes for line in change.lines]
