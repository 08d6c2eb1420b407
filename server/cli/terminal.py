"""The person at the terminal: asked before something is lost, and shown how far a long call is.

Questions and progress go to stderr, so that stdout holds the answer alone.
"""

import signal
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from server.cli import screen
from server.errors import Closed, Refusal
from server.request import Form

if TYPE_CHECKING:
    from server.cli.drawing import Bar

NO_TERMINAL = (
    "Nothing was changed: this needs a person's agreement, and there is nobody to ask, since this is no terminal. Run "
    "it in a terminal."
)
CLOSED = "Nothing was changed: the question was closed without an answer."


class Terminal:
    """The way to ask a person, and to show them progress, for the length of one call."""

    waits = True
    continues = False

    def __init__(self) -> None:
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_progress()

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        """What the person answers. Raises Refusal where there is no terminal, Closed where the input ends."""
        if not (screen.has_person() and sys.stderr.isatty()):
            raise Refusal(NO_TERMINAL)
        self._end_progress()
        print(message, file=sys.stderr)
        answers = {}
        for name, field in form.model_fields.items():
            yes_or_no = field.annotation is bool
            reply = _reply(f"{field.description or name}{' [y/N] ' if yes_or_no else ': '}")
            answers[name] = reply.lower() in ("y", "yes") if yes_or_no else reply
        return form.model_validate(answers)

    async def report(self, progress: float, total: float | None, message: str | None) -> None:
        """Show how far a call is, on a terminal only."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            from server.cli.drawing import Bar

            self._bar = Bar()
        self._bar.show(progress, total, message)

    def _end_progress(self) -> None:
        if self._bar is not None:
            self._bar.end()
            self._bar = None


def _reply(prompt: str) -> str:
    # Nothing else runs while we wait, and the event loop's own handler would swallow the first Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if not line:
        raise Closed(CLOSED)
    return line.strip()
