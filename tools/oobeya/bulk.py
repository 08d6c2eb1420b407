"""Many Git analyses at once."""

from pathlib import Path
from typing import Annotated, Required, Unpack

from anyio import to_thread
from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Done, Preview, Refusal, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import DatasourceId, TeamId, wire
from tools.oobeya.teams import describe, team_by_id

ANALYSES = "/apis/v1/bulk/analyses"
LARGEST_FILE = 10 * 1024 * 1024

bulk = oobeya.toolset("bulk", "Preparing, synchronising and importing many Git analyses at once.")


class Preparation(TypedDict, total=False):
    """What is to be analysed of a Git server."""

    datasource_id: Required[DatasourceId]
    branches: list[str]
    is_include_tags: bool
    stages: list[str]
    tag_branch: str


class Selection(TypedDict, total=False):
    """What a team's analyses are brought in line with."""

    team_id: TeamId
    delete_cancel_analysis: Annotated[bool, Field(description="Delete cancelled analyses")]
    team_analysis_branches: list[str]
    team_sonar_branches: list[str]


@bulk.write()
async def prepare_bulk_analyses(api: Oobeya, **fields: Unpack[Preparation]) -> Done:
    """Prepare Git analyses for the repositories of a Git server."""
    await api.act("POST", ANALYSES, body=wire(fields))
    return Done(done=f"Bulk analyses of datasource {fields['datasource_id']} are being prepared.")


async def _preview(api: Oobeya, team_id: str | None, delete_cancel_analysis: bool | None) -> Preview:
    team = await team_by_id(api, team_id) if team_id else None
    host = api.connection.host
    deleted = "Cancelled analyses are deleted. " if delete_cancel_analysis else ""
    whose = describe(team) if team else f"no team given, so perhaps every team at {host}."
    return Preview(
        what=f"{deleted}Git analyses of: {whose}",
        name=(team and (team.unit_name or team.id)) or host,
        lost="the selection of branches as it is now, and analyses that the call deletes; Oobeya cannot show them",
        before=snapshot(team) if team else None,
    )


@bulk.destructive(_preview, type_the_name=True)
async def sync_bulk_analyses(api: Oobeya, **fields: Unpack[Selection]) -> Done:
    """Bring a team's Git and Sonar analyses in line with branches; may delete analyses."""
    await api.act("PUT", ANALYSES + "/sync", body=wire(fields))
    return Done(done=f"Analyses of {fields.get('team_id', 'all teams')} synchronised.")


@bulk.write()
async def import_analysis_file(
    api: Oobeya, file: Annotated[str, Field(description="Path in the server's import directory")]
) -> Done:
    """Import new Git analyses from a file of Oobeya's own bulk format."""
    name, content = await to_thread.run_sync(_read, api.import_dir, file)
    await api.act("POST", ANALYSES + "/analysis", files={"file": (name, content)})
    return Done(done=f"{name} imported ({len(content):,} bytes).")


def _read(directory: Path | None, file: str) -> tuple[str, bytes]:
    """Name and content of a file, once links and `..` are resolved inside the directory. Raises Refusal."""
    if directory is None:
        raise Refusal(
            "Nothing was sent: uploading is off. Whoever runs Drumbeat can set DRUMBEAT_IMPORT_DIR to a directory."
        )
    try:
        root = directory.resolve(strict=True)
        path = (root / file).resolve(strict=True)
        if not path.is_relative_to(root) or not path.is_file():
            raise FileNotFoundError
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except (OSError, ValueError, RuntimeError):
        # One refusal for all, so that nobody learns which files there are outside.
        raise Refusal(f"Nothing was sent: there is no file {file!r} in the directory DRUMBEAT_IMPORT_DIR.") from None
    if len(content) > LARGEST_FILE:
        raise Refusal(f"Nothing was sent: {path.name} is larger than {LARGEST_FILE >> 20} MiB.")
    return path.name, content
