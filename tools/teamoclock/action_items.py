"""Action items: what teams decided to do."""

from typing import Annotated, Literal, Unpack

from pydantic import Field

from server.declare import Change, Done, Exactly, Page, Preview, deletes, restores, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import ActionItemChanges, ActionItemId, Cursor, TeamFilter, TeamSlug
from tools.teamoclock.meetings import of_team
from tools.teamoclock.models import ActionItem
from tools.teamoclock.undo import asked_for, sent

action_items = teamoclock.toolset("action_items", "What teams decided to do, open or resolved.")

FIELDS = {"text": "text", "resolved": "resolved"}


@action_items.read(resource="action-items")
async def list_action_items(
    api: TeamOClock,
    team: TeamFilter | None = None,
    status: Literal["open", "resolved"] | None = None,
    cursor: Cursor | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] | None = None,
) -> Page[ActionItem]:
    """Action items of one team or of all, newest first, 100 a page; they carry no date."""
    query = {"filter[team]": team, "filter[status]": status, "cursor": cursor}
    page = await api.page("/actionitems", query=query, items=ActionItem, asked={"team": team, "status": status})
    if limit is None or limit >= len(page.items):
        return page
    api.notes.append(f"The first {limit} of {len(page.items)} on this page")
    return Page(items=page.items[:limit])


@action_items.write(everyday=True, undo=deletes("delete_action_item", action_item_id="id"))
async def create_action_item(api: TeamOClock, team: TeamSlug, text: str, resolved: bool | None = None) -> ActionItem:
    """Note something that a team decided to do; it takes no due date and no assignee."""
    # The document's heading has filters on this URL; they are left over from the list.
    body = {"text": text, "resolved": resolved, "team": {"slug": team}}
    return await api.post("/actionitems", body=body, returns=ActionItem)


@action_items.read(resource="action-items/{action_item_id}")
async def get_action_item(api: TeamOClock, action_item_id: ActionItemId) -> ActionItem:
    """One action item: text, whether it is resolved, Jira link."""
    return await api.get("/actionitems/{}", action_item_id, returns=ActionItem)


async def _now(api: TeamOClock, action_item_id: str) -> Preview:
    item = await get_action_item(api, action_item_id)
    asked_for("action item", action_item_id, item.came("id"))
    name = item.text or action_item_id
    return Preview(what=f"Action item “{item.text}” ({action_item_id})", name=name, before=snapshot(item))


@restores(FIELDS)
async def _put_back(api: TeamOClock, change: Change, old: dict[str, object]) -> ActionItem:
    """Puts back the text and the state that the update replaced."""
    number = change.arguments["action_item_id"]
    return await api.patch("/actionitems/{}", number, body=Exactly(old), returns=ActionItem)


@action_items.write(idempotent=True, everyday=True, before=_now, undo=_put_back)
async def update_action_item(
    api: TeamOClock, action_item_id: ActionItemId, **fields: Unpack[ActionItemChanges]
) -> ActionItem:
    """Resolve, reopen or reword an action item."""
    return await api.patch("/actionitems/{}", action_item_id, body=sent(fields, FIELDS), returns=ActionItem)


async def _preview(api: TeamOClock, action_item_id: str) -> Preview:
    item = await get_action_item(api, action_item_id)
    asked_for("action item", action_item_id, item.came("id"))
    state = "resolved" if item.resolved else "open"
    return Preview(
        what=f"Action item “{item.text}” ({action_item_id}){of_team(item.team)}, {state}.",
        name=item.text or action_item_id,
        lost="its Jira link" if item.links and item.links.jira else None,
        before=snapshot(item),
    )


async def _create_again(api: TeamOClock, change: Change) -> ActionItem:
    """Creates it again for its team, open or resolved as it was, under a new id and without its Jira link."""
    team, text, resolved = (change.before.get(field) for field in ("team", "text", "resolved"))
    return await create_action_item(api, team["slug"], text, resolved)


@action_items.destructive(_preview, undo=_create_again)
async def delete_action_item(api: TeamOClock, action_item_id: ActionItemId) -> Done:
    """Delete an action item; update_action_item resolves one that is done."""
    await api.delete("/actionitems/{}", action_item_id)
    return Done(done=f"Action item {action_item_id} deleted.")
