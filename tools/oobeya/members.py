"""Members: the developers that metrics are about, with or without an account."""

from typing import Annotated, Any, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Done, Page, Preview, changes, deletes, restores, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import (
    ROWS,
    CompanyRole,
    MemberId,
    PageNumber,
    PageSize,
    Sort,
    TeamName,
    demotion,
    named,
    only,
    whole,
    wire,
)
from tools.oobeya.models import Member

MEMBERS = "/apis/v1/members"
MEMBER = MEMBERS + "/{}"
SENT = ("name", "surname", "userName", "addonAccounts", "companyRole", "teams")

members = oobeya.toolset("members", "Developers that metrics are about: role, teams, linked tool accounts.")

AddonAccounts = Annotated[list[str], Field(description="Accounts in other tools")]


class MemberParts(TypedDict, total=False):
    """What a member has besides a name."""

    surname: str | None
    user_name: str | None
    addon_accounts: AddonAccounts
    company_role: CompanyRole | None
    teams: list[TeamName]


class MemberChanges(MemberParts, total=False):
    """What an update can change of a member."""

    name: str


class NewMember(MemberParts, total=False):
    """A member to be made."""

    name: Required[str]
    id: Annotated[str, Field(description="Oobeya may choose it")]


@members.read(resource="members")
async def list_members(
    api: Oobeya,
    page: PageNumber = 0,
    size: PageSize = ROWS,
    sort: Sort | None = None,
    username: str | None = None,
    email: str | None = None,
) -> Page[Member]:
    """Developers whose ids teams and reports use."""
    found = await api.page(MEMBERS, Member, page=page, size=size, sort=sort, username=username, email=email)
    return api.said(found, username=username, email=email)


@members.read(resource="members/{member_id}")
async def get_member(api: Oobeya, member_id: MemberId) -> Member:
    """One developer: role, teams, linked accounts."""
    return await api.get(MEMBER, member_id, returns=Member)


@members.write(undo=deletes("delete_member", member_id="id"))
async def create_member(api: Oobeya, **fields: Unpack[NewMember]) -> Member:
    """Add a developer."""
    return await api.post(MEMBERS, body=wire(fields), returns=Member)


async def _member(api: Oobeya, member_id: str) -> tuple[Member, dict[str, Any]]:
    """A member as it is now, and as it is sent. Raises Refusal where it is another one."""
    member = await get_member(api, member_id)
    if member.id != member_id:
        raise unknown("member with the id", member_id)
    # Answers spell it `username`, requests `userName`.
    spelt = {"userName": member.username} if member.username else {}
    return member, spelt | snapshot(member)


async def _member_now(api: Oobeya, member_id: str) -> Preview:
    member, before = await _member(api, member_id)
    return Preview(what=f"Member “{member.called}” ({member_id})", name=member.called, before=before)


@restores(
    {
        "name": "name",
        "surname": "surname",
        "user_name": "userName",
        "addon_accounts": "addonAccounts",
        "company_role": "companyRole",
        "teams": "teams",
    }
)
async def _put_back(api: Oobeya, change: Change, old: dict[str, Any]) -> Member:
    """Puts back what the update replaced; the rest of the member goes along as it is."""
    _, now = await _member(api, change.before["id"])
    return await api.put(MEMBERS, body=whole(("id", *SENT), change.before, now, old), returns=Member)


async def _loses(api: Oobeya, now: Any, company_role: str | None, teams: list[TeamName] | None) -> str | None:
    called = now.get("fullName") or now.get("name") or "this member"
    stays = {team.get(key) for team in teams or [] for key in ("id", "name")} - {None}
    left = [
        team.get("name") or team.get("id")
        for team in now.get("teams") or []
        if teams is not None and stays.isdisjoint((team.get("id"), team.get("name")))
    ]
    lost = [
        f"what is counted until an undo takes {called} back into {named(left)}" if left else None,
        demotion(called, now, company_role) if company_role else None,
    ]
    return ", and ".join(filter(None, lost)) or None


@members.write(idempotent=True, before=_member_now, asks=_loses, undo=_put_back)
async def update_member(api: Oobeya, member_id: MemberId, **fields: Unpack[MemberChanges]) -> Member:
    """Change a developer; what is not given stays, and null empties. `teams` are all that they are to be in."""
    changed = wire(changes(fields))
    _, now = await _member(api, member_id)
    body = whole(("id", *SENT), now, changed)
    return await api.replace(MEMBERS, body=body, changed=changed, returns=Member)


async def _preview(api: Oobeya, member_id: str) -> Preview:
    member, before = await _member(api, member_id)
    return Preview(
        what=f"Member {member.called} ({member_id}), in {member.team_names}.",
        name=member.called,
        lost="the member's id, and what Oobeya has attributed to it",
        before=before,
    )


async def _create_again(api: Oobeya, change: Change) -> Member:
    """Creates the member again, under a new id and without the e-mail address; commits and reports under the old id do
    not come back."""
    return await api.post(MEMBERS, body=only(change.before, SENT), returns=Member)


@members.destructive(_preview, undo=_create_again, type_the_name=True)
async def delete_member(api: Oobeya, member_id: MemberId) -> Done:
    """Delete a developer."""
    await api.act("DELETE", MEMBER, member_id)
    return Done(done=f"Member {member_id} deleted.")
