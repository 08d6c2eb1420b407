"""Workspaces."""

from server.declare import Page
from tools.buddy import arguments, buddy
from tools.buddy.api import Buddy
from tools.buddy.models import Workspace

workspaces = buddy.toolset("workspaces", "Workspaces that the token reaches.")


@workspaces.read(resource="workspaces", permission="WORKSPACE")
async def list_workspaces(api: Buddy) -> Page[Workspace]:
    """Workspaces that the token reaches; `domain` is what other tools take as workspace."""
    return await api.all("workspaces", Workspace, "/workspaces")


@workspaces.read(resource="workspaces/{workspace}", permission="WORKSPACE")
async def get_workspace(api: Buddy, workspace: arguments.Workspace | None = None) -> Workspace:
    """One workspace: owner, creation date, whether it is frozen."""
    return await api.get("/workspaces/{}", api.workspace(workspace), returns=Workspace)
