"""The end of a log, where the cause of a failure stands, without repetition."""

from collections.abc import Iterable, Sequence
from itertools import groupby

# What lies beyond is cut off the start here, before a result's budget cuts it off the end.
MOST_CHARACTERS = 11_000


def last(lines: Sequence[str]) -> list[str]:
    """As many of the last lines as fit an answer once they are `collapsed`, one at the least."""
    kept, used = 0, 0
    for count, line in ((len(list(same)), line) for line, same in groupby(reversed(lines))):
        used += len(line) + 1
        if used > MOST_CHARACTERS and kept:
            break
        kept += count
    return list(lines[len(lines) - kept :])


def collapsed(lines: Iterable[str]) -> str:
    """The lines as a text, those that only repeat the one before them as a number."""
    said: list[str] = []
    for line, same in groupby(lines):
        more = len(list(same)) - 1
        said.append(line)
        if more:
            said.append(f"(the same {more} more times)" if more > 1 else line)
    return "\n".join(said)
