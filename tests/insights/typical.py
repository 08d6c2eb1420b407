"""A typical call of each tool that crosses vendors."""

from typing import Any

CALLS: dict[str, dict[str, Any]] = {
    "insights_get_action_item_followup": {"team": "platform"},
    "insights_get_attention_list": {"team": "platform"},
    "insights_get_release_activity": {"team": "platform"},
    "insights_get_retro_brief": {"team": "platform"},
    "insights_get_standup_digest": {"team": "platform"},
    "insights_get_team": {"team": "Platform"},
    "insights_list_teams": {},
}
