"""How much may be taken away in a while, whatever people agree to: counted from the journal."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

from server.access import Access
from server.changes.journal import Journal
from server.errors import Refusal
from server.settings import Settings

SESSION = timedelta(hours=12)
ALL_CALLERS = 3
"""How many callers' worth of destructive actions one server carries out."""


def check_allowance(settings: Settings, journal: Journal, principal: str, begun: str | None = None) -> None:
    """Raise Refusal where one more destructive action of `principal`'s would be over the limit. Reads the journal.

    A restart, or another name of the client, renews nothing.
    begun: the id of the action, where the journal has it already: then those count that began before it, so that
    of several at the same time, on however many servers, not all can be the last that is allowed.
    """
    now = datetime.now(UTC)
    records = (entry.record for entry in journal.entries(now - SESSION))
    acts = [
        (datetime.fromisoformat(record.time), record.caller)
        for record in takewhile(lambda record: record.change_id != begun, records)
        if (record.access == Access.DESTRUCTIVE or record.consent)
        and record.outcome != "refused"
        and not record.asked_only
    ]
    raising = "The operator can raise DRUMBEAT_DESTRUCTIVE_PER_SESSION."
    spans = (
        (timedelta(minutes=1), settings.destructive_per_minute, "a minute", "Wait a minute before the next."),
        (SESSION, settings.destructive_per_session, "twelve hours", raising),
    )
    for span, most, words, advice in spans:
        recent = [caller for time, caller in acts if time > now - span]
        if recent.count(principal) >= most or len(recent) >= most * ALL_CALLERS:
            raise Refusal(
                f"Nothing was changed: {most} destructive actions in {words} is the limit. "
                f"Stop and tell the user what was done so far. {advice}"
            )
