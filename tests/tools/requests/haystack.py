from tests.tools.requests import Row

FILTER = {"field": "jiraIssue.issueType", "operator": "in", "values": ["Bug"]}
PERIOD = {"start_date": "2026-10-20", "end_date": "2026-11-20"}
SENT = {"startDate": "2026-10-20", "endDate": "2026-11-20"}

ROWS = [
    Row(
        "haystack_get_metrics",
        {
            "start_date": "2026-10-20",
            "end_date": "2026-11-20T08:00:00Z",
            "granularity": "month",
            "type": "issue",
            "group_by": "author",
            "filters": [FILTER],
        },
        "POST /public/api/metrics",
        {
            "startDate": "2026-10-20",
            "endDate": "2026-11-20",
            "granularity": "month",
            "type": "issue",
            "groupBy": "author",
            "filters": [FILTER],
        },
    ),
    Row(
        "haystack_get_team_metrics",
        {
            "team_id": 31,
            "start_date": "2026-10-20",
            "end_date": "2026-11-20",
            "granularity": "cycle",
            "type": "cycle",
            "group_by": "epic",
            "filters": [],
        },
        "POST /public/api/team/31/metrics",
        {
            "startDate": "2026-10-20",
            "endDate": "2026-11-20",
            "granularity": "cycle",
            "type": "cycle",
            "groupBy": "epic",
            "filters": [],
        },
    ),
    Row(
        "haystack_get_team_metrics",
        {"team_id": 32, **PERIOD, "type": "deployment", "granularity": "week"},
        "POST /public/api/team/32/metrics",
        {**SENT, "type": "deployment", "granularity": "week"},
    ),
    Row(
        "haystack_get_team_metrics",
        {"team_id": 33, **PERIOD, "type": "pull_request", "granularity": "month", "group_by": "team"},
        "POST /public/api/team/33/metrics",
        {**SENT, "type": "pull_request", "granularity": "month", "groupBy": "team"},
    ),
]
