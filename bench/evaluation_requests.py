"""Forty requests of everyday work, and the calls that an assistant decided upon, seeing only what a client shows.

The client has the default list of tools; what is not in it was looked for first, in the words of the request.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Found:
    """An argument that an earlier answer of the same request said: the group of this expression."""

    pattern: str


Call = tuple[str, dict[str, Any]]


def find(query: str) -> Call:
    """Look for a tool."""
    return "drumbeat_find_tools", {"query": query}


def read(tool: str, **arguments: Any) -> Call:
    """Call a read tool that is not in the list."""
    return "drumbeat_read", {"tool": tool, "arguments": arguments}


def act(tool: str, **arguments: Any) -> Call:
    """Call a tool that changes something and is not in the list."""
    return "drumbeat_act", {"tool": tool, "arguments": arguments}


def day(ago: int) -> str:
    """The day so many days ago."""
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


MONTH = {"after": day(30), "before": day(1)}
BEFORE = {"after": day(60), "before": day(31)}
PAYMENTS = {"project": "payments-service"}
PRODUCTION = {**PAYMENTS, "pipeline_id": "Deploy to production"}
INFRA = {"project": "infra", "pipeline_id": "Deploy to production"}
# The first row's id, in text and in JSON.
FIRST = r'(?:(?:^|\n)(?:- )?(?:id: )?|"id": ?"?)([A-Z]?\d+)(?: \||"|,|\n)'
FAILED_ACTION = r'(?:FAILED \| |"action_execution_id": ?")([0-9a-f]{23}3)'
REQUESTS: list[tuple[str, list[Call]]] = [
    # A manager and a tech lead: how do we deliver.
    (
        "How did the platform team do on DORA in the last 30 days?",
        [("oobeya_get_dora_summary", {"team_id": "Platform", "from_time": day(30), "to_time": day(1)})],
    ),
    (
        "Where does cycle time go, team by team, this month against the one before?",
        [
            (
                "linearb_get_measurements",
                {
                    "requested_metrics": [
                        "branch.computed.cycle_time:p75",
                        "branch.time_to_pr:p75",
                        "branch.time_to_review:p75",
                        "branch.review_time:p75",
                        "branch.time_to_prod:p75",
                    ],
                    "time_ranges": [MONTH, BEFORE],
                    "group_by": "team",
                },
            )
        ],
    ),
    (
        "Do we finish what we commit to in sprints?",
        [
            (
                "haystack_get_metrics",
                {"type": "cycle", "granularity": "cycle", "start_date": day(60), "end_date": day(1)},
            )
        ],
    ),
    (
        "Which team released most often in the last 30 days?",
        [
            (
                "linearb_get_measurements",
                {"requested_metrics": ["releases.count"], "time_ranges": [MONTH], "group_by": "team"},
            )
        ],
    ),
    (
        "Time to restore and change failure rate by team, please.",
        [
            ("oobeya_list_all_teams", {}),
            *(
                (
                    "oobeya_get_dora_summary",
                    {"team_id": team, "from_time": day(30), "to_time": day(1), "deployments": 0},
                )
                for team in ("team-platform", "team-payments", "team-mobile")
            ),
        ],
    ),
    (
        "How much technical debt does the platform team have?",
        [
            find("how much technical debt does a team have"),
            read("oobeya_get_team_quality_report", team_id="Platform"),
        ],
    ),
    (
        "Are the mobile team's pull requests bigger than the others'?",
        [
            (
                "linearb_get_measurements",
                {
                    "requested_metrics": ["pr.merged.size:p50", "pr.merged.size:p75", "pr.merged"],
                    "time_ranges": [MONTH],
                    "group_by": "team",
                },
            )
        ],
    ),
    (
        "What has Joe Doe committed in the last two weeks?",
        [
            find("what has a developer committed"),
            read("oobeya_get_member_commit_report", member_id="Joe Doe", start_date=day(14), end_date=day(0)),
        ],
    ),
    (
        "Weekly deployments of the whole organization over two months?",
        [
            (
                "haystack_get_metrics",
                {"type": "deployment", "granularity": "week", "start_date": day(60), "end_date": day(1)},
            )
        ],
    ),
    (
        "Does Oobeya's lead time of Payments agree with LinearB's?",
        [
            ("oobeya_get_dora_summary", {"team_id": "Payments", "from_time": day(30), "to_time": day(1)}),
            (
                "linearb_get_measurements",
                {
                    "requested_metrics": ["branch.computed.cycle_time:avg"],
                    "time_ranges": [MONTH],
                    "group_by": "team",
                },
            ),
        ],
    ),
    # A developer and a build engineer: what about the pipelines.
    ("Is everything green in payments-service?", [("buddy_list_pipelines", PAYMENTS)]),
    (
        "Why did the last production deployment of payments-service that failed fail?",
        [
            ("buddy_list_executions", {**PRODUCTION, "status": "FAILED", "per_page": 1}),
            ("buddy_get_execution", {**PRODUCTION, "execution_id": Found(FIRST)}),
            (
                "buddy_get_action_logs",
                {**PRODUCTION, "execution_id": Found(FIRST), "action_execution_id": Found(FAILED_ACTION)},
            ),
        ],
    ),
    (
        "What is on main of payments-service that release/1.1 does not have?",
        [
            find("what is on main that a release branch does not have"),
            read("buddy_compare_commits", **PAYMENTS, base="release/1.1", head="main"),
        ],
    ),
    (
        "How often did deploying infra to production fail lately?",
        [("buddy_list_executions", {**INFRA, "status": "FAILED"})],
    ),
    (
        "Run the tests of payments-service on main.",
        [("buddy_run_pipeline", {**PAYMENTS, "pipeline_id": "Tests", "branch": "main"})],
    ),
    (
        "Stop the deployment of infra that is running.",
        [
            ("buddy_list_executions", {**INFRA, "status": "INPROGRESS"}),
            find("stop a running deployment"),
            act("buddy_control_execution", **INFRA, execution_id=Found(FIRST), operation="CANCEL"),
        ],
    ),
    (
        "Get rid of the branch feature/offline-banners in payments-service.",
        [find("get rid of a branch"), act("buddy_delete_branch", **PAYMENTS, name="feature/offline-banners")],
    ),
    (
        "Cut a branch release/1.3 from main in payments-service.",
        [
            find("cut a release branch from main"),
            read("buddy_get_branch", **PAYMENTS, name="main"),
            act("buddy_create_branch", **PAYMENTS, name="release/1.3", commit=Found(r"\b([0-9a-f]{40})\b")),
        ],
    ),
    (
        "Which environment variables does payments-service have?",
        [
            find("which environment variables does a project have"),
            read("buddy_list_variables", project_name="payments-service"),
        ],
    ),
    (
        "What was committed to payments-service this week, and by whom?",
        [find("commits of this week with authors"), read("buddy_list_commits", **PAYMENTS, since=day(7))],
    ),
    (
        "What does the README of payments-service say?",
        [find("read a file of a repository"), read("buddy_get_file", **PAYMENTS, path="README.md")],
    ),
    (
        "Which environments do we have?",
        [find("which environments are there"), read("buddy_list_environments")],
    ),
    # A facilitator: stand-ups, retros, poker.
    (
        "Who is blocked in the platform team today?",
        [
            find("who is blocked in today's stand-up"),
            read("teamoclock_list_standups", team="platform"),
            read("teamoclock_get_standup", standup_id="platform"),
        ],
    ),
    (
        "What is still open of what the platform team decided?",
        [("teamoclock_list_action_items", {"team": "platform", "status": "open"})],
    ),
    (
        "Tick off the newest open action item of the platform team.",
        [
            ("teamoclock_list_action_items", {"team": "platform", "status": "open"}),
            ("teamoclock_update_action_item", {"action_item_id": Found(r"\b(A\d+)\b"), "resolved": True}),
        ],
    ),
    (
        "That was wrong, take it back.",
        [
            ("drumbeat_list_changes", {"limit": 1}),
            (
                "drumbeat_undo_change",
                {"change_id": Found(r"\b(\d{8}-\d{6}-[0-9a-f]+)\b")},
            ),
        ],
    ),
    (
        "Note for Payments: write a runbook for the checkout.",
        [("teamoclock_create_action_item", {"team": "payments", "text": "Write a runbook for the checkout"})],
    ),
    ("Start a retro for Payments.", [("teamoclock_create_retro", {"team": "payments"})]),
    (
        "What did we talk about in the last retro of the platform team?",
        [
            find("what did we talk about in the last retro"),
            read("teamoclock_list_timeline", team="platform", type="retro", back_to=day(30)),
            read("teamoclock_get_timeline_record", record_id=Found(r"\b(R\d+)\b")),
        ],
    ),
    (
        "What are the estimates in the platform team's planning poker?",
        [
            find("estimates of the running planning poker"),
            read("teamoclock_list_planning_pokers", team="platform"),
            read("teamoclock_list_planning_poker_tasks", planning_poker_id="platform"),
        ],
    ),
    (
        "Start planning poker for the mobile team.",
        [find("start planning poker for a team"), act("teamoclock_create_planning_poker", team="mobile")],
    ),
    (
        "Who is in the platform team?",
        [find("who is in a team"), read("teamoclock_list_team_members", team="platform")],
    ),
    (
        "Put Joe Doe into the mobile team.",
        [
            find("put somebody into a team"),
            act("teamoclock_add_team_members", team="mobile", usernames=["Joe Doe"]),
        ],
    ),
    (
        "Delete the retro of Payments that was just started, it was a mistake.",
        [
            find("delete a retro that was just started"),
            read("teamoclock_list_retros", team="payments"),
            act("teamoclock_delete_retro", retro_id=Found(r"(?s).*\b(r204\w{8,})\b")),
        ],
    ),
    # Incidents and administration.
    (
        "Is any incident open?",
        [find("is any incident open"), read("linearb_search_incidents", statuses=["open", "in-progress"])],
    ),
    (
        "Which were the last five incidents, and how long did they take?",
        [find("the last incidents and how long they took"), read("linearb_search_incidents", limit=5)],
    ),
    (
        "Report incident INC-900: checkout is down since this morning, team Payments.",
        [
            find("report an incident"),
            act(
                "linearb_create_incident",
                provider_id="INC-900",
                http_url="https://pm.acme.example/INC-900",
                title="Checkout is down",
                issued_at=f"{day(0)}T06:00",
                teams=["Payments"],
            ),
        ],
    ),
    (
        "Do our API keys in Oobeya expire?",
        [find("do our API keys expire"), read("oobeya_list_api_keys")],
    ),
    (
        "Are all our tools connected?",
        [find("are all vendors connected"), read("drumbeat_check_connections")],
    ),
    ("What does our cloud cost?", [find("what does our cloud cost")]),
]
