"""Reports: commits, pull requests and quality of teams and of members."""

from datetime import date
from typing import TypeVar

from server.declare import Day, VendorModel, iso
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import MemberId, TeamId
from tools.oobeya.models_reports import (
    MemberCommitReport,
    MemberPullRequestReport,
    MemberQualityReport,
    TeamCommitReport,
    TeamPullRequestReport,
    TeamQualityReport,
)

M = TypeVar("M", bound=VendorModel)

reports = oobeya.toolset("reports", "Commits, pull requests and code quality of teams and members.")


async def _report(api: Oobeya, path: str, of: str, start: date | None, end: date | None, returns: type[M]) -> M:
    query = {"startDate": iso(start), "endDate": iso(end)}
    return await api.get(f"/apis/v1/reports/{path}", of, query=query, returns=returns)


@reports.read(resource="teams/{team_id}/commits")
async def get_team_commit_report(
    api: Oobeya, team_id: TeamId, start_date: Day | None = None, end_date: Day | None = None
) -> TeamCommitReport:
    """A team's commits, changed lines, churn, impact and efficiency, by repository and member."""
    return await _report(api, "team/{}/commits", team_id, start_date, end_date, TeamCommitReport)


@reports.read(resource="teams/{team_id}/pull-requests")
async def get_team_pull_request_report(
    api: Oobeya, team_id: TeamId, start_date: Day | None = None, end_date: Day | None = None
) -> TeamPullRequestReport:
    """A team's merged pull requests: count, size, comments, by repository and member."""
    return await _report(api, "team/{}/pull-requests", team_id, start_date, end_date, TeamPullRequestReport)


@reports.read(resource="teams/{team_id}/qualities")
async def get_team_quality_report(
    api: Oobeya, team_id: TeamId, start_date: Day | None = None, end_date: Day | None = None
) -> TeamQualityReport:
    """A team's code quality: issues and technical debt, by repository and member."""
    return await _report(api, "team/{}/qualities", team_id, start_date, end_date, TeamQualityReport)


@reports.read()
async def get_member_commit_report(
    api: Oobeya, member_id: MemberId, start_date: Day | None = None, end_date: Day | None = None
) -> MemberCommitReport:
    """One developer's commits, changed lines, churn, impact and efficiency, by repository."""
    return await _report(api, "member/{}/commits", member_id, start_date, end_date, MemberCommitReport)


@reports.read()
async def get_member_pull_request_report(
    api: Oobeya, member_id: MemberId, start_date: Day | None = None, end_date: Day | None = None
) -> MemberPullRequestReport:
    """One developer's merged pull requests: count, size, comments, by repository."""
    return await _report(api, "member/{}/pull-requests", member_id, start_date, end_date, MemberPullRequestReport)


@reports.read()
async def get_member_quality_report(
    api: Oobeya, member_id: MemberId, start_date: Day | None = None, end_date: Day | None = None
) -> MemberQualityReport:
    """One developer's code quality: issues and technical debt, by repository."""
    return await _report(api, "member/{}/qualities", member_id, start_date, end_date, MemberQualityReport)
