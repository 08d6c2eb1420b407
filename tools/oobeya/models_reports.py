"""What Oobeya's reports answer, of teams and of members."""

from typing import Any

from tools.oobeya.models import Number, OobeyaModel
from tools.oobeya.reading import as_read


class Share(OobeyaModel):
    """A number and its part of the whole."""

    value: Number | str | None = None
    percent: Number | None = None
    ratio: Number | None = None


class CommitFigures(OobeyaModel):
    """Commits and changed lines."""

    repository_count: Number | None = None
    total_commit: Number | None = None
    total_changes: Number | None = None
    add_line: Number | None = None
    delete_line: Number | None = None
    edit_line: Number | None = None
    churn: Share | None = None
    impact: Share | None = None
    efficiency: Share | None = None


class PullRequestFigures(OobeyaModel):
    """Merged pull requests; the unit of their size is undocumented."""

    merged_pull_request_count: Number | None = None
    pull_request_size: Number | None = None
    needs_work_count: Number | None = None
    comment_count: Number | None = None


class QualityFigures(OobeyaModel):
    """Issues and technical debt, from SonarQube."""

    repository_count: Number | None = None
    total_issue: Number | None = None
    overall_score: Number | None = None
    overall_display_score: str | None = None
    newly_added_score: Number | None = None
    newly_added_display_score: str | None = None


class Report(OobeyaModel):
    """What every report says of its figures."""

    vendor: str | None = None
    period: str | None = None
    unit: str | None = None
    aggregation: str | None = None
    definition: str | None = None

    @classmethod
    def as_read(cls, data: dict[str, Any]) -> dict[str, Any]:
        """All figures in one table."""
        return as_read(data)


class RepositoryRow(OobeyaModel):
    """A report's row of one repository."""

    repository_name: str | None = None


class MemberRow(OobeyaModel):
    """A report's row of one member."""

    member_name: str | None = None
    member_id: str | None = None
    role: str | None = None


class RepositoryCommits(RepositoryRow):
    """Commits in one repository; Oobeya has the plural here."""

    statistics: CommitFigures | None = None


class MemberCommits(MemberRow):
    """Commits of one member."""

    statistic: CommitFigures | None = None


class MemberCommitReport(Report):
    """A member's commits, in all and by repository."""

    statistic: CommitFigures | None = None
    repository_statistics: list[RepositoryCommits] | None = None


class TeamCommitReport(MemberCommitReport):
    """A team's commits, in all, by repository and by member."""

    team_member_activities: list[MemberCommits] | None = None


class RepositoryPullRequests(RepositoryRow):
    """Pull requests of one repository."""

    statistic: PullRequestFigures | None = None


class MemberPullRequests(MemberRow):
    """Pull requests of one member."""

    statistic: PullRequestFigures | None = None


class MemberPullRequestReport(Report):
    """A member's pull requests, in all and by repository."""

    statistic: PullRequestFigures | None = None
    repository_statistics: list[RepositoryPullRequests] | None = None


class TeamPullRequestReport(MemberPullRequestReport):
    """A team's pull requests, in all, by repository and by member."""

    team_member_statistics: list[MemberPullRequests] | None = None


class RepositoryQuality(RepositoryRow):
    """Quality of one repository."""

    technical_debt: QualityFigures | None = None


class MemberQuality(MemberRow):
    """Quality of one member's code."""

    technical_debt: QualityFigures | None = None


class MemberQualityReport(Report):
    """The quality of a member's code, in all and by repository."""

    technical_debt: QualityFigures | None = None
    repository_statistics: list[RepositoryQuality] | None = None


class TeamQualityReport(Report):
    """The quality of a team's code, in all, by repository and by member."""

    technical_debt: QualityFigures | None = None
    repository_activities: list[RepositoryQuality] | None = None
    team_member_activities: list[MemberQuality] | None = None
