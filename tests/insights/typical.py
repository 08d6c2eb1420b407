"""A typical call of each tool that crosses vendors."""

from typing import Any

CALLS: dict[str, dict[str, Any]] = {
    "insights_get_team": {"team": "Platform"},
    "insights_list_teams": {},
}
