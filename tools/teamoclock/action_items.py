"""Action items: what teams decided to do."""

from typing import Annotated, Any, Literal

from pydantic import Field

from server.declare import Change, Done, Page, Preview, changes, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.changes import old_values
from tools.teamoclock.meetings import of_team
from tools.teamoclock.models import ActionItem, ActionItemId, Cursor, TeamSlug

action_items = teamoclock.toolset("action_items", "What teams decided to do, open or resolved.")

FIELDS = {"text": "text", "resolved": "resolved"}


@action_items.read(everyday=True, resource="action-items")
async def list_action_items(
    api: TeamOClock,
    team: TeamSlug | None = None,
    status: Literal["open", "resolved"] | None = None,
    cursor: Cursor | None = None,
) -> Page[ActionItem]:
    """Action items of one team or of all, newest first, 100 a page."""
    query = {"filter[team]": team, "filter[status]": status, "cursor": cursor}
    return await api.page("/actionitems", query=query, items=ActionItem)


@action_items.write(everyday=True)
async def create_action_item(
    api: TeamOClock,
    team: TeamSlug,
    text: str,
    resolved: Annotated[bool | None, Field(description="Default false")] = None,
) -> ActionItem:
    """Note something that a team decided to do."""
    # The document's heading has filters on this URL; they are left over from the list.
    body = {"text": text, "resolved": resolved, "team": {"slug": team}}
    return await api.post("/actionitems", body=body, returns=ActionItem)


@action_items.read(resource="action-items/{action_item_id}")
async def get_action_item(api: TeamOClock, action_item_id: ActionItemId) -> ActionItem:
    """One action item: text, whether it is resolved, Jira link."""
    return await api.get("/actionitems/{}", action_item_id, returns=ActionItem)


async def _action_item_now(api: TeamOClock, action_item_id: str) -> dict[str, Any]:
    return snapshot(await get_action_item(api, action_item_id))


async def _restore(api: TeamOClock, change: Change) -> ActionItem:
    """Put back the text and the state that the update replaced."""
    number = change.arguments["action_item_id"]
    return await api.patch("/actionitems/{}", number, body=old_values(change, FIELDS), returns=ActionItem)


@action_items.write(idempotent=True, everyday=True, before=_action_item_now, undo=_restore)
async def update_action_item(
    api: TeamOClock,
    action_item_id: ActionItemId,
    text: str | None = None,
    resolved: Annotated[bool | None, Field(description="false reopens it")] = None,
) -> ActionItem:
    """Resolve, reopen or reword an action item."""
    body = changes(text=text, resolved=resolved)
    return await api.patch("/actionitems/{}", action_item_id, body=body, returns=ActionItem)


async def _preview(api: TeamOClock, action_item_id: str) -> Preview:
    item = await get_action_item(api, action_item_id)
    state = "resolved" if item.resolved else "open"
    return Preview(
        what=f"Action item “{item.text}” ({action_item_id}){of_team(item.team)}, {state}.",
        name=item.text or action_item_id,
        lost="its Jira link" if item.links and item.links.jira else None,
        before=snapshot(item),
    )


async def _create_again(api: TeamOClock, change: Change) -> ActionItem:
    """Create it again for its team, open or resolved as it was, under a new id and without its Jira link."""
    team, text, resolved = (change.before.get(field) for field in ("team", "text", "resolved"))
    return await create_action_item(api, team["slug"], text, resolved)


@action_items.destructive(_preview, undo=_create_again)
async def delete_action_item(api: TeamOClock, action_item_id: ActionItemId) -> Done:
    """Delete an action item; update_action_item resolves one that is done."""
    await api.delete("/actionitems/{}", action_item_id)
    return Done(done=f"Action item {action_item_id} deleted.")
