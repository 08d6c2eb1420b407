"""What people ask for in a week: thirty reads of all five vendors, on the sandbox of `tests.vendors.TODAY`."""

from typing import Any

PAYMENTS = {"project": "payments-service"}
DEPLOY = {**PAYMENTS, "pipeline_id": "31"}
FAILED = {**DEPLOY, "execution_id": "123"}
NOVEMBER = [{"after": "2026-11-01", "before": "2026-11-20"}]
MONTH = {"start_date": "2026-10-20", "end_date": "2026-11-20"}
METRICS = ["branch.computed.cycle_time:p75", "pr.merged", "releases.count"]

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("teamoclock_list_teams", {}),
    ("teamoclock_list_members", {}),
    ("teamoclock_list_action_items", {"team": "platform", "status": "open"}),
    ("teamoclock_list_action_items", {}),
    ("teamoclock_get_action_item", {"action_item_id": "A1"}),
    ("teamoclock_list_retros", {"team": "platform"}),
    ("teamoclock_get_standup", {"standup_id": "platform"}),
    ("teamoclock_get_planning_poker", {"planning_poker_id": "platform"}),
    ("teamoclock_list_timeline", {"since": "2026-11-10"}),
    ("teamoclock_get_timeline_record", {"record_id": "P1"}),
    ("oobeya_list_all_teams", {}),
    ("oobeya_get_dora_summary", {"team_id": "team-platform"}),
    ("oobeya_list_deployments", {"size": 20}),
    ("oobeya_get_team_commit_report", {"team_id": "team-platform"}),
    ("oobeya_get_team_pull_request_report", {"team_id": "team-platform"}),
    ("oobeya_get_member", {"member_id": "member-2"}),
    ("buddy_list_projects", {}),
    ("buddy_list_pipelines", PAYMENTS),
    ("buddy_get_pipeline", DEPLOY),
    ("buddy_list_executions", DEPLOY),
    ("buddy_get_execution", FAILED),
    ("buddy_get_action_logs", {**FAILED, "action_execution_id": "000000000000007b00000003"}),
    ("buddy_list_commits", PAYMENTS),
    ("buddy_compare_commits", {**PAYMENTS, "base": "release/1.1", "head": "main"}),
    ("haystack_get_team_metrics", {"team_id": 32, "type": "deployment", "granularity": "week", **MONTH}),
    ("haystack_get_team_metrics", {"team_id": 33, "type": "pull_request", "granularity": "week", **MONTH}),
    ("linearb_get_measurements", {"requested_metrics": METRICS, "time_ranges": NOVEMBER, "group_by": "team"}),
    ("linearb_list_deployments", {"limit": 20}),
    ("linearb_search_incidents", {}),
    ("linearb_list_users", {}),
]
