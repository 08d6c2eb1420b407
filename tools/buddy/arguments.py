"""The argument types that Buddy's tools share."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from server.declare import Completes, Exactly, JsonObject, Sensitive, changes

PROJECT_PAGE = r"^/[^/]+/([^/]+)"

Workspace = Annotated[str, Field(description="Default: BUDDY_WORKSPACE"), Completes("list_workspaces", "domain")]
Project = Annotated[
    str,
    Completes("list_projects", "name", names=("display_name",), page=PROJECT_PAGE, ids=r"[a-z0-9._-]+", kind="project"),
]
# A filter: Buddy's answer to an unknown project is an empty list, so the list of projects is always asked.
OfProject = Annotated[
    str, Completes("list_projects", "name", names=("display_name",), page=PROJECT_PAGE, kind="project")
]
PipelineId = Annotated[
    str, Completes("list_pipelines", "id", names=("name", "identifier"), kind="pipeline", ids=r"\d+")
]


def _number(lister: str, *words: str) -> AfterValidator:
    """Refuses what is no number, since Buddy does not say what it expects, but for the words that are taken as well."""

    def checked(given: str) -> str:
        if given not in words and not re.fullmatch(r"[0-9]+", given):
            raise ValueError(f"must be a number; {lister} shows it")
        return given

    return AfterValidator(checked)


ExecutionId = Annotated[
    str,
    _number("buddy_list_executions", "latest"),
    Field(description="Or latest"),
    Completes("list_executions", "id", newest=True, kind="execution"),
]
ActionId = Annotated[str, Completes("list_pipeline_actions", "id", names=("name",), kind="action", ids=r"\d+")]
ActionExecutionId = Annotated[str, Field(description="Or the action's name; FAILED: the one that failed")]
EnvironmentId = Annotated[
    str,
    Completes(
        "list_environments",
        "id",
        names=("name", "identifier"),
        ids=r"(?=[A-Za-z]*\d)[0-9A-Za-z]{8,}",
        kind="environment",
    ),
]
VariableId = Annotated[
    str, _number("buddy_list_variables, which lists one level at a time,"), Completes("list_variables", "id")
]
BranchName = Annotated[str, Completes("list_branches", "name")]
TagName = Annotated[str, Completes("list_tags", "name")]
Revision = Annotated[str, Field(description="Commit SHA, branch or tag")]
FilePath = Annotated[str, Field(description="Path in the repository")]

PageNumber = Annotated[int, Field(ge=1)]
PerPage = Annotated[int, Field(ge=1, le=100, description="Default 20")]
Direction = Literal["ASC", "DESC"]
ProjectAccess = Literal["PUBLIC", "PRIVATE"]
Priority = Literal["LOW", "NORMAL", "HIGH"]

Fields = Annotated[
    JsonObject, Field(description="Fields to set, as Buddy's API names them; null empties one"), Sensitive()
]
NewFields = Annotated[JsonObject, Field(description="Fields as Buddy's API names them"), Sensitive()]
Value = Annotated[str, Sensitive()]


class PassedVariable(BaseModel):
    """A variable for one execution."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    key: str
    value: str
    encrypted: bool | None = None


def some(fields: Mapping[str, Any] | None) -> Exactly:
    """The fields of a change, as they are sent. Raises Refusal where there are none."""
    return Exactly(changes(fields or {}))
