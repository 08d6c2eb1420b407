from tests.tools.requests import Row

HERE = {"workspace": "acme"}
PAYMENTS = {"project": "payments-service"}
DEPLOY = {"project": "payments-service", "pipeline_id": "31"}
FAILED = {**DEPLOY, "execution_id": "123"}
LOGS = {**FAILED, "action_execution_id": "000000000000007b00000003"}
WAITING = {"project": "infra", "pipeline_id": "21", "execution_id": "900"}
REVISION = "ecd7570b6ca06496aad7c7c03a53c17641db898e"
REPOSITORY = "/workspaces/acme/projects/payments-service/repository"
PIPELINES = "/workspaces/acme/projects/payments-service/pipelines"
VARIABLE = {
    "key": "API_URL",
    "value": "https://api.acme.example",
    "type": "VAR",
    "description": "Of the API",
    "settable": True,
    "encrypted": False,
    "file_place": "NONE",
    "file_path": "~/.ssh/id",
    "file_chmod": "600",
}
SCOPE = {"project": "payments-service", "pipeline": 31, "action": 311, "environment": "3a4KbBQl"}
SCOPE_BODY = {
    "project": {"name": "payments-service"},
    "pipeline": {"id": 31},
    "action": {"id": 311},
    "environment": {"id": "3a4KbBQl"},
}
PROJECT = {
    "display_name": "Landing page",
    "name": "landing-page",
    "external_project_id": "acme/landing-page",
    "git_lab_project_id": "77",
    "custom_repo_url": "https://git.acme.example/landing-page.git",
    "custom_repo_user": "deploy",
    "custom_repo_pass": "hunter2",
    "custom_repo_ssh_key_id": 4,
    "update_default_branch_from_external": True,
    "fetch_submodules": True,
    "fetch_submodules_env_key": "id_deploy",
    "access": "PRIVATE",
    "allow_pull_requests": False,
    "without_repository": False,
}
PIPELINE = {
    "name": "Nightly",
    "identifier": "nightly",
    "refs": ["refs/heads/main"],
    "tags": ["linux"],
    "events": [{"type": "SCHEDULE", "cron": "0 3 * * *"}],
    "trigger_conditions": [{"trigger_condition": "ON_CHANGE"}],
    "always_from_scratch": True,
    "priority": "LOW",
    "fetch_all_refs": True,
    "auto_clear_cache": False,
    "clone_depth": 10,
    "paused": False,
    "worker": "local",
    "cpu": "ARM",
    "target_site_url": "https://acme.example",
    "git_config_ref": "FIXED",
    "git_config": {"project": "payments-service", "branch": "main", "path": "buddy.yml"},
    "definition_source": "REMOTE",
    "concurrent_pipeline_runs": True,
    "disabled": True,
    "disabled_reason": "Not ready",
    "permissions": {"others": "READ_ONLY"},
    "loop": ["REGION"],
}
SETTINGS = {
    "display_name": "Payments",
    "name": "payments",
    "update_default_branch_from_external": True,
    "fetch_submodules": True,
    "fetch_submodules_env_key": "id_deploy",
    "access": "PRIVATE",
    "allow_pull_requests": True,
}
ENVIRONMENT = {"name": "Demo", "identifier": "demo", "scope": "PROJECT", "project": {"name": "infra"}}

ROWS = [
    Row("buddy_get_user", {}, "GET /user"),
    Row("buddy_list_workspaces", {}, "GET /workspaces"),
    Row("buddy_get_workspace", {}, "GET /workspaces/acme"),
    Row("buddy_get_workspace", HERE, "GET /workspaces/acme"),
    # projects
    Row("buddy_list_projects", {}, "GET /workspaces/acme/projects"),
    Row(
        "buddy_list_projects",
        {
            "status": "ACTIVE",
            "membership": True,
            "sort_by": "create_date",
            "sort_direction": "DESC",
            "page": 1,
            "per_page": 5,
            **HERE,
        },
        "GET /workspaces/acme/projects?page=1&per_page=5&membership=true&status=ACTIVE"
        "&sort_by=create_date&sort_direction=DESC",
    ),
    Row("buddy_get_project", {**PAYMENTS, **HERE}, "GET /workspaces/acme/projects/payments-service"),
    Row(
        "buddy_create_project",
        {"display_name": "Landing page"},
        "POST /workspaces/acme/projects",
        {"display_name": "Landing page"},
    ),
    Row(
        "buddy_create_project",
        {**PROJECT, "integration": "5ddb7c180fb38be67bd78a88a", **HERE},
        "POST /workspaces/acme/projects",
        {**PROJECT, "integration": {"hash_id": "5ddb7c180fb38be67bd78a88a"}},
    ),
    Row(
        "buddy_update_project",
        {**PAYMENTS, **SETTINGS, **HERE},
        "PATCH /workspaces/acme/projects/payments-service",
        SETTINGS,
    ),
    Row("buddy_delete_project", {**PAYMENTS, **HERE}, "DELETE /workspaces/acme/projects/payments-service"),
    # repository
    Row("buddy_list_commits", PAYMENTS, f"GET {REPOSITORY}/commits"),
    Row(
        "buddy_list_commits",
        {
            **PAYMENTS,
            "since": "2014-11-06",
            "until": "2026-11-21T01:30:00+02:00",
            "author": "Tom Ruiz",
            "path": "src/app.py",
            "branch": "feature/offline-banners",
            "revision": REVISION,
            "page": 1,
            "per_page": 2,
            **HERE,
        },
        f"GET {REPOSITORY}/commits?since=2014-11-06T00%3A00%3A00Z&until=2026-11-20T23%3A30%3A00Z&page=1&per_page=2"
        f"&author=Tom+Ruiz&path=src%2Fapp.py&branch=feature%2Foffline-banners&revision={REVISION}",
    ),
    Row("buddy_get_commit", {**PAYMENTS, "revision": REVISION, **HERE}, f"GET {REPOSITORY}/commits/{REVISION}"),
    Row(
        "buddy_compare_commits",
        {**PAYMENTS, "base": "release/1.1", "head": "main", "page": 1, "per_page": 5, **HERE},
        f"GET {REPOSITORY}/comparison/release%2F1.1...main?page=1&per_page=5",
    ),
    Row("buddy_list_branches", {**PAYMENTS, **HERE}, f"GET {REPOSITORY}/branches"),
    Row(
        "buddy_get_branch",
        {**PAYMENTS, "name": "feature/offline-banners", **HERE},
        f"GET {REPOSITORY}/branches/feature%2Foffline-banners",
    ),
    Row(
        "buddy_create_branch",
        {**PAYMENTS, "name": "fix/refunds", "description": "Refunds", "commit": REVISION, **HERE},
        f"POST {REPOSITORY}/branches",
        {"name": "fix/refunds", "description": "Refunds", "commit": {"revision": REVISION}},
    ),
    Row(
        "buddy_delete_branch",
        {**PAYMENTS, "name": "feature/offline-banners", **HERE},
        f"DELETE {REPOSITORY}/branches/feature%2Foffline-banners",
    ),
    Row("buddy_list_tags", {**PAYMENTS, **HERE}, f"GET {REPOSITORY}/tags"),
    Row("buddy_get_tag", {**PAYMENTS, "name": "release/1.1", **HERE}, f"GET {REPOSITORY}/tags/release%2F1.1"),
    Row("buddy_get_contents", PAYMENTS, f"GET {REPOSITORY}/contents"),
    Row(
        "buddy_get_contents",
        {**PAYMENTS, "revision": REVISION, **HERE},
        f"GET {REPOSITORY}/contents?revision={REVISION}",
    ),
    Row(
        "buddy_get_file",
        {**PAYMENTS, "path": "src/app.py", "revision": "main", **HERE},
        f"GET {REPOSITORY}/contents/src/app.py?revision=main",
    ),
    Row(
        "buddy_create_file",
        {**PAYMENTS, "path": "docs/a b.md", "content": "Grüße\n", "message": "Add", "branch": "main", **HERE},
        f"POST {REPOSITORY}/contents",
        {"path": "docs/a b.md", "content": "R3LDvMOfZQo=", "message": "Add", "branch": "main"},
    ),
    Row(
        "buddy_update_file",
        {
            **PAYMENTS,
            "path": "/src/app.py",
            "content": "run()\n",
            "new_path": "src/main.py",
            "message": "Move",
            "branch": "main",
            **HERE,
        },
        f"PUT {REPOSITORY}/contents/src/app.py",
        {"path": "src/main.py", "content": "cnVuKCkK", "message": "Move", "branch": "main"},
    ),
    Row(
        "buddy_update_file",
        {**PAYMENTS, "path": "README.md", "content": "Hi", "message": "Greet"},
        f"PUT {REPOSITORY}/contents/README.md",
        {"path": None, "content": "SGk=", "message": "Greet", "branch": None},
    ),
    Row(
        "buddy_delete_file",
        {**PAYMENTS, "path": "src/app.py", "message": "Drop", "branch": "feature/offline-banners", **HERE},
        f"DELETE {REPOSITORY}/contents/src/app.py",
        {"message": "Drop", "branch": "feature/offline-banners"},
    ),
    # pipelines
    Row("buddy_list_pipelines", PAYMENTS, f"GET {PIPELINES}"),
    Row(
        "buddy_list_pipelines",
        {**PAYMENTS, "sort_by": "name", "sort_direction": "ASC", "page": 1, "per_page": 1, **HERE},
        f"GET {PIPELINES}?page=1&per_page=1&sort_by=name&sort_direction=ASC",
    ),
    Row("buddy_get_pipeline", {**DEPLOY, **HERE}, f"GET {PIPELINES}/31"),
    Row("buddy_create_pipeline", {**PAYMENTS, **PIPELINE, **HERE}, f"POST {PIPELINES}", PIPELINE),
    Row(
        "buddy_update_pipeline",
        {**DEPLOY, "fields": {"priority": "HIGH", "target_site_url": None}, **HERE},
        f"PATCH {PIPELINES}/31",
        {"priority": "HIGH", "target_site_url": None},
    ),
    Row("buddy_delete_pipeline", {**DEPLOY, **HERE}, f"DELETE {PIPELINES}/31"),
    Row("buddy_list_pipeline_actions", {**DEPLOY, **HERE}, f"GET {PIPELINES}/31/actions"),
    Row("buddy_get_pipeline_action", {**DEPLOY, "action_id": "314", **HERE}, f"GET {PIPELINES}/31/actions/314"),
    # executions
    Row("buddy_list_executions", DEPLOY, f"GET {PIPELINES}/31/executions"),
    Row(
        "buddy_list_executions",
        {**DEPLOY, "page": 2, "per_page": 5, **HERE},
        f"GET {PIPELINES}/31/executions?page=2&per_page=5",
    ),
    Row(
        "buddy_list_executions",
        {**DEPLOY, "status": "FAILED", "per_page": 100},
        f"GET {PIPELINES}/31/executions?per_page=100",
    ),
    Row("buddy_get_execution", {**FAILED, **HERE}, f"GET {PIPELINES}/31/executions/123"),
    Row("buddy_run_pipeline", DEPLOY, f"POST {PIPELINES}/31/executions", {}),
    Row(
        "buddy_run_pipeline",
        {
            **DEPLOY,
            "revision": REVISION,
            "from_revision": REVISION,
            "branch": "main",
            "tag": "v1.0.0",
            "pull_request": "7",
            "comment": "Hotfix",
            "refresh": True,
            "clear_cache": True,
            "priority": "HIGH",
            "delay_until": "2026-11-21T06:00:00+01:00",
            "environment": "staging",
            "package_version": "payments:1.4.0",
            "actions_to_run": [311, 312],
            "variables": [{"key": "REGION", "value": "eu"}, {"key": "PASS", "value": 5, "encrypted": True}],
            "wait": False,
            **HERE,
        },
        f"POST {PIPELINES}/31/executions",
        {
            "to_revision": {"revision": REVISION},
            "from_revision": {"revision": REVISION},
            "branch": {"name": "main"},
            "tag": {"name": "v1.0.0"},
            "pull_request": {"name": "7"},
            "comment": "Hotfix",
            "refresh": True,
            "clear_cache": True,
            "priority": "HIGH",
            "delay_until": "2026-11-21T05:00:00Z",
            "environment": "staging",
            "package_version": "payments:1.4.0",
            "actions_to_run": [311, 312],
            "variables": [{"key": "REGION", "value": "eu"}, {"key": "PASS", "value": "5", "encrypted": True}],
        },
    ),
    Row(
        "buddy_control_execution",
        {**FAILED, "operation": "RETRY", **HERE},
        f"PATCH {PIPELINES}/31/executions/123",
        {"operation": "RETRY"},
    ),
    Row(
        "buddy_control_execution",
        {**WAITING, "operation": "APPLY_VARIABLES", "variables": [{"key": "GO", "value": "yes"}]},
        "PATCH /workspaces/acme/projects/infra/pipelines/21/executions/900",
        {"operation": "APPLY_VARIABLES", "variables": [{"key": "GO", "value": "yes"}]},
    ),
    Row(
        "buddy_get_action_execution",
        {**LOGS, **HERE},
        f"GET {PIPELINES}/31/executions/123/action_executions/000000000000007b00000003",
    ),
    Row(
        "buddy_get_action_logs",
        {**LOGS, "offset": 20, "limit": 50, **HERE},
        f"GET {PIPELINES}/31/executions/123/action_executions/000000000000007b00000003/logs?offset=20&limit=50",
    ),
    # variables
    Row("buddy_list_variables", {}, "GET /workspaces/acme/variables"),
    Row(
        "buddy_list_variables",
        {
            "project_name": "payments-service",
            "pipeline_id": 31,
            "action_id": 311,
            "environment_id": "3a4KbBQl",
            **HERE,
        },
        "GET /workspaces/acme/variables"
        "?projectName=payments-service&pipelineId=31&actionId=311&environment_id=3a4KbBQl",
    ),
    Row("buddy_get_variable", {"variable_id": "2", **HERE}, "GET /workspaces/acme/variables/2"),
    Row(
        "buddy_create_variable",
        {**VARIABLE, **SCOPE, **HERE},
        "POST /workspaces/acme/variables",
        {**VARIABLE, **SCOPE_BODY},
    ),
    Row(
        "buddy_update_variable",
        {"variable_id": "2", **VARIABLE, **SCOPE, **HERE},
        "PATCH /workspaces/acme/variables/2",
        {**VARIABLE, **SCOPE_BODY},
    ),
    Row(
        "buddy_update_variable",
        {"variable_id": "2", "description": None},
        "PATCH /workspaces/acme/variables/2",
        {"description": None},
    ),
    Row("buddy_delete_variable", {"variable_id": "2", **HERE}, "DELETE /workspaces/acme/variables/2"),
    # environments
    Row("buddy_list_environments", {}, "GET /workspaces/acme/environments"),
    Row(
        "buddy_list_environments",
        {"project_name": "mobile-app", **HERE},
        "GET /workspaces/acme/environments?project_name=mobile-app",
    ),
    Row("buddy_get_environment", {"environment_id": "3a4KbBQl", **HERE}, "GET /workspaces/acme/environments/3a4KbBQl"),
    Row(
        "buddy_create_environment",
        {"fields": ENVIRONMENT, **HERE},
        "POST /workspaces/acme/environments",
        ENVIRONMENT,
    ),
    Row(
        "buddy_update_environment",
        {"environment_id": "3a4KbBQl", "fields": {"tags": ["live"]}, **HERE},
        "PATCH /workspaces/acme/environments/3a4KbBQl",
        {"tags": ["live"]},
    ),
    Row(
        "buddy_update_environment",
        {"environment_id": "3a4KbBQl", "fields": {"public_url": None}},
        "PATCH /workspaces/acme/environments/3a4KbBQl",
        {"public_url": None},
    ),
    Row(
        "buddy_delete_environment",
        {"environment_id": "3a4KbBQl", **HERE},
        "DELETE /workspaces/acme/environments/3a4KbBQl",
    ),
]
