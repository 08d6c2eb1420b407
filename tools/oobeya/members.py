"""Members: the developers that metrics are about, with or without an account."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Done, Page, Preview, changes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import (
    ROWS,
    CompanyRole,
    MemberId,
    PageNumber,
    Sort,
    TeamName,
    given,
    only,
    wire,
)
from tools.oobeya.models import Member

MEMBERS = "/apis/v1/members"
MEMBER = MEMBERS + "/{}"
RESTORED = ("name", "surname", "userName", "addonAccounts", "companyRole", "teams")

members = oobeya.toolset("members", "Developers that metrics are about: role, teams, linked tool accounts.")

AddonAccounts = Annotated[list[str], Field(description="Accounts in other tools")]


@members.read(resource="members")
async def list_members(
    api: Oobeya,
    page: PageNumber = 0,
    size: int = ROWS,
    sort: Sort | None = None,
    username: str | None = None,
    email: str | None = None,
) -> Page[Member]:
    """Developers whose ids teams and reports use."""
    return await api.page(MEMBERS, Member, page=page, size=size, sort=sort, username=username, email=email)


@members.read(resource="members/{member_id}")
async def get_member(api: Oobeya, member_id: MemberId) -> Member:
    """One developer: role, teams, linked accounts."""
    return await api.get(MEMBER, member_id, returns=Member)


@members.write()
async def create_member(
    api: Oobeya,
    id: Annotated[str | None, Field(description="Oobeya may choose it")] = None,
    name: str | None = None,
    surname: str | None = None,
    user_name: str | None = None,
    addon_accounts: AddonAccounts | None = None,
    company_role: CompanyRole | None = None,
    teams: list[TeamName] | None = None,
) -> Member:
    """Add a developer."""
    body = wire(
        id=id,
        name=name,
        surname=surname,
        user_name=user_name,
        addon_accounts=addon_accounts,
        company_role=company_role,
        teams=teams,
    )
    return await api.post(MEMBERS, body=body, returns=Member)


async def _before(api: Oobeya, member_id: str | None) -> dict[str, Any]:
    return snapshot(await get_member(api, given(member_id, "member_id")))


async def _put_back(api: Oobeya, change: Change) -> Member:
    """Gives the member their old values; what was empty before stays as changed."""
    return await api.put(MEMBERS, body=_body(change, "id"), returns=Member)


@members.write(idempotent=True, before=_before, undo=_put_back)
async def update_member(
    api: Oobeya,
    member_id: MemberId | None = None,
    name: str | None = None,
    surname: str | None = None,
    user_name: str | None = None,
    addon_accounts: AddonAccounts | None = None,
    company_role: CompanyRole | None = None,
    teams: list[TeamName] | None = None,
) -> Member:
    """Change a developer. Give all fields: whether those left out are kept is undocumented."""
    member = given(member_id, "member_id")
    body = wire(
        **changes(
            name=name,
            surname=surname,
            user_name=user_name,
            addon_accounts=addon_accounts,
            company_role=company_role,
            teams=teams,
        )
    )
    return await api.put(MEMBERS, body={"id": member, **body}, returns=Member)


async def _preview(api: Oobeya, member_id: str) -> Preview:
    member = await get_member(api, member_id)
    return Preview(
        what=f"Member {member.called} ({member_id}), in {member.team_names}.",
        name=member.called,
        lost="the member's id, and what Oobeya has attributed to it",
        before=snapshot(member),
    )


async def _create_again(api: Oobeya, change: Change) -> Member:
    """Creates the member again with a new id; commits and reports under the old id do not come back."""
    return await api.post(MEMBERS, body=_body(change), returns=Member)


def _body(change: Change, *more: str) -> dict[str, Any]:
    # Answers spell it `username`, requests `userName`.
    name = change.before.get("username")
    return ({"userName": name} if name else {}) | only(change.before, (*RESTORED, *more))


@members.destructive(_preview, undo=_create_again, type_the_name=True)
async def delete_member(api: Oobeya, member_id: MemberId) -> Done:
    """Delete a developer."""
    await api.act("DELETE", MEMBER, member_id)
    return Done(done="Member deleted.")
