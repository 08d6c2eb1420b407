"""Qwiser: Oobeya's analyses of SonarQube projects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Completes, Done, Page, Preview, Refusal, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import QwiserTeamInput, wire
from tools.oobeya.models import QwiserAnalysis

ANALYSES = "/apis/v1/qwiser/analysis"

qwiser = oobeya.toolset("qwiser", "SonarQube analyses, and the teams that they count for.")
QwiserId = Annotated[str, Completes("list_qwiser_analyses", "id")]


class NewQwiserAnalysis(TypedDict, total=False):
    """A Qwiser analysis to be started."""

    datasource_id: Annotated[str, Field(description="The SonarQube server as set up in Oobeya")]
    project_key: Required[str]
    branch: str
    teams: list[QwiserTeamInput]


@qwiser.write()
async def start_qwiser_analysis(api: Oobeya, **fields: Unpack[NewQwiserAnalysis]) -> Done:
    """Start analysing a SonarQube project for some teams."""
    await api.act("POST", ANALYSES, body=wire(fields))
    return Done(done=f"Qwiser analysis of {fields['project_key']} started. Its id is in list_qwiser_analyses.")


@qwiser.read()
async def list_qwiser_analyses(api: Oobeya) -> Page[QwiserAnalysis]:
    """SonarQube analyses and their teams."""
    # Its body is undocumented: an empty object is right both where one is wanted and where none is.
    return await api.listed(await api.request("POST", ANALYSES + "/list", body={}, reads=True), QwiserAnalysis)


def _called(teams: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{team.get('teamName') or 'unnamed'} ({team.get('teamId')})" for team in teams) or "none"


async def _preview(api: Oobeya, analysis_id: str, teams: list[QwiserTeamInput]) -> Preview:
    rows = (await list_qwiser_analyses(api)).items
    found = next((row for row in rows if row.id == analysis_id), None)
    left = f"Afterwards: {_called(teams)}."
    if found is None or found.teams is None:
        what = f"The teams of Qwiser analysis {analysis_id}. Oobeya does not say which teams it has now. {left}"
        return Preview(what=what, name=analysis_id, lost="its present teams")
    before = snapshot(found)
    of = f"{found.project_key or 'without a key'} ({analysis_id})"
    return Preview(
        what=f"The teams of Qwiser analysis {of}, now: {_called(before['teams'])}. {left}",
        name=found.project_key or analysis_id,
        before=before,
    )


async def _put_back(api: Oobeya, change: Change) -> Done:
    """Puts back the teams that the analysis had."""
    if not change.before:
        raise Refusal("Nothing was changed: Oobeya did not say which teams the analysis had.")
    return await _set_teams(api, change.arguments["analysis_id"], change.before["teams"])


async def _set_teams(api: Oobeya, analysis_id: str, teams: Sequence[Mapping[str, Any]]) -> Done:
    await api.act("PUT", ANALYSES + "/{}/teams", analysis_id, body={"teams": teams})
    return Done(done=f"Qwiser analysis {analysis_id} counts for these teams now: {_called(teams)}.")


@qwiser.destructive(_preview, undo=_put_back)
async def set_qwiser_analysis_teams(api: Oobeya, analysis_id: QwiserId, teams: list[QwiserTeamInput]) -> Done:
    """Set the teams that a SonarQube analysis counts for, in place of those it has; an empty list takes all away."""
    return await _set_teams(api, analysis_id, teams)
