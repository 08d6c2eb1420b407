"""Git analyses, deployments, DORA metrics, bulk operations and Qwiser of the stand-in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from server.sandbox import Call, Problem, endpoint
from tools import company
from tools.oobeya.sandbox.people import People
from tools.oobeya.sandbox.world import Row, body, found, stamp

# The widgets of the document and of the community client, and the metrics that each answers.
WIDGETS = {
    "DORA_METRICS_SUMMARY": ("leadTimeForChanges", "deploymentFrequency", "changeFailureRate", "timeToRestore"),
    "LEAD_TIME_FOR_CHANGES": ("leadTimeForChanges",),
    "DEPLOYMENT_FREQUENCY": ("deploymentFrequency",),
    "CHANGE_FAILURE_RATE": ("changeFailureRate",),
    "MEAN_TIME_TO_RECOVERY": ("timeToRestore",),
}
DAY = 24 * 60


class Delivery(People):
    """One Git and one SonarQube analysis a repository, and the company's deployments."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        repositories = company.REPOSITORIES
        self.analyses = {f"analysis-{repository.name}": self._analysis(repository) for repository in repositories}
        self.owners = {f"analysis-{repository.name}": f"team-{repository.team.slug}" for repository in repositories}
        self.history = {f"deployment-{one.number}": one for one in company.deployments(today)}
        self.deployments = {identity: self._deployment(identity) for identity in self.history}
        self.qwiser = {f"qwiser-{repository.name}": self._qwiser(repository) for repository in repositories}

    # Git analyses.

    @endpoint("GET", "/apis/v1/analysis")
    def list_analyses(self, call: Call) -> Any:
        return self.page(call, self.analyses.values())["contents"]

    @endpoint("POST", "/apis/v1/analysis")
    def create_analysis(self, call: Call) -> Any:
        fields = body(call, "datasourceId", "branch")
        if not fields.get("projectId") and not fields.get("projectName"):
            raise Problem(400, "projectId must not be blank")
        return self.add(self.analyses, "analysis", fields)

    @endpoint("DELETE", "/apis/v1/analysis/{id}")
    def delete_analysis(self, call: Call) -> Any:
        gone = found(self.analyses, call.path["id"], "Analysis")["id"]
        del self.analyses[gone]
        self.deployments = {key: row for key, row in self.deployments.items() if row["analysisId"] != gone}
        return True

    @endpoint("POST", "/apis/v1/analysis/trigger-all-dora-analyses")
    def trigger_all(self, call: Call) -> Any:
        return self.note("DORA analysis of all teams triggered")

    # DORA metrics.

    @endpoint("GET", "/apis/v1/analysis/dora-summary-metrics")
    def dora_summary(self, call: Call) -> Any:
        widgets = call.queries("widgets")
        if not widgets:
            raise Problem(400, "Required parameter 'widgets' is not present")
        if unknown := [widget for widget in widgets if widget not in WIDGETS]:
            raise Problem(400, f"Unknown widget: {unknown[0]}")
        first, last = self._period(call)
        rows = [row for row in self._of(call) if first <= datetime.fromisoformat(row["deployedAt"]) <= last]
        known = [self.history[row["id"]] for row in rows if row["id"] in self.history]
        failed = [one for one in known if one.failed]
        days = max((last - first) / timedelta(days=1), 1)
        frequency = (len(rows) - len(failed)) / days
        metrics = {
            "leadTimeForChanges": _metric(_mean([one.pull_request.lead_time for one in known]), _days),
            "deploymentFrequency": _metric(frequency, lambda daily: f"{round(daily * 7, 1):g} per week"),
            "changeFailureRate": _metric(
                100 * len(failed) / len(rows) if rows else None, lambda share: f"{share:.0f}%"
            ),
            "timeToRestore": _metric(_mean([one.restore or 0 for one in failed]), _hours),
        }
        asked = {name for widget in widgets for name in WIDGETS[widget]}
        summary = {name: metric if name in asked else None for name, metric in metrics.items()}
        newest = sorted(rows, key=lambda row: str(row["deployedAt"]), reverse=True)
        return {**summary, "deployments": [self._behind(row) for row in newest]}

    def _of(self, call: Call) -> list[Row]:
        analyses = set(call.queries("analysisId")) or set(self.analyses)
        for identity in analyses:
            found(self.analyses, identity, "Analysis")
        if team := call.query("teamId"):
            found(self.teams, team, "Team")
            analyses = {identity for identity in analyses if self.owners.get(identity) == team}
        return [row for row in self.deployments.values() if row["analysisId"] in analyses]

    def _period(self, call: Call) -> tuple[datetime, datetime]:
        midnight = datetime.combine(self.today, time(), UTC)
        limits = []
        for name, default in (
            ("from", midnight - timedelta(weeks=company.WEEKS)),
            ("to", midnight + timedelta(days=1)),
        ):
            text = call.query(name)
            if text is not None and not text.isdigit():
                raise Problem(400, f"{name} must be a number")
            limits.append(_moment(name, int(text)) if text else default)
        if limits[0] > limits[1]:
            raise Problem(400, "from must not be after to")
        return limits[0], limits[1]

    def _behind(self, row: Row) -> Row:
        one = self.history.get(row["id"])
        request = one.pull_request if one else None
        at = datetime.fromisoformat(row["deployedAt"])
        return {
            "title": row["title"],
            "pipelineUrl": None,
            "commitCount": 1 + request.number % 4 if request else None,
            "pullRequestCount": 1 if request else None,
            "leadTimeForChanges": _days(request.lead_time) if request else None,
            "triggeredBy": row.get("author"),
            "contributors": [request.author.username] if request else [],
            "deploymentDate": int(at.timestamp() * 1000),
            "pipelineName": row["name"],
            "status": "FAILED" if one and one.failed else "SUCCESS",
            "developmentTime": request.coding + request.pickup + request.review if request else None,
            "waitingForDeploymentTime": 0 if request else None,
            "deploymentTime": request.deploy if request else None,
        }

    # Deployments.

    @endpoint("GET", "/apis/v1/deployments")
    def list_deployments(self, call: Call) -> Any:
        return self.page(call, self.deployments.values())

    @endpoint("POST", "/apis/v1/deployments")
    def create_deployment(self, call: Call) -> Any:
        fields = body(call, "analysisId", "deployedAt")
        found(self.analyses, fields["analysisId"], "Analysis")
        empty = dict.fromkeys(("name", "title", "author", "cloneUrl", "lastCommitSha", "targetBranch"))
        return self.add(self.deployments, "deployment", {**empty, **fields})

    @endpoint("DELETE", "/apis/v1/deployments/{id}")
    def delete_deployment(self, call: Call) -> Any:
        del self.deployments[found(self.deployments, call.path["id"], "Deployment")["id"]]
        return True

    # Bulk operations.

    @endpoint("POST", "/apis/v1/bulk/analyses")
    def prepare_bulk(self, call: Call) -> Any:
        return self.note(f"Bulk analyses of {body(call, 'datasourceId')['datasourceId']} prepared")

    @endpoint("PUT", "/apis/v1/bulk/analyses/sync")
    def sync_bulk(self, call: Call) -> Any:
        team = body(call).get("teamId")
        return self.note(f"Analyses of {found(self.teams, team, 'Team')['id'] if team else 'all teams'} synchronised")

    @endpoint("POST", "/apis/v1/bulk/analyses/analysis")
    def import_file(self, call: Call) -> Any:
        kind = call.request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data; boundary=") or b'name="file"; filename=' not in call.raw:
            raise Problem(400, "Required part 'file' is not present")
        return self.note(f"A file of {len(call.raw)} bytes imported")

    # Qwiser.

    @endpoint("POST", "/apis/v1/qwiser/analysis")
    def start_qwiser(self, call: Call) -> Any:
        fields = body(call, "projectKey")
        self.add(self.qwiser, "qwiser", {"teams": [], **fields})
        return self.note(f"Qwiser analysis of {fields['projectKey']} started")

    @endpoint("POST", "/apis/v1/qwiser/analysis/list")
    def list_qwiser(self, call: Call) -> Any:
        return list(self.qwiser.values())

    @endpoint("PUT", "/apis/v1/qwiser/analysis/{id}/teams")
    def set_qwiser_teams(self, call: Call) -> Any:
        row = found(self.qwiser, call.path["id"], "Qwiser analysis")
        self.change(row, {"teams": body(call).get("teams") or []})
        return True

    # How the company looks in Oobeya.

    def _analysis(self, repository: company.Repository) -> Row:
        return self.record(
            f"analysis-{repository.name}",
            self.start,
            datasourceId="datasource-1",
            workspacePath="acme",
            projectId=str(repository.number),
            projectName=repository.name,
            type="GITLAB",
            releaseStrategyType="MERGE_REQUEST_FLOW",
            analysisType="PULL_REQUEST",
            branch="main",
            exclusionPatterns=[],
            isIncludeDeployment=True,
            dateRange=None,
            jobName=None,
            fixPattern=["hotfix/"],
            isStageType=False,
        )

    def _deployment(self, identity: str) -> Row:
        one = self.history[identity]
        request = one.pull_request
        return self.record(
            identity,
            one.at,
            analysisId=f"analysis-{request.repository.name}",
            cloneUrl=f"https://git.acme.example/acme/{request.repository.name}.git",
            pipelineStartAt=stamp(request.merged_at),
            lastCommitSha=request.revision,
            deploymentType="HOTFIX" if one.hotfix else "RELEASE",
            deployedAt=stamp(one.at),
            author=request.author.username,
            name=f"{request.repository.name}-{one.number}",
            title=request.title,
            analysisType="PULL_REQUEST",
            releaseStrategyType="MERGE_REQUEST_FLOW",
            isStageType=False,
            targetBranch="main",
        )

    def _qwiser(self, repository: company.Repository) -> Row:
        return self.record(
            f"qwiser-{repository.name}",
            self.start,
            datasourceId="datasource-2",
            projectKey=f"acme:{repository.name}",
            branch="main",
            teams=[{"teamId": f"team-{repository.team.slug}", "teamName": repository.team.name}],
        )


def _moment(name: str, number: int) -> datetime:
    # A moment of our time: what are seconds, or a date written as a number, is none.
    if not 10**12 <= number < 10**13:
        raise Problem(400, f"{name} must be a timestamp in milliseconds")
    return datetime.fromtimestamp(number / 1000, UTC)


def _metric(value: float | None, words: Any) -> Row:
    return {
        "value": None if value is None else round(value, 2),
        "formattedValue": "-" if value is None else words(value),
    }


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def _days(minutes: float) -> str:
    return f"{minutes / DAY:.1f} days"


def _hours(minutes: float) -> str:
    return f"{int(minutes) // 60}h {int(minutes) % 60}m"
