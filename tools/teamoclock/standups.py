"""Running stand-ups."""

from server.declare import Done, Page, Preview, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import StandupId, TeamFilter, TeamSlug
from tools.teamoclock.meetings import introduced, invitation, open_meeting
from tools.teamoclock.models import Meeting, OpenedMeeting, Standup, StandupState
from tools.teamoclock.undo import DeletesWhatWasOpened, asked_for, counted

standups = teamoclock.toolset("standups", "Running stand-ups: questions and answers.")


@standups.read(resource="standups")
async def list_standups(api: TeamOClock, team: TeamFilter | None = None) -> Page[Meeting]:
    """Active stand-ups, at most one a team; past ones are in list_timeline."""
    return await api.page("/standup", query={"filter[team]": team}, items=Meeting, asked={"team": team})


@standups.write(idempotent=True, undo=DeletesWhatWasOpened("delete_standup", {"standup_id": "id"}))
async def create_standup(api: TeamOClock, team: TeamSlug) -> OpenedMeeting:
    """Start a team's stand-up, or get the active one: `created` says which."""
    return await open_meeting(api, "/standup", invitation(team))


@standups.read(resource="standups/{standup_id}", cached=False)
async def get_standup(api: TeamOClock, standup_id: StandupId) -> Standup:
    """One active stand-up: questions, each member's answers, round-up notes."""
    return await api.get("/standup/{}", standup_id, returns=Standup)


async def _preview(api: TeamOClock, standup_id: str) -> Preview:
    standup = await get_standup(api, standup_id)
    asked_for("stand-up", standup_id, standup.came("id"))
    state = standup.state or StandupState()
    answers, notes = counted(state.member_notes, "member"), counted(state.roundup_notes, "round-up note")
    return Preview(
        what=f"{introduced('Stand-up', standup)}: answers of {answers}, {notes}.",
        name=standup.name or standup_id,
        lost="the stand-up with everything written in it",
        before=snapshot(standup),
    )


@standups.destructive(_preview)
async def delete_standup(api: TeamOClock, standup_id: StandupId) -> Done:
    """Delete an active stand-up with its notes."""
    await api.delete("/standup/{}", standup_id)
    return Done(done=f"Stand-up {standup_id} deleted.")
