"""Users: people's accounts."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Completes, Day, Done, Moment, Page, Preview, changes, iso, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import ROWS, CompanyRole, PageNumber, Sort, given, only, wire
from tools.oobeya.models import User

USERS = "/apis/v1/users"
USER = USERS + "/{}"
RESTORED = ("name", "surname", "username", "email", "userType", "companyRole", "hireDate", "terminationDate")

users = oobeya.toolset("users", "People's accounts: role, teams, hire date.")

DeveloperId = Annotated[
    str, Field(description="The user's developerId, not the account id"), Completes("list_users", "developerId")
]
UserId = Annotated[str, Field(description="The account's id, not its developerId"), Completes("list_users", "id")]
UserType = Annotated[str, Field(description="DB, LDAP, AZURE or OKTA")]


@users.read(resource="users")
async def list_users(
    api: Oobeya,
    page: PageNumber = 0,
    size: int = ROWS,
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
    return await api.page(
        USERS,
        User,
        page=page,
        size=size,
        sort=sort,
        username=username,
        email=email,
        startCreationDate=iso(start_creation_date),
        endCreationDate=iso(end_creation_date),
        startTerminationDate=iso(start_termination_date),
        endTerminationDate=iso(end_termination_date),
        startHireDate=iso(start_hire_date),
        endHireDate=iso(end_hire_date),
    )


@users.read(resource="users/{developer_id}")
async def get_user(api: Oobeya, developer_id: DeveloperId) -> User:
    """One person's account. Where Oobeya does not serve it, look in the list of users."""
    return await api.get(USER, developer_id, returns=User)


@users.write()
async def create_user(
    api: Oobeya,
    name: str | None = None,
    surname: str | None = None,
    full_name: Annotated[str | None, Field(description="Instead of name and surname")] = None,
    username: str | None = None,
    email: str | None = None,
    password: str | None = None,
    user_type: UserType | None = None,
    company_role: CompanyRole | None = None,
    roles: Annotated[list[str] | None, Field(description="Permissions, such as ROLE_USER")] = None,
    hire_date: Moment | None = None,
    termination_date: Moment | None = None,
) -> User:
    """Create an account for a person."""
    body = wire(
        name=name,
        surname=surname,
        full_name=full_name,
        username=username,
        email=email,
        password=password,
        user_type=user_type,
        company_role=company_role,
        roles=roles,
        hire_date=iso(hire_date),
        termination_date=iso(termination_date),
    )
    return await api.post(USERS, body=body, returns=User)


async def _account(api: Oobeya, user_id: str | None) -> User:
    return await api.by_id(USERS, User, "user with the account id", given(user_id, "user_id"))


async def _before(api: Oobeya, user_id: str | None) -> dict[str, Any]:
    return snapshot(await _account(api, user_id))


async def _put_back(api: Oobeya, change: Change) -> User:
    """Gives the account its old values; the password, and what was empty before, stay as changed."""
    return await api.put(USERS, body=only(change.before, ("id", *RESTORED)), returns=User)


@users.write(idempotent=True, before=_before, undo=_put_back)
async def update_user(
    api: Oobeya,
    user_id: UserId | None = None,
    name: str | None = None,
    surname: str | None = None,
    username: str | None = None,
    email: str | None = None,
    password: str | None = None,
    user_type: UserType | None = None,
    company_role: CompanyRole | None = None,
    hire_date: Moment | None = None,
    termination_date: Moment | None = None,
) -> User:
    """Change an account. Give all fields: whether those left out are kept is undocumented."""
    account = given(user_id, "user_id")
    body = wire(
        **changes(
            name=name,
            surname=surname,
            username=username,
            email=email,
            password=password,
            user_type=user_type,
            company_role=company_role,
            hire_date=iso(hire_date),
            termination_date=iso(termination_date),
        )
    )
    return await api.put(USERS, body={"id": account, **body}, returns=User)


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
    """Creates the account again with a new id, without its password and its teams."""
    return await api.post(USERS, body=only(change.before, (*RESTORED, "roles")), returns=User)


@users.destructive(_preview, undo=_create_again, type_the_name=True)
async def delete_user(api: Oobeya, user_id: UserId) -> Done:
    """Delete a person's account."""
    await api.act("DELETE", USER, user_id)
    return Done(done="User deleted.")
