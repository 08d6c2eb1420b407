"""Output: drawn on a terminal, plain in a pipe, JSON where asked for; and questions to the person there."""

import getpass
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.access import Variable
from server.errors import ConfigurationError

Row = Mapping[str, Any]


def has_person() -> bool:
    """Whether somebody sits at the other end of standard input."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def table(rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
    """Print rows under the names of their columns: as a table on a terminal, separated by tabs in a pipe."""
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    if not sys.stdout.isatty():
        for line in [names, *cells] if rows else []:
            print("\t".join(_plain(line)))
        return
    from server.cli import drawing

    drawing.table(names, cells)


def as_json(data: Any) -> None:
    """Print data as JSON."""
    print(json.dumps(data, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False, default=str))


def coloured(text: str, colour: str) -> str:
    """`text` in an ANSI colour (`32`) on a terminal, as it is in a pipe."""
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() else text


def note(text: str) -> None:
    """Say something beside the output, on stderr."""
    print(text, file=sys.stderr)


def ask(variable: Variable) -> str:
    """A variable's value from the person at the terminal, without echo where it is a secret.

    Raises ConfigurationError where there is no terminal, or no answer.
    """
    value = ""
    if has_person():
        prompt = f"{variable.name} ({variable.description.rstrip('.')}): "
        if variable.secret:
            value = getpass.getpass(prompt, stream=sys.stderr)
        else:
            print(prompt, end="", file=sys.stderr, flush=True)
            value = sys.stdin.readline()
    if not value.strip():
        raise ConfigurationError(f"{variable.name} is missing: set it, or give it on a terminal.")
    return value.strip()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _plain(line: Iterable[str]) -> Iterable[str]:
    return (" ".join(cell.split()) for cell in line)
