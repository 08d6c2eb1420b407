"""Users: people's accounts."""

from typing import Annotated, Any, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import (
    Change,
    Completes,
    Day,
    Done,
    Moment,
    Page,
    Preview,
    Refusal,
    changes,
    covering,
    deletes,
    iso,
    restores,
    snapshot,
)
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import (
    PEOPLE,
    ROWS,
    CompanyRole,
    PageNumber,
    PageSize,
    Sort,
    demotion,
    ids,
    only,
    whole,
    wire,
)
from tools.oobeya.models import User

USERS = "/apis/v1/users"
USER = USERS + "/{}"
SENT = ("name", "surname", "username", "email", "userType", "companyRole", "roles", "hireDate", "terminationDate")

users = oobeya.toolset("users", "People's accounts: role, teams, hire date.")

DeveloperId = Annotated[
    str,
    Field(description="The user's developerId, not the account id; or name"),
    Completes("list_users", "developerId", names=PEOPLE, ids=ids("member"), kind="user"),
]
UserId = Annotated[
    str,
    Field(description="The account's id, not its developerId; or name"),
    Completes("list_users", "id", names=PEOPLE, ids=ids("user"), kind="account"),
]
UserType = Annotated[str, Field(description="DB, LDAP, AZURE or OKTA")]


class UserChanges(TypedDict, total=False):
    """What an update can change of an account."""

    name: str
    surname: str | None
    username: str
    email: str | None
    password: str
    user_type: UserType
    company_role: CompanyRole | None
    hire_date: Moment | None
    termination_date: Moment | None


class NewUser(TypedDict, total=False):
    """An account to be made; what is required is what the document's example names."""

    name: Required[str]
    surname: Required[str]
    username: Required[str]
    email: Required[str]
    password: str
    user_type: Required[UserType]
    company_role: Required[CompanyRole]
    hire_date: Required[Moment]
    termination_date: Moment
    full_name: Annotated[str, Field(description="Where the tenant wants it besides name and surname")]
    roles: Annotated[list[str], Field(description="Permissions, such as ROLE_USER")]


@users.read(resource="users")
async def list_users(
    api: Oobeya,
    page: PageNumber = 0,
    size: PageSize = ROWS,
    sort: Sort | None = None,
    username: str | None = None,
    email: str | None = None,
    start_creation_date: Day | None = None,
    end_creation_date: Day | None = None,
    start_termination_date: Day | None = None,
    end_termination_date: Day | None = None,
    start_hire_date: Day | None = None,
    end_hire_date: Day | None = None,
) -> Page[User]:
    """People's accounts with role, teams and both ids, `id` (account) and `developerId`."""
    filters: dict[str, Any] = {"username": username, "email": email}
    for kind, first, last in (
        ("creation", start_creation_date, end_creation_date),
        ("termination", start_termination_date, end_termination_date),
        ("hire", start_hire_date, end_hire_date),
    ):
        if first and last and first > last:
            raise Refusal(f"Nothing was sent: start_{kind}_date must not be after end_{kind}_date.")
        if first or last:
            api.notes.append(f"By {kind} date. {covering(first, last)}")
        filters |= {f"start{kind.title()}Date": iso(first), f"end{kind.title()}Date": iso(last)}
    found = await api.page(USERS, User, page=page, size=size, sort=sort, **filters)
    return api.said(found, username=username, email=email)


@users.read(resource="users/{developer_id}")
async def get_user(api: Oobeya, developer_id: DeveloperId) -> User:
    """One person's account. Where Oobeya does not serve it, look in the list of users."""
    return await api.get(USER, developer_id, returns=User)


@users.write(undo=deletes("delete_user", user_id="id"))
async def create_user(api: Oobeya, **fields: Unpack[NewUser]) -> User:
    """Create an account for a person."""
    return await api.post(USERS, body=wire(fields, iso), returns=User)


async def _account(api: Oobeya, user_id: str) -> User:
    return await api.by_id(USERS, User, "user with the account id", user_id)


async def _user_now(api: Oobeya, user_id: str) -> Preview:
    user = await _account(api, user_id)
    return Preview(what=f"Account “{user.called}” ({user_id})", name=user.called, before=snapshot(user))


@restores(
    {
        "name": "name",
        "surname": "surname",
        "username": "username",
        "email": "email",
        "user_type": "userType",
        "company_role": "companyRole",
        "hire_date": "hireDate",
        "termination_date": "terminationDate",
    }
)
async def _put_back(api: Oobeya, change: Change, old: dict[str, Any]) -> User:
    """Puts back what the update replaced, but for a password; the rest of the account goes along as it is."""
    now = snapshot(await _account(api, change.before["id"]))
    return await api.put(USERS, body=whole(("id", *SENT), change.before, now, old), returns=User)


async def _loses(api: Oobeya, now: Any, password: str | None, company_role: str | None) -> str | None:
    called = now.get("fullName") or now.get("username") or "this person"
    lost = [
        "the present password, which nobody can read" if password else None,
        demotion(called, now, company_role) if company_role else None,
    ]
    return ", and ".join(filter(None, lost)) or None


@users.write(idempotent=True, before=_user_now, asks=_loses, undo=_put_back)
async def update_user(api: Oobeya, user_id: UserId, **fields: Unpack[UserChanges]) -> User:
    """Change an account; what is not given stays, and null empties. Permissions (`roles`) stay as they are."""
    changed = wire(changes(fields), iso)
    body = whole(("id", *SENT, "password"), snapshot(await _account(api, user_id)), changed)
    return await api.replace(USERS, body=body, changed=changed, returns=User)


async def _preview(api: Oobeya, user_id: str) -> Preview:
    user = await _account(api, user_id)
    facts = ", ".join(filter(None, [user.username, f"account {user_id}", user.company_role]))
    return Preview(
        what=f"User {user.called} ({facts}), in {user.team_names}.",
        name=user.username or user_id,
        lost="the account's id, password and teams",
        before=snapshot(user),
    )


async def _create_again(api: Oobeya, change: Change) -> User:
    """Creates the account again, under a new id and without its password and its teams."""
    return await api.post(USERS, body=only(change.before, SENT), returns=User)


@users.destructive(_preview, undo=_create_again, type_the_name=True)
async def delete_user(api: Oobeya, user_id: UserId) -> Done:
    """Delete a person's account."""
    await api.act("DELETE", USER, user_id)
    return Done(done=f"User {user_id} deleted.")
