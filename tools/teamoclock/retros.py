"""Running retrospectives."""

from server.declare import Done, Page, Preview, deletes, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import Facilitator, RetroId, TeamFilter, TeamSlug
from tools.teamoclock.meetings import introduced, invitation
from tools.teamoclock.models import Meeting, Retro, RetroState
from tools.teamoclock.undo import asked_for, counted

retros = teamoclock.toolset("retros", "A team's retrospectives: columns, notes, votes, action items.")


@retros.read(resource="retros")
async def list_retros(api: TeamOClock, team: TeamFilter | None = None) -> Page[Meeting]:
    """Active retrospectives; past ones are in list_timeline."""
    return await api.page("/retro", query={"filter[team]": team}, items=Meeting, asked={"team": team})


@retros.write(everyday=True, undo=deletes("delete_retro", retro_id="id"))
async def create_retro(api: TeamOClock, team: TeamSlug, facilitator: Facilitator | None = None) -> Meeting:
    """Start a team's retrospective, which begins at once and cannot be scheduled; every call starts another one.

    get_retro shows its facilitator.
    """
    return await api.post("/retro", body=invitation(team, facilitator), returns=Meeting)


@retros.read(resource="retros/{retro_id}", cached=False)
async def get_retro(api: TeamOClock, retro_id: RetroId) -> Retro:
    """One active retrospective: stage, facilitator, columns, notes with votes, action items."""
    return await api.get("/retro/{}", retro_id, returns=Retro)


async def _preview(api: TeamOClock, retro_id: str) -> Preview:
    retro = await get_retro(api, retro_id)
    asked_for("retro", retro_id, retro.came("id"))
    state = retro.state or RetroState()
    notes, items = counted(state.notes, "note"), counted(state.action_items, "action item")
    return Preview(
        what=f"{introduced('Retro', retro)}: {notes}, {items}.",
        name=retro.name or retro_id,
        lost="the retro with everything written in it",
        before=snapshot(retro),
    )


@retros.destructive(_preview)
async def delete_retro(api: TeamOClock, retro_id: RetroId) -> Done:
    """Delete an active retrospective with its notes and votes."""
    await api.delete("/retro/{}", retro_id)
    return Done(done=f"Retro {retro_id} deleted.")
