"""Tables and progress bars. Slow to import, so only imported where something is drawn."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for name in names:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    Console().print(drawn)


class Bar:
    """A progress bar on stderr, which goes away when it ends."""

    def __init__(self) -> None:
        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("")
        self._progress.start()

    def show(self, progress: float, total: float | None, message: str | None) -> None:
        """Say how far it is."""
        self._progress.update(self._task, completed=progress, total=total, description=message or "")

    def end(self) -> None:
        """Take it away."""
        self._progress.stop()
