"""Reports of the stand-in, from the company's pull requests."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from server.sandbox import Call, endpoint
from tools import company
from tools.oobeya.sandbox.delivery import Delivery
from tools.oobeya.sandbox.world import Row, day, found

Work = Sequence[company.PullRequest]


class Reports(Delivery):
    """Commits, pull requests and quality, by team, repository and member."""

    @endpoint("GET", "/apis/v1/reports/team/{id}/commits")
    def team_commits(self, call: Call) -> Any:
        work, members = self._team_work(call)
        return {
            "statistic": _commits(work),
            "repositoryStatistics": _by_repository(work, "statistics", _commits),
            "teamMemberActivities": _by_member(work, members, "statistic", _commits),
        }

    @endpoint("GET", "/apis/v1/reports/team/{id}/pull-requests")
    def team_pull_requests(self, call: Call) -> Any:
        work, members = self._team_work(call)
        return {
            "statistic": _pull_requests(work),
            "repositoryStatistics": _by_repository(work, "statistic", _pull_requests),
            "teamMemberStatistics": _by_member(work, members, "statistic", _pull_requests),
        }

    @endpoint("GET", "/apis/v1/reports/team/{id}/qualities")
    def team_qualities(self, call: Call) -> Any:
        work, members = self._team_work(call)
        return {
            "technicalDebt": _quality(work),
            "repositoryActivities": _by_repository(work, "technicalDebt", _quality),
            "teamMemberActivities": _by_member(work, members, "technicalDebt", _quality),
        }

    @endpoint("GET", "/apis/v1/reports/member/{id}/commits")
    def member_commits(self, call: Call) -> Any:
        work = self._member_work(call)
        return {
            "statistic": _commits(work),
            "repositoryStatistics": _by_repository(work, "statistics", _commits),
        }

    @endpoint("GET", "/apis/v1/reports/member/{id}/pull-requests")
    def member_pull_requests(self, call: Call) -> Any:
        work = self._member_work(call)
        return {
            "statistic": _pull_requests(work),
            "repositoryStatistics": _by_repository(work, "statistic", _pull_requests),
        }

    @endpoint("GET", "/apis/v1/reports/member/{id}/qualities")
    def member_qualities(self, call: Call) -> Any:
        work = self._member_work(call)
        return {
            "technicalDebt": _quality(work),
            "repositoryStatistics": _by_repository(work, "technicalDebt", _quality),
        }

    def _team_work(self, call: Call) -> tuple[Work, list[Row]]:
        team = found(self.teams, call.path["id"], "Team")
        members = [self.members[member] for member in team["unitMembers"] if member in self.members]
        names = {member["username"] for member in members}
        return [one for one in self._work(call) if one.author.username in names], members

    def _member_work(self, call: Call) -> Work:
        member = found(self.members, call.path["id"], "Member")
        return [one for one in self._work(call) if one.author.username == member["username"]]

    def _work(self, call: Call) -> Work:
        first, last = day(call, "startDate") or date.min, day(call, "endDate") or date.max
        return [one for one in company.pull_requests(self.today) if first <= one.merged_at.date() <= last]


def _by_repository(work: Work, key: str, figures: Any) -> list[Row]:
    names = sorted({one.repository.name for one in work})
    parts = {name: [one for one in work if one.repository.name == name] for name in names}
    return [{"repositoryName": name, key: figures(part)} for name, part in parts.items()]


def _by_member(work: Work, members: list[Row], key: str, figures: Any) -> list[Row]:
    return [
        {
            "memberName": f"{member['name']} {member['surname']}",
            "memberId": member["id"],
            "role": member["companyRole"],
            key: figures([one for one in work if one.author.username == member["username"]]),
        }
        for member in members
    ]


def _commits(work: Work) -> Row:
    added, deleted = sum(one.additions for one in work), sum(one.deletions for one in work)
    edited = sum(min(one.additions, one.deletions) // 2 for one in work)
    total = added + deleted + edited
    churn = deleted // 3
    return {
        "repositoryCount": len({one.repository.name for one in work}),
        "totalCommit": sum(1 + one.number % 4 for one in work),
        "totalChanges": total,
        "addLine": added,
        "deleteLine": deleted,
        "editLine": edited,
        "churn": {"value": churn, "percent": _percent(churn, total)},
        "impact": {"value": "HIGH" if total > 2000 else "MEDIUM", "ratio": round(total / 2000, 2)},
        "efficiency": {"value": total - churn, "percent": _percent(total - churn, total)},
    }


def _pull_requests(work: Work) -> Row:
    lines = sum(one.additions + one.deletions for one in work)
    return {
        "mergedPullRequestCount": len(work),
        "pullRequestSize": round(lines / len(work)) if work else None,
        "needsWorkCount": sum(one.comments > 9 for one in work),
        "commentCount": sum(one.comments for one in work),
    }


def _quality(work: Work) -> Row:
    overall, new = sum(one.additions for one in work) // 4, sum(one.additions for one in work[-3:]) // 4
    return {
        "repositoryCount": len({one.repository.name for one in work}),
        "totalIssue": sum(one.number % 3 for one in work),
        "overallScore": overall,
        "overallDisplayScore": f"{overall // 60}h {overall % 60}m",
        "newlyAddedScore": new,
        "newlyAddedDisplayScore": f"{new // 60}h {new % 60}m",
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
