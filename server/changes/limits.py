"""How much may be taken away in a while, whatever people agree to: counted from the journal."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from server.access import Access
from server.changes.journal import Entry, Record
from server.errors import Refusal
from server.settings import Settings

SESSION = timedelta(hours=12)
ALL_CALLERS = 3
"""How many callers' worth of destructive actions one server carries out."""


class Allowance:
    """The destructive actions that callers have left. A restart, or another name of the client, does not renew it."""

    def __init__(self, settings: Settings, entries: Callable[[datetime], Iterable[Entry]]) -> None:
        self._settings = settings
        self._entries = entries

    def check(self, principal: str, begun: str | None = None) -> None:
        """Raise Refusal where one more destructive action would be over the limit. Reads the journal.

        begun: the id of the action, where the journal has it already: then those count that began before it, so that
        of several at the same time, on however many servers, not all can be the last that is allowed.
        """
        settings, now = self._settings, datetime.now(UTC)
        acts = [
            (datetime.fromisoformat(record.time), record.caller)
            for record in takewhile(lambda record: record.change_id != begun, self._records(now - SESSION))
            if (record.access == Access.DESTRUCTIVE or record.consent)
            and record.outcome != "refused"
            and not record.asked_only
        ]
        spans = (
            (timedelta(minutes=1), settings.destructive_per_minute, "a minute", "Wait a minute before the next."),
            (
                SESSION,
                settings.destructive_per_session,
                "twelve hours",
                "The operator can raise DRUMBEAT_DESTRUCTIVE_PER_SESSION.",
            ),
        )
        for span, most, words, advice in spans:
            recent = [caller for time, caller in acts if time > now - span]
            if recent.count(principal) >= most or len(recent) >= most * ALL_CALLERS:
                raise Refusal(
                    f"Nothing was changed: {most} destructive actions in {words} is the limit. "
                    f"Stop and tell the user what was done so far. {advice}"
                )

    def _records(self, since: datetime) -> Iterator[Record]:
        return (entry.record for entry in self._entries(since))
