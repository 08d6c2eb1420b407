"""`drumbeat report`: a team's report as a file, for a mail, a wiki or an archive."""

from argparse import Namespace
from pathlib import Path

from server.clean import structure
from server.cli import DONE, INCOMPLETE, calling, screen
from server.cli.session import settings_of
from server.errors import Failure

WRITER = "_write_report"
FORMS = {".html": "html", ".htm": "html", ".json": "json"}


def run(options: Namespace) -> int:
    """Write the report; 3 where a vendor that is configured did not answer, which the report says as well."""
    settings, catalogue = settings_of(sandbox=options.sandbox)
    form = options.form or FORMS.get(Path(options.out).suffix.lower(), "md")
    asked = {"team": options.team, "period": options.period, "form": form}
    writer = next(entry.name for entry in catalogue.tools if entry.name.endswith(WRITER))
    data = structure(calling.call(settings, catalogue, writer, asked, fresh=True).result)
    _write(data["document"], options.out)
    for why in data["missing"].values():
        screen.note(f"Without {why}.")
    if options.out != "-":
        screen.note(f"{options.out}: {data['team']}, {data['period']}.")
    return INCOMPLETE if data["missing"] else DONE


def _write(document: str, out: str) -> None:
    if out == "-":
        print(document, end="")
        return
    try:
        Path(out).write_text(document, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror or error}.") from error
