"""What is in a journal, read as a whole."""

from server.changes.journal import Journal, Record


def records(journal: Journal) -> list[Record]:
    """All changes, oldest first."""
    return [entry.whole() for entry in journal.entries()]
