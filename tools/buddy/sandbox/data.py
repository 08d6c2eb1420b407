"""The made-up company as Buddy would hold it: repositories, pipelines, executions and their logs."""

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tools import company
from tools.buddy.sandbox.logs import CACHE_DOWN, CAUSES, FINISHED, FLAKY, Cause

APP = "https://app.buddy.works/acme"
LOGO = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
FLAKY_EVERY = 8


@dataclass
class Branch:
    """A branch: its revisions, newest first, and its files."""

    history: list[str]
    files: dict[str, bytes]


@dataclass
class Run:
    """An execution: what is served of it, the status of each action, and when it goes on into which status."""

    facts: dict[str, Any]
    begun: datetime
    statuses: list[str]
    cause: Cause | None = None
    ahead: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass
class PipelineState:
    """A pipeline with its actions and executions."""

    facts: dict[str, Any]
    actions: list[dict[str, Any]]
    runs: dict[int, Run] = field(default_factory=dict)


@dataclass
class ProjectState:
    """A project with its repository and pipelines."""

    facts: dict[str, Any]
    commits: dict[str, dict[str, Any]]
    branches: dict[str, Branch]
    tags: dict[str, str]
    pipelines: dict[int, PipelineState] = field(default_factory=dict)


def day(moment: datetime) -> str:
    """A date as Buddy writes those of commits."""
    return f"{moment.isoformat()[:19]}Z"


def fine(moment: datetime) -> str:
    """A date as Buddy writes those of executions: with a fraction, its trailing zeros cut."""
    return f"{moment.isoformat()[:19]}.33Z"


def person(somebody: company.Person, url: str = "") -> dict[str, Any]:
    """A member as other objects name them; the documents' own samples have `member`, not `members`."""
    return {
        "url": f"{url}/workspaces/acme/member/{somebody.number}",
        "html_url": f"{APP}/profile/{somebody.number}",
        "id": somebody.number,
        "name": somebody.name,
        "avatar_url": None,
    }


def commit(pull_request: company.PullRequest) -> dict[str, Any]:
    """A merged pull request as a commit with its changes."""
    added, deleted = pull_request.additions, pull_request.deletions
    patch = f"@@ -8,3 +8,4 @@\n settings = load()\n-run(settings)\n+# {pull_request.title}\n+run(settings, retries=3)\n"
    file = {
        "file_name": "src/app.py",
        "status": "MODIFIED",
        "additions": added,
        "deletions": deleted,
        "total": added + deleted,
        "patch": patch,
    }
    return {
        "revision": pull_request.revision,
        "author_date": day(pull_request.merged_at),
        "commit_date": day(pull_request.merged_at),
        "message": f"{pull_request.title} (#{pull_request.number})\n",
        "stats": {"additions": added, "deletions": deleted, "total": added + deleted},
        "files": [file],
        "committer": person(pull_request.author),
        "author": person(pull_request.author),
    }


def project(number: int, repository: company.Repository, today: date) -> ProjectState:
    """One of the company's repositories as a project with branches, tags, pipelines and executions."""
    merged = [pr for pr in reversed(company.pull_requests(today)) if pr.repository is repository]
    history = [pr.revision for pr in merged]
    files = {
        "README.md": f"# {repository.name}\n\nOwned by team {repository.team.name}. Grüße!\n".encode(),
        "src/app.py": b"settings = load()\nrun(settings, retries=3)\n",
        "assets/logo.png": LOGO,
    }
    state = ProjectState(
        project_facts(repository.name, repository.name.replace("-", " ").capitalize(), today),
        {pr.revision: commit(pr) for pr in merged},
        {
            "main": Branch(history, dict(files)),
            "feature/offline-banners": Branch(history[1:], dict(files)),
        },
        {"v1.0.0": history[-1], "release/1.1": history[2]},
    )
    _add_deployments(state, number * 10 + 1, repository, today)
    _add_tests(state, number * 10 + 2, merged, today)
    return state


def project_facts(name: str, display_name: str, today: date) -> dict[str, Any]:
    """A project's fields with their defaults."""
    return {
        "name": name,
        "display_name": display_name,
        "status": "ACTIVE",
        "access": "PRIVATE",
        "create_date": f"{today - timedelta(days=700)}T09:00:00.864Z",
        "created_by": person(company.PEOPLE[0]),
        "http_repository": f"{APP}/{name}",
        "ssh_repository": f"buddy@app.buddy.works:acme/{name}",
        "default_branch": "main",
        "update_default_branch_from_external": False,
        "fetch_submodules": False,
        "fetch_submodules_env_key": None,
        "allow_pull_requests": False,
        "custom_repo_url": None,
        "custom_repo_pass": None,
    }


def pipeline_facts(number: int, name: str, today: date) -> dict[str, Any]:
    """A pipeline's fields with their defaults."""
    return {
        "id": number,
        "name": name,
        "identifier": company.slug_of(name),
        "on": "EVENT",
        "refs": ["refs/heads/main"],
        "events": [{"type": "PUSH", "refs": ["refs/heads/main"]}],
        "priority": "NORMAL",
        "paused": False,
        "disabled": False,
        "disabled_reason": None,
        "target_site_url": None,
        "last_execution_status": "INITIAL",
        "last_execution_revision": None,
        "create_date": f"{today - timedelta(days=690)}T10:00:00.1Z",
        "creator": person(company.PEOPLE[2]),
        "variables": [{"id": 7, "key": "KUBE_TOKEN", "value": "!encrypted k8s", "type": "VAR", "encrypted": True}],
    }


def action_facts(number: int, name: str, kind: str, **settings: Any) -> dict[str, Any]:
    """An action's fields; what else it has depends on its type."""
    return {
        "id": number,
        "name": name,
        "type": kind,
        "trigger_time": "ON_EVERY_EXECUTION",
        "last_execution_status": "SUCCESSFUL",
        "disabled": False,
        **settings,
    }


def run(number: int, revision: str, at: datetime, statuses: list[str], cause: Cause | None = None) -> Run:
    """An execution that ended (or waits) at `at`."""
    status = "FAILED" if cause else "INPROGRESS" if "WAITING_FOR_APPLY" in statuses else "SUCCESSFUL"
    facts = {
        "id": number,
        "start_date": fine(at - timedelta(minutes=6)),
        "finish_date": fine(at) if status in FINISHED else None,
        "triggeredOn": "EVENT",
        "priority": "NORMAL",
        "refresh": False,
        "status": status,
        "comment": "",
        "branch": "main",
        "tag": None,
        "pull_request": None,
        "from_revision": None,
        "to_revision": revision,
        "creator": person(company.PEOPLE[2]),
    }
    return Run(facts, at - timedelta(minutes=6), statuses, cause)


def _add_deployments(state: ProjectState, number: int, repository: company.Repository, today: date) -> None:
    done = ["SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL", "NOT_EXECUTED"]
    secrets = {"headers": [{"name": "Authorization", "value": "Bearer slack-sandbox"}], "password": "hunter2"}
    actions = [
        action_facts(number * 10 + 1, "Run tests", "BUILD", execute_commands=["pip install -e .", "pytest"]),
        action_facts(number * 10 + 2, "Build image", "DOCKERFILE", docker_image_tag="$BUDDY_RUN_COMMIT"),
        action_facts(number * 10 + 3, "Deploy to Kubernetes", "KUBERNETES_APPLY", config_path="k8s/"),
        action_facts(number * 10 + 4, "Tell the team", "HTTP", login=None, **secrets),
    ]
    actions[3]["trigger_time"] = "ON_FAILURE"
    pipeline = PipelineState(pipeline_facts(number, "Deploy to production", today), actions)
    for deployment in company.deployments(today):
        if deployment.pull_request.repository is not repository:
            continue
        cause = CAUSES[deployment.number % len(CAUSES)] if deployment.failed else None
        statuses = ["SUCCESSFUL", "SUCCESSFUL", "FAILED", "SUCCESSFUL"] if cause else list(done)
        revision = deployment.pull_request.revision
        pipeline.runs[deployment.number] = run(deployment.number, revision, deployment.at, statuses, cause)
        pipeline.facts["last_execution_status"] = "FAILED" if cause else "SUCCESSFUL"
        pipeline.facts["last_execution_revision"] = revision
    if repository.name == "infra":
        waiting = ["SUCCESSFUL", "SUCCESSFUL", "WAITING_FOR_APPLY", "INITIAL"]
        at = datetime.fromisoformat(f"{today}T08:00:00+00:00")
        pipeline.runs[900] = run(900, state.branches["main"].history[0], at, waiting)
        pipeline.facts["last_execution_status"] = "INPROGRESS"
    state.pipelines[number] = pipeline


def _add_tests(state: ProjectState, number: int, merged: list[company.PullRequest], today: date) -> None:
    action = action_facts(number * 10 + 1, "Run tests", "BUILD", execute_commands=["pytest"])
    pipeline = PipelineState(pipeline_facts(number, "Tests", merged[0].merged_at.date()), [action])
    for pr in reversed(merged):
        first, key = pr.number % FLAKY_EVERY == 0, 1000 + 2 * pr.number
        if first:
            at = pr.merged_at - timedelta(minutes=12)
            pipeline.runs[key - 1] = run(key - 1, pr.revision, at, ["FAILED"], FLAKY)
        pipeline.runs[key] = run(key, pr.revision, pr.merged_at, ["SUCCESSFUL"])
    status, revision = "SUCCESSFUL", merged[0].revision
    if merged[0].repository.name == "platform-api":
        at, status, key = datetime.combine(today, time(0, 20), UTC), "FAILED", 1001 + 2 * merged[0].number
        pipeline.runs[key] = run(key, revision, at, ["FAILED"], CACHE_DOWN)
        pipeline.runs[key].facts["triggeredOn"] = "SCHEDULE"
    pipeline.facts |= {"last_execution_status": status, "last_execution_revision": revision}
    state.pipelines[number] = pipeline
