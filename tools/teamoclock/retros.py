"""Running retrospectives."""

from server.declare import Done, Page, Preview, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.changes import counted
from tools.teamoclock.meetings import introduced, invitation
from tools.teamoclock.models import Facilitator, Meeting, Retro, RetroId, RetroState, TeamSlug

retros = teamoclock.toolset("retros", "A team's retrospectives: columns, notes, votes, action items.")


@retros.read(resource="retros")
async def list_retros(api: TeamOClock, team: TeamSlug | None = None) -> Page[Meeting]:
    """Active retrospectives; past ones are in list_timeline."""
    return await api.page("/retro", query={"filter[team]": team}, items=Meeting)


@retros.write(everyday=True)
async def create_retro(api: TeamOClock, team: TeamSlug, facilitator: Facilitator | None = None) -> Meeting:
    """Start a retrospective for a team; every call starts another one. get_retro shows its facilitator."""
    return await api.post("/retro", body=invitation(team, facilitator), returns=Meeting)


@retros.read(everyday=True, resource="retros/{retro_id}", cached=False)
async def get_retro(api: TeamOClock, retro_id: RetroId) -> Retro:
    """One active retrospective: stage, facilitator, columns, notes with votes, action items."""
    return await api.get("/retro/{}", retro_id, returns=Retro)


async def _preview(api: TeamOClock, retro_id: str) -> Preview:
    retro = await get_retro(api, retro_id)
    state = retro.state or RetroState()
    # An item that carries no flag is open: that is the vendor's default.
    unresolved = [item for item in state.action_items or [] if not item.resolved]
    notes, items = counted(state.notes, "note"), counted(unresolved, "open action item")
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
