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


@dataclass(frozen=True)
class Request:
    """What somebody asked for. before: the calls that it took while other tools were listed, where that was so."""

    ask: str
    calls: list[Call]
    before: list[Call] | None = None


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
TEAMS = ["Platform", "Payments", "Mobile"]
OOBEYAS_IDS = ["team-platform", "team-payments", "team-mobile"]
OOBEYAS_MONTH: dict[str, Any] = {"from_time": day(30), "to_time": day(1), "deployments": 0}
SPRINTS = {"type": "cycle", "granularity": "cycle", "start_date": day(60), "end_date": day(1)}
DEPLOYMENTS = {"type": "deployment", "granularity": "week", "start_date": day(60), "end_date": day(1)}
CYCLE_TIME = [
    "branch.computed.cycle_time:p75",
    "branch.time_to_pr:p75",
    "branch.time_to_review:p75",
    "branch.review_time:p75",
    "branch.time_to_prod:p75",
]


def _measured(periods: list[dict[str, str]], *metrics: str) -> Call:
    ranges = {"requested_metrics": list(metrics), "time_ranges": periods, "group_by": "team"}
    return "linearb_get_measurements", ranges


def _compared(metric: str) -> Call:
    return "insights_compare_teams", {"metric": metric, "teams": TEAMS}


# The first row's id, in text and in JSON.
FIRST = r'(?:(?:^|\n)(?:- )?(?:id: )?|"id": ?"?)([A-Z]?\d+)(?: ?\||"|,|\n)'
NEWEST_ITEM: Call = ("teamoclock_list_action_items", {"team": "platform", "status": "open", "limit": 1})
OPEN_ITEMS: Call = ("teamoclock_list_action_items", {"team": "platform", "status": "open"})
TICKED_OFF: Call = ("teamoclock_update_action_item", {"action_item_id": Found(FIRST), "resolved": True})
JOES_COMMITS = read("oobeya_get_member_commit_report", member_id="Joe Doe", start_date=day(14), end_date=day(0))
DELETED = [
    read("teamoclock_list_retros", team="payments"),
    act("teamoclock_delete_retro", retro_id=Found(r"(?s).*\b(r204\w{8,})\b")),
]
STANDUP: list[Call] = [
    find("who is blocked in today's stand-up"),
    read("teamoclock_list_standups", team="platform"),
    read("teamoclock_get_standup", standup_id="platform"),
]


FAILED_ACTION = r'(?:FAILED ?\| ?|"action_execution_id": ?")([0-9a-f]{23}3)'
REQUESTS: list[Request] = [
    # A manager and a tech lead: how do we deliver.
    Request(
        "How did the platform team do on DORA in the last 30 days?",
        [("insights_get_delivery_report", {"team": "Platform"})],
        before=[("oobeya_get_dora_summary", {"team_id": "Platform", "from_time": day(30), "to_time": day(1)})],
    ),
    Request(
        "Where does the platform team's cycle time go, and what has changed?",
        [("insights_get_cycle_time_breakdown", {"team": "Platform"})],
        before=[_measured([MONTH, BEFORE], *CYCLE_TIME)],
    ),
    Request(
        "Do we finish what we commit to in sprints?",
        [find("sprint completion"), read("haystack_get_metrics", **SPRINTS)],
        before=[("haystack_get_metrics", SPRINTS)],
    ),
    Request(
        "Platform, Payments, Mobile: who deploys most often?",
        [_compared("deployment_frequency")],
        before=[_measured([MONTH], "releases.count")],
    ),
    Request(
        "Time to restore and change failure rate of these three, please.",
        [_compared("time_to_restore"), _compared("change_failure_rate")],
        before=[
            ("oobeya_list_all_teams", {}),
            *(("oobeya_get_dora_summary", {"team_id": team, **OOBEYAS_MONTH}) for team in OOBEYAS_IDS),
        ],
    ),
    Request(
        "How much technical debt does the platform team have?",
        [
            find("how much technical debt does a team have"),
            read("oobeya_get_team_quality_report", team_id="Platform"),
        ],
    ),
    Request(
        "Are the mobile team's pull requests bigger than those of Platform and Payments?",
        [_compared("pull_request_size")],
        before=[_measured([MONTH], "pr.merged.size:p50", "pr.merged.size:p75", "pr.merged")],
    ),
    Request(
        "What has Joe Doe committed in the last two weeks?",
        [find("a developer's commits"), JOES_COMMITS],
        before=[find("what has a developer committed"), JOES_COMMITS],
    ),
    Request(
        "Weekly deployments of the whole organization over two months?",
        [find("weekly deployments of the whole organization"), read("haystack_get_metrics", **DEPLOYMENTS)],
        before=[("haystack_get_metrics", DEPLOYMENTS)],
    ),
    Request(
        "Does Oobeya's lead time of Payments agree with LinearB's?",
        [("insights_compare_teams", {"metric": "lead_time", "teams": ["Payments"]})],
        before=[
            ("oobeya_get_dora_summary", {"team_id": "Payments", **OOBEYAS_MONTH}),
            _measured([MONTH], "branch.computed.cycle_time:avg"),
        ],
    ),
    # A developer and a build engineer: what about the pipelines.
    Request("Is everything green in payments-service?", [("buddy_list_pipelines", PAYMENTS)]),
    Request(
        "Why did the last production deployment of payments-service that failed fail?",
        [("insights_get_release_activity", PAYMENTS)],
        before=[
            ("buddy_list_executions", {**PRODUCTION, "status": "FAILED", "per_page": 1}),
            ("buddy_get_execution", {**PRODUCTION, "execution_id": Found(FIRST)}),
            (
                "buddy_get_action_logs",
                {**PRODUCTION, "execution_id": Found(FIRST), "action_execution_id": Found(FAILED_ACTION)},
            ),
        ],
    ),
    Request(
        "What is on main of payments-service that release/1.1 does not have?",
        [
            find("what is on main that a release branch does not have"),
            read("buddy_compare_commits", **PAYMENTS, base="release/1.1", head="main"),
        ],
    ),
    Request(
        "How often did deploying infra to production fail in the last 30 days?",
        [("insights_get_release_activity", {"project": "infra", "period": "last-30-days"})],
        before=[("buddy_list_executions", {**INFRA, "status": "FAILED"})],
    ),
    Request(
        "Run the tests of payments-service on main.",
        [("buddy_run_pipeline", {**PAYMENTS, "pipeline_id": "Tests", "branch": "main"})],
    ),
    Request(
        "Stop the deployment of infra that is running.",
        [
            find("stop a running deployment"),
            act("buddy_control_execution", **INFRA, execution_id="latest", operation="CANCEL"),
        ],
        before=[
            find("stop a running deployment"),
            read("buddy_list_executions", **INFRA, status="INPROGRESS"),
            act("buddy_control_execution", **INFRA, execution_id=Found(FIRST), operation="CANCEL"),
        ],
    ),
    Request(
        "Get rid of the branch feature/offline-banners in payments-service.",
        [find("get rid of a branch"), act("buddy_delete_branch", **PAYMENTS, name="feature/offline-banners")],
    ),
    Request(
        "Cut a branch release/1.3 from main in payments-service.",
        [
            find("cut a release branch from main"),
            act("buddy_create_branch", **PAYMENTS, name="release/1.3", commit="main"),
        ],
        before=[
            find("cut a release branch from main"),
            read("buddy_get_branch", **PAYMENTS, name="main"),
            act("buddy_create_branch", **PAYMENTS, name="release/1.3", commit=Found(r"\b([0-9a-f]{40})\b")),
        ],
    ),
    Request(
        "Which environment variables does payments-service have?",
        [
            find("which environment variables does a project have"),
            read("buddy_list_variables", project_name="payments-service"),
        ],
    ),
    Request(
        "What was committed to payments-service this week, and by whom?",
        [find("commits of this week with authors"), read("buddy_list_commits", **PAYMENTS, since=day(7))],
    ),
    Request(
        "Prepare the platform team's retro: what should they talk about?",
        [("insights_get_retro_brief", {"team": "Platform"})],
        before=[
            ("oobeya_get_dora_summary", {"team_id": "Platform"}),
            find("what did we talk about in the last retro"),
            read("teamoclock_list_timeline", team="platform", type="retro", back_to=day(30)),
            read("teamoclock_get_timeline_record", record_id=Found(r"\b(R\d+)\b")),
            read("teamoclock_list_timeline", team="platform", type="standup", back_to=day(14)),
            find("the last incidents and how long they took"),
            read("linearb_search_incidents", limit=5, teams=["Platform"]),
        ],
    ),
    Request(
        "Which environments do we have?",
        [find("which environments are there"), read("buddy_list_environments")],
    ),
    # A facilitator: stand-ups, retros, poker.
    Request(
        "Who is blocked in the platform team?",
        [("insights_get_standup_digest", {"team": "Platform"})],
        before=STANDUP,
    ),
    Request(
        "Which promises of its retros has the platform team not kept?",
        [("insights_get_action_item_followup", {"team": "Platform"})],
        before=[OPEN_ITEMS],
    ),
    Request(
        "Tick off the newest open action item of the platform team.",
        [find("newest open action items of a team"), read(NEWEST_ITEM[0], **NEWEST_ITEM[1]), TICKED_OFF],
        before=[OPEN_ITEMS, TICKED_OFF],
    ),
    Request(
        "That was wrong, take it back.",
        [("drumbeat_undo_change", {"change_id": "latest"})],
        before=[
            ("drumbeat_list_changes", {"limit": 1}),
            (
                "drumbeat_undo_change",
                {"change_id": Found(r"\b(\d{8}-\d{6}-[0-9a-f]+)\b")},
            ),
        ],
    ),
    Request(
        "Note for Payments: write a runbook for the checkout.",
        [("teamoclock_create_action_item", {"team": "payments", "text": "Write a runbook for the checkout"})],
    ),
    Request("Start a retro for Payments.", [("teamoclock_create_retro", {"team": "payments"})]),
    Request(
        "What did we talk about in the last retro of the platform team?",
        [
            find("what did a team talk about in a past retro"),
            read("teamoclock_get_timeline_record", record_id="latest", team="platform", type="retro"),
        ],
        before=[
            find("what did we talk about in the last retro"),
            read("teamoclock_list_timeline", team="platform", type="retro", back_to=day(30)),
            read("teamoclock_get_timeline_record", record_id=Found(r"\b(R\d+)\b")),
        ],
    ),
    Request(
        "What are the estimates in the platform team's planning poker?",
        [
            find("what are the estimates in the planning poker"),
            read("teamoclock_list_planning_poker_tasks", planning_poker_id="Platform"),
        ],
        before=[
            find("estimates of the running planning poker"),
            read("teamoclock_list_planning_pokers", team="platform"),
            read("teamoclock_list_planning_poker_tasks", planning_poker_id="platform"),
        ],
    ),
    Request(
        "Start planning poker for the mobile team.",
        [find("start planning poker for a team"), act("teamoclock_create_planning_poker", team="mobile")],
    ),
    Request(
        "Who is in the platform team?",
        [find("who is in a team"), read("teamoclock_list_team_members", team="platform")],
    ),
    Request(
        "Put Joe Doe into the mobile team.",
        [
            find("put somebody into a team"),
            act("teamoclock_add_team_members", team="mobile", usernames=["Joe Doe"]),
        ],
    ),
    Request(
        "Delete the retro of Payments that was just started, it was a mistake.",
        [find("delete one of the active retros"), *DELETED],
        before=[find("delete a retro that was just started"), *DELETED],
    ),
    # Incidents and administration.
    Request(
        "Is any incident open?",
        [("insights_get_attention_list", {"only": "incident"})],
        before=[find("is any incident open"), read("linearb_search_incidents", statuses=["open", "in-progress"])],
    ),
    Request(
        "Which were the last five incidents, and how long did they take?",
        [find("the last incidents and how long they took"), read("linearb_search_incidents", limit=5)],
    ),
    Request(
        "Report incident INC-950: checkout is down since this morning, team Payments.",
        [
            find("report an incident"),
            act(
                "linearb_create_incident",
                provider_id="INC-950",
                http_url="https://pm.acme.example/INC-950",
                title="Checkout is down",
                issued_at=f"{day(0)}T06:00",
                teams=["Payments"],
            ),
        ],
    ),
    Request(
        "What needs somebody in the platform team today?",
        [("insights_get_attention_list", {"team": "Platform"})],
        before=[
            *(("buddy_list_pipelines", {"project": project}) for project in ("platform-api", "infra")),
            *STANDUP,
            OPEN_ITEMS,
            find("is any incident open"),
            read("linearb_search_incidents", statuses=["open", "in-progress"], teams=["Platform"]),
        ],
    ),
    Request(
        "Are all our tools connected?",
        [find("are all vendors connected"), read("drumbeat_check_connections")],
    ),
    Request("What does our cloud cost?", [find("what does our cloud cost")]),
]
