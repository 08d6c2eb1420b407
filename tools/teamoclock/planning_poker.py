"""Running planning pokers and the tasks that they estimate."""

from typing import Annotated

from pydantic import Field

from server.declare import Change, Done, Page, Preview, deletes, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import Facilitator, PlanningPokerId, TaskId, TeamFilter, TeamSlug
from tools.teamoclock.meetings import introduced, invitation, open_meeting
from tools.teamoclock.models import Meeting, OpenedMeeting, PlanningPoker, Task
from tools.teamoclock.undo import DeletesWhatWasOpened, asked_for, counted

planning_poker = teamoclock.toolset("planning_poker", "Running planning pokers: tasks and votes.")


@planning_poker.read(resource="planning-pokers")
async def list_planning_pokers(api: TeamOClock, team: TeamFilter | None = None) -> Page[Meeting]:
    """Active planning pokers, at most one a team; past estimates are in list_timeline."""
    return await api.page("/planpoker", query={"filter[team]": team}, items=Meeting, asked={"team": team})


@planning_poker.write(idempotent=True, undo=DeletesWhatWasOpened("delete_planning_poker", {"planning_poker_id": "id"}))
async def create_planning_poker(
    api: TeamOClock, team: TeamSlug, facilitator: Facilitator | None = None
) -> OpenedMeeting:
    """Start a team's planning poker, or get the active one: `created` says which.

    get_planning_poker shows its facilitator.
    """
    return await open_meeting(api, "/planpoker", invitation(team, facilitator))


@planning_poker.read(resource="planning-pokers/{planning_poker_id}", cached=False)
async def get_planning_poker(api: TeamOClock, planning_poker_id: PlanningPokerId) -> PlanningPoker:
    """One active planning poker: facilitator, tasks, votes."""
    return await api.get("/planpoker/{}", planning_poker_id, returns=PlanningPoker)


async def _preview(api: TeamOClock, planning_poker_id: str) -> Preview:
    poker = await get_planning_poker(api, planning_poker_id)
    asked_for("planning poker", planning_poker_id, poker.came("id"))
    tasks = (poker.state and poker.state.tasks) or []
    votes = counted([vote for task in tasks for vote in task.voters or []], "vote")
    return Preview(
        what=f"{introduced('Planning poker', poker)}: {counted(tasks, 'task')}, {votes}.",
        name=poker.name or planning_poker_id,
        lost="the planning poker with its tasks and votes",
        before=snapshot(poker),
    )


@planning_poker.destructive(_preview)
async def delete_planning_poker(api: TeamOClock, planning_poker_id: PlanningPokerId) -> Done:
    """Delete an active planning poker with its tasks and votes."""
    await api.delete("/planpoker/{}", planning_poker_id)
    return Done(done=f"Planning poker {planning_poker_id} deleted.")


@planning_poker.read(cached=False)
async def list_planning_poker_tasks(api: TeamOClock, planning_poker_id: PlanningPokerId) -> Page[Task]:
    """The tasks of a planning poker, with status, votes and their average."""
    return await api.page("/planpoker/{}/tasks", planning_poker_id, items=Task)


@planning_poker.write(undo=deletes("delete_planning_poker_task", task_id="id"))
async def create_planning_poker_task(
    api: TeamOClock,
    planning_poker_id: PlanningPokerId,
    text: Annotated[str, Field(description="The story to estimate")],
) -> Task:
    """Add a task for the team to estimate."""
    return await api.post("/planpoker/{}/tasks", planning_poker_id, body={"text": text}, returns=Task)


@planning_poker.read(cached=False)
async def get_planning_poker_task(api: TeamOClock, planning_poker_id: PlanningPokerId, task_id: TaskId) -> Task:
    """One task: status, votes, their average."""
    return await api.get("/planpoker/{}/tasks/{}", planning_poker_id, task_id, returns=Task)


async def _preview_task(api: TeamOClock, planning_poker_id: str, task_id: str) -> Preview:
    task = await get_planning_poker_task(api, planning_poker_id, task_id)
    asked_for("task", task_id, task.came("id"))
    return Preview(
        what=f"Task “{task.text}” ({task_id}) of planning poker {planning_poker_id}: {counted(task.voters, 'vote')}.",
        name=task.text or task_id,
        lost="its votes and its Jira link" if task.links and task.links.jira else "its votes",
        before=snapshot(task),
    )


async def _create_task_again(api: TeamOClock, change: Change) -> Task:
    """Creates the task again with its text, under a new id; its votes and its Jira link do not come back."""
    return await create_planning_poker_task(api, change.arguments["planning_poker_id"], change.before["text"])


@planning_poker.destructive(_preview_task, undo=_create_task_again)
async def delete_planning_poker_task(api: TeamOClock, planning_poker_id: PlanningPokerId, task_id: TaskId) -> Done:
    """Delete a task with its votes."""
    await api.delete("/planpoker/{}/tasks/{}", planning_poker_id, task_id)
    return Done(done=f"Task {task_id} deleted.")
