"""Reports: commits, pull requests and quality of teams and of members."""

from datetime import date
from typing import TypeVar

from server.declare import FirstDay, LastDay, iso
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import MemberId, TeamId, period_of
from tools.oobeya.models_reports import (
    MemberCommitReport,
    MemberPullRequestReport,
    MemberQualityReport,
    Report,
    TeamCommitReport,
    TeamPullRequestReport,
    TeamQualityReport,
)

M = TypeVar("M", bound=Report)

COMMITS = {
    "unit": "changes, addLine, deleteLine, editLine and churn in lines",
    "aggregation": "totals of the period",
    "definition": "churn, impact and efficiency are Oobeya's own measures, whose formulas are not documented",
}
PULL_REQUESTS = {
    "unit": "counts; of pullRequestSize not documented",
    "aggregation": "totals of the period; of pullRequestSize not documented",
    "definition": "pull requests merged in the period; what counts as needsWork is not documented",
}
QUALITY = {
    "unit": "scores are technical debt, in words in the display scores, raw not documented",
    "aggregation": "totals; newlyAdded is what the period added",
    "definition": "SonarQube's issues and technical debt; how Oobeya attributes them is not documented",
}

reports = oobeya.toolset("reports", "Commits, pull requests and code quality of teams and members.")


async def _report(
    api: Oobeya, path: str, of: str, days: tuple[date | None, date | None], returns: type[M], about: dict[str, str]
) -> M:
    first, last = days
    query = {"startDate": iso(first), "endDate": iso(last)}
    report = await api.get(f"/apis/v1/reports/{path}", of, query=query, returns=returns)
    return report.model_copy(update={"vendor": "Oobeya", "period": period_of(first, last), **about})


@reports.read(resource="teams/{team_id}/commits")
async def get_team_commit_report(
    api: Oobeya, team_id: TeamId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> TeamCommitReport:
    """A team's commits, changed lines, churn, impact and efficiency, by repository and member."""
    return await _report(api, "team/{}/commits", team_id, (start_date, end_date), TeamCommitReport, COMMITS)


@reports.read(resource="teams/{team_id}/pull-requests")
async def get_team_pull_request_report(
    api: Oobeya, team_id: TeamId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> TeamPullRequestReport:
    """A team's merged pull requests: count, size, comments, by repository and member."""
    return await _report(
        api, "team/{}/pull-requests", team_id, (start_date, end_date), TeamPullRequestReport, PULL_REQUESTS
    )


@reports.read(resource="teams/{team_id}/qualities")
async def get_team_quality_report(
    api: Oobeya, team_id: TeamId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> TeamQualityReport:
    """A team's code quality: issues and technical debt, by repository and member."""
    return await _report(api, "team/{}/qualities", team_id, (start_date, end_date), TeamQualityReport, QUALITY)


@reports.read()
async def get_member_commit_report(
    api: Oobeya, member_id: MemberId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> MemberCommitReport:
    """One developer's commits, changed lines, churn, impact and efficiency, by repository."""
    return await _report(api, "member/{}/commits", member_id, (start_date, end_date), MemberCommitReport, COMMITS)


@reports.read()
async def get_member_pull_request_report(
    api: Oobeya, member_id: MemberId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> MemberPullRequestReport:
    """One developer's merged pull requests: count, size, comments, by repository."""
    return await _report(
        api, "member/{}/pull-requests", member_id, (start_date, end_date), MemberPullRequestReport, PULL_REQUESTS
    )


@reports.read()
async def get_member_quality_report(
    api: Oobeya, member_id: MemberId, start_date: FirstDay | None = None, end_date: LastDay | None = None
) -> MemberQualityReport:
    """One developer's code quality: issues and technical debt, by repository."""
    return await _report(api, "member/{}/qualities", member_id, (start_date, end_date), MemberQualityReport, QUALITY)
