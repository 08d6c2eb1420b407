"""Qwiser: Oobeya's analyses of SonarQube projects."""

from typing import Annotated, Any

from server.declare import Change, Completes, Done, Page, Preview, Refusal, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import QwiserTeamInput, wire
from tools.oobeya.models import QwiserAnalysis

ANALYSES = "/apis/v1/qwiser/analysis"

qwiser = oobeya.toolset("qwiser", "SonarQube analyses, and the teams that they count for.")
QwiserId = Annotated[str, Completes("list_qwiser_analyses", "id")]


@qwiser.write()
async def start_qwiser_analysis(
    api: Oobeya,
    datasource_id: str | None = None,
    project_key: str | None = None,
    branch: str | None = None,
    teams: list[QwiserTeamInput] | None = None,
) -> Done:
    """Start analysing a SonarQube project for some teams."""
    body = wire(datasource_id=datasource_id, project_key=project_key, branch=branch, teams=teams)
    await api.act("POST", ANALYSES, body=body)
    return Done(done="Qwiser analysis started.")


@qwiser.read()
async def list_qwiser_analyses(api: Oobeya) -> Page[QwiserAnalysis]:
    """SonarQube analyses and their teams."""
    # Its body is undocumented: an empty object is right both where one is wanted and where none is.
    return api.listed(await api.request("POST", ANALYSES + "/list", body={}, reads=True), QwiserAnalysis)


async def _preview(api: Oobeya, analysis_id: str) -> Preview:
    rows = (await list_qwiser_analyses(api)).items
    found = next((row for row in rows if row.id == analysis_id), None)
    if found is None or found.teams is None:
        what = f"The teams of Qwiser analysis {analysis_id}. Oobeya does not say which teams it has now."
        return Preview(what=what, name=analysis_id, lost="its present teams")
    teams = ", ".join(f"{team.team_name or 'unnamed'} ({team.team_id})" for team in found.teams) or "none"
    return Preview(
        what=f"The teams of Qwiser analysis {found.project_key or 'without a key'} ({analysis_id}), now: {teams}.",
        name=found.project_key or analysis_id,
        before=snapshot(found),
    )


async def _put_back(api: Oobeya, change: Change) -> Done:
    """Gives the analysis the teams it had."""
    if not change.before:
        raise Refusal("Nothing was changed: Oobeya did not say which teams the analysis had.")
    return await _set_teams(api, change.arguments["analysis_id"], change.before["teams"])


async def _set_teams(api: Oobeya, analysis_id: str, teams: Any) -> Done:
    await api.act("PUT", ANALYSES + "/{}/teams", analysis_id, body=wire(teams=teams))
    return Done(done="Teams of the Qwiser analysis set.")


@qwiser.destructive(_preview, undo=_put_back)
async def set_qwiser_analysis_teams(
    api: Oobeya, analysis_id: QwiserId, teams: list[QwiserTeamInput] | None = None
) -> Done:
    """Set the teams that a SonarQube analysis counts for, in place of those it has."""
    return await _set_teams(api, analysis_id, teams)
