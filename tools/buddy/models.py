"""What Buddy answers of accounts, projects, variables and environments.

Field names are Buddy's own; lists carry fewer fields than single objects.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from server.declare import MASK, JsonObject, Masked, Noise, VendorModel, names_secret


def masked(data: Any) -> Any:
    """`data` with the values of variables, headers and passwords masked, at any depth.

    A variable and a header are `{key, value}` and `{name, value}`; whether such a value is a secret
    is not always said beside it.
    """
    if isinstance(data, Mapping):
        return {name: _hidden(item) if _is_secret(name) else masked(item) for name, item in data.items()}
    return [masked(item) for item in data] if isinstance(data, list) else data


def _is_secret(name: str) -> bool:
    return name in ("value", "defaults") or names_secret(name)


def _hidden(value: Any) -> Any:
    return masked(value) if isinstance(value, Mapping | list | bool | None) else MASK


class Linked(VendorModel):
    """Anything that has addresses: the API's own, and the one where a person looks at it."""

    url: Any = Noise
    html_url: Any = Noise


class Guarded(Linked):
    """Anything that may carry secrets of its users' own: they are masked as they arrive."""

    @model_validator(mode="before")
    @classmethod
    def _mask(cls, data: Any) -> Any:
        return masked(data)


class Person(Linked):
    """A member as other objects name them."""

    id: Any = Noise
    name: str | None = None
    email: str | None = None
    avatar_url: Any = Noise


class User(Linked):
    """The owner of the token."""

    id: int | None = None
    name: str | None = None
    html_url: str | None = None
    avatar_url: Any = Noise
    workspaces_url: Any = Noise


class Workspace(Linked):
    """A workspace; `domain` is what the other tools call its name."""

    id: int | None = None
    name: str | None = None
    domain: str | None = None
    html_url: str | None = None
    owner_id: int | None = None
    frozen: bool | None = None
    create_date: str | None = None
    projects_url: Any = Noise
    groups_url: Any = Noise
    members_url: Any = Noise


class ProjectRow(Linked):
    """A project in a list; `name` is its id in URLs and arguments."""

    name: str | None = None
    display_name: str | None = None
    status: str | None = None
    access: str | None = None
    create_date: str | None = None


class Project(ProjectRow):
    """A project."""

    html_url: str | None = None
    default_branch: str | None = None
    http_repository: str | None = None
    ssh_repository: str | None = None
    created_by: Person | None = None
    custom_repo_pass: Masked | None = None


class VariableRow(Linked):
    """A variable or SSH key, its value masked."""

    id: int | None = None
    key: str | None = None
    value: Masked | None = None
    type: str | None = None
    encrypted: bool | None = None
    settable: bool | None = None
    description: str | None = None


class Variable(VariableRow):
    """A variable; its value is masked where it is encrypted or an SSH key."""

    value: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _mask(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and (data.get("encrypted") is not False or data.get("type") != "VAR"):
            return {**data, "value": MASK}
        return data


class ListedVariable(Variable):
    """A variable in a list, where nobody asked for this one: masked also where its name says that it is a secret."""

    @model_validator(mode="before")
    @classmethod
    def _mask_by_name(cls, data: Any) -> Any:
        return {**data, "value": MASK} if isinstance(data, Mapping) and names_secret(str(data.get("key"))) else data


class EnvironmentRow(Guarded):
    """An environment in a list."""

    id: str | None = None
    name: str | None = None
    identifier: str | None = None
    scope: str | None = None
    tags: list[str] | None = None
    public_url: str | None = None
    project: Any = Noise


class Environment(EnvironmentRow):
    """An environment with its variables (values masked) and permissions."""

    html_url: str | None = None
    project: ProjectRow | None = None
    variables: list[JsonObject] | None = None
    create_date: str | None = None
