"""A typical call of each tool that crosses vendors, in a period that does not depend on the day."""

from typing import Any

WEEK = "2026-11-10..2026-11-16"

CALLS: dict[str, dict[str, Any]] = {
    "insights_get_action_item_followup": {"team": "platform"},
    "insights_get_attention_list": {"team": "platform"},
    "insights_get_release_activity": {"team": "platform"},
    "insights_get_retro_brief": {"team": "platform"},
    "insights_get_standup_digest": {"team": "platform"},
    "insights_compare_teams": {"metric": "lead_time", "teams": ["platform", "payments", "mobile"], "period": "2026-10"},
    "insights_get_cycle_time_breakdown": {"team": "platform", "period": WEEK},
    "insights_get_delivery_report": {"team": "platform", "period": WEEK},
    "insights_draw_chart": {"metric": "lead_time", "teams": ["platform", "Mobile"], "period": "2026-10"},
    "insights_get_delivery_page": {"team": "platform", "period": "2026-10"},
    "insights_get_team": {"team": "Platform"},
    "insights_write_report": {"team": "platform", "period": WEEK},
    "insights_list_definitions": {"metric": "lead_time"},
    "insights_list_teams": {},
    "insights_list_vendors": {},
    "insights_suggest_team_map": {},
}
