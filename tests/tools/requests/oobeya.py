from tests.tools.requests import Row

NAMED = {"name": "Josh", "surname": "Long"}
LOGIN = {"username": "josh.long", "email": "josh.long@acme.example", "password": "s3cret"}
ENUMS = {"user_type": "DB", "company_role": "DEVELOPER"}
HIRED = "2024-08-17T00:00:00+03:00"
OTHER = {"id": "team-mobile", "unitName": "Mobile", "unitLeads": ["member-8"]}
PERIOD = {"start_date": "2026-11-01", "end_date": "2026-11-20T12:00:00Z"}
DAYS = "startDate=2026-11-01&endDate=2026-11-20"
NOW = "2025-09-11T08:47:40.740Z"

USER = {
    **NAMED,
    **LOGIN,
    "userType": "DB",
    "companyRole": "DEVELOPER",
    "hireDate": HIRED,
    "terminationDate": "2026-12-31T00:00:00+00:00",
}
TEAM_ARGUMENTS = {
    "organization_id": "org-1",
    "organization_name": "Acme",
    "unit_name": "Data",
    "unit_members": ["member-1", "member-2"],
    "unit_leads": ["member-1"],
    "included_teams": [OTHER],
    "upper_level_team": {"id": "team-platform"},
}
TEAM = {
    "organizationId": "org-1",
    "organizationName": "Acme",
    "unitName": "Data",
    "unitMembers": ["member-1", "member-2"],
    "unitLeads": ["member-1"],
    "includedTeams": [OTHER],
    "upperLevelTeam": {"id": "team-platform"},
}
MEMBER_ARGUMENTS = {
    **NAMED,
    "user_name": "josh.long",
    "addon_accounts": ["jlong"],
    "company_role": "DEVELOPER",
    "teams": [{"id": "team-mobile", "name": "Mobile"}],
}
MEMBER = {
    **NAMED,
    "userName": "josh.long",
    "addonAccounts": ["jlong"],
    "companyRole": "DEVELOPER",
    "teams": [{"id": "team-mobile", "name": "Mobile"}],
}

PEOPLE = [
    Row("oobeya_list_organization_levels", {}, "GET /apis/v1/organization-level"),
    Row(
        "oobeya_create_organization_level",
        {"name": "Division", "level": 2, "lead_roles": [{"key": "ENG_LEAD", "label": "Engineering Lead"}]},
        "POST /apis/v1/organization-level",
        {"name": "Division", "level": 2, "leadRoles": [{"key": "ENG_LEAD", "label": "Engineering Lead"}]},
    ),
    Row(
        "oobeya_update_organization_level",
        {"organization_level_id": "level-2", "name": "Squad", "level": 3, "lead_roles": []},
        "PUT /apis/v1/organization-level/level-2",
        {"name": "Squad", "level": 3, "leadRoles": []},
    ),
    Row("oobeya_list_users", {}, "GET /apis/v1/users?page=0&size=50"),
    Row(
        "oobeya_list_users",
        {
            "page": 1,
            "size": 2,
            "sort": ["surname:ASC", "modifyDate:DESC"],
            "username": "joe.doe",
            "email": "joe.doe@acme.example",
            "start_creation_date": "2026-01-01",
            "end_creation_date": "2026-12-31",
            "start_termination_date": "2026-02-01",
            "end_termination_date": "2026-02-28",
            "start_hire_date": "2024-01-01",
            "end_hire_date": "2024-12-31",
        },
        "GET /apis/v1/users?page=1&size=2&sort=surname%3AASC&sort=modifyDate%3ADESC&username=joe.doe"
        "&email=joe.doe%40acme.example&startCreationDate=2026-01-01&endCreationDate=2026-12-31"
        "&startTerminationDate=2026-02-01&endTerminationDate=2026-02-28&startHireDate=2024-01-01&endHireDate=2024-12-31",
    ),
    Row("oobeya_get_user", {"developer_id": "member-2"}, "GET /apis/v1/users/member-2"),
    Row(
        "oobeya_create_user",
        {
            **NAMED,
            **LOGIN,
            **ENUMS,
            "full_name": "Josh Long",
            "roles": ["ROLE_USER"],
            "hire_date": HIRED,
            "termination_date": "2026-12-31",
        },
        "POST /apis/v1/users",
        {**USER, "fullName": "Josh Long", "roles": ["ROLE_USER"]},
    ),
    Row(
        "oobeya_update_user",
        {"user_id": "user-2", **NAMED, **LOGIN, **ENUMS, "hire_date": HIRED, "termination_date": "2026-12-31"},
        "PUT /apis/v1/users",
        {"id": "user-2", **USER},
    ),
    Row("oobeya_delete_user", {"user_id": "user-2"}, "DELETE /apis/v1/users/user-2"),
    Row("oobeya_list_members", {}, "GET /apis/v1/members?page=0&size=50"),
    Row(
        "oobeya_list_members",
        {"page": 0, "size": 5, "sort": ["name:ASC"], "username": "joe.doe", "email": "joe.doe@acme.example"},
        "GET /apis/v1/members?page=0&size=5&sort=name%3AASC&username=joe.doe&email=joe.doe%40acme.example",
    ),
    Row("oobeya_get_member", {"member_id": "member-2"}, "GET /apis/v1/members/member-2"),
    Row(
        "oobeya_create_member",
        {"id": "member-99", **MEMBER_ARGUMENTS},
        "POST /apis/v1/members",
        {"id": "member-99", **MEMBER},
    ),
    Row(
        "oobeya_update_member",
        {"member_id": "member-2", **MEMBER_ARGUMENTS},
        "PUT /apis/v1/members",
        {"id": "member-2", **MEMBER},
    ),
    Row("oobeya_delete_member", {"member_id": "member-2"}, "DELETE /apis/v1/members/member-2"),
]

TEAMS = [
    Row("oobeya_list_teams", {}, "GET /apis/v1/teams?page=0&size=50"),
    Row(
        "oobeya_list_teams",
        {"page": 1, "size": 2, "sort": ["unitName:ASC"]},
        "GET /apis/v1/teams?page=1&size=2&sort=unitName%3AASC",
    ),
    Row("oobeya_list_all_teams", {}, "GET /apis/v1/teams/all"),
    Row("oobeya_create_team", TEAM_ARGUMENTS, "POST /apis/v1/teams", TEAM),
    Row(
        "oobeya_replace_team",
        {"team_id": "team-payments", **TEAM_ARGUMENTS},
        "PUT /apis/v1/teams",
        {"id": "team-payments", **TEAM},
    ),
    Row(
        "oobeya_update_team",
        {
            "team": "team-platform",
            "organization_id": "org-1",
            "organization_name": "Acme",
            "unit_name": "Foundation",
            "upper_level_team_id": "team-mobile",
            "upper_level_team_name": "Mobile",
            "add_unit_members": ["member-5"],
            "remove_unit_members": ["member-4"],
            "add_unit_leads": ["member-2"],
            "remove_unit_leads": ["member-1"],
            "remove_upper_team_ids": ["team-payments"],
        },
        "PATCH /apis/v1/teams/team-platform",
        {
            "organizationId": "org-1",
            "organizationName": "Acme",
            "unitName": "Foundation",
            "upperLevelTeamId": "team-mobile",
            "upperLevelTeamName": "Mobile",
            "addUnitMembers": ["member-5"],
            "removeUnitMembers": ["member-4"],
            "addUnitLeads": ["member-2"],
            "removeUnitLeads": ["member-1"],
            "removeUpperTeamIds": ["team-payments"],
        },
    ),
    Row("oobeya_delete_team", {"team_id": "team-mobile"}, "DELETE /apis/v1/teams/team-mobile"),
    Row(
        "oobeya_trigger_analysis",
        {"team_ids": ["team-platform"]},
        "POST /apis/v1/teams/trigger-analysis",
        {"teamIds": ["team-platform"], "trigger": {"git": True, "pullRequest": True, "deployment": True}},
    ),
    Row(
        "oobeya_trigger_analysis",
        {"team_ids": ["team-mobile", "team-payments"], "git": False, "pull_request": False, "deployment": True},
        "POST /apis/v1/teams/trigger-analysis",
        {
            "teamIds": ["team-mobile", "team-payments"],
            "trigger": {"git": False, "pullRequest": False, "deployment": True},
        },
    ),
    Row(
        "oobeya_sync_team_analysis",
        {
            "team_id": "team-platform",
            "team_analysis_branches": [{"priority": "1", "name": "main"}],
            "team_dora_branches": [{"name": "main"}],
            "team_sonar_branches": [{"name": "develop"}],
        },
        "POST /apis/v1/teams/sync-analysis",
        {
            "teamId": "team-platform",
            "teamAnalysisBranches": [{"priority": "1", "name": "main"}],
            "teamDoraBranches": [{"name": "main"}],
            "teamSonarBranches": [{"name": "develop"}],
        },
    ),
]

DELIVERY = [
    Row("oobeya_list_analyses", {}, "GET /apis/v1/analysis?page=0&size=50"),
    Row(
        "oobeya_list_analyses",
        {"page": 1, "size": 3, "sort": ["projectName:ASC"]},
        "GET /apis/v1/analysis?page=1&size=3&sort=projectName%3AASC",
    ),
    Row(
        "oobeya_create_analysis",
        {
            "datasource_id": "datasource-1",
            "workspace_path": "acme",
            "project_name": "search",
            "project_id": "9005",
            "type": "GITLAB",
            "branch": "main",
            "release_strategy_type": "GIT_TAG",
            "analysis_type": "TRUNK_BASED",
            "exclusion_patterns": ["*.lock"],
            "is_include_deployment": True,
            "date_range": "90",
            "job_name": "deploy",
            "fix_pattern": ["hotfix/"],
            "is_stage_type": False,
        },
        "POST /apis/v1/analysis",
        {
            "datasourceId": "datasource-1",
            "workspacePath": "acme",
            "projectName": "search",
            "projectId": "9005",
            "type": "GITLAB",
            "branch": "main",
            "releaseStrategyType": "GIT_TAG",
            "analysisType": "TRUNK_BASED",
            "exclusionPatterns": ["*.lock"],
            "isIncludeDeployment": True,
            "dateRange": "90",
            "jobName": "deploy",
            "fixPattern": ["hotfix/"],
            "isStageType": False,
        },
    ),
    Row("oobeya_delete_analysis", {"analysis_id": "analysis-infra"}, "DELETE /apis/v1/analysis/analysis-infra"),
    Row("oobeya_trigger_all_dora_analyses", {}, "POST /apis/v1/analysis/trigger-all-dora-analyses"),
    Row(
        "oobeya_get_dora_summary",
        {"team_id": "team-platform"},
        "GET /apis/v1/analysis/dora-summary-metrics?widgets=DORA_METRICS_SUMMARY&teamId=team-platform",
    ),
    Row(
        "oobeya_get_dora_summary",
        {
            "widgets": ["DEPLOYMENT_FREQUENCY", "CHANGE_FAILURE_RATE"],
            "analysis_id": ["analysis-infra", "analysis-mobile-app"],
            "from_time": 1793000000000,
            "to_time": 1795000000000,
        },
        "GET /apis/v1/analysis/dora-summary-metrics?widgets=DEPLOYMENT_FREQUENCY&widgets=CHANGE_FAILURE_RATE"
        "&analysisId=analysis-infra&analysisId=analysis-mobile-app&from=1793000000000&to=1795000000000",
    ),
    Row("oobeya_list_deployments", {}, "GET /apis/v1/deployments?page=0&size=50"),
    Row(
        "oobeya_list_deployments",
        {"page": 2, "size": 10, "sort": ["deployedAt:DESC"]},
        "GET /apis/v1/deployments?page=2&size=10&sort=deployedAt%3ADESC",
    ),
    Row(
        "oobeya_create_deployment",
        {
            "analysis_id": "analysis-infra",
            "clone_url": "https://git.acme.example/acme/infra.git",
            "pipeline_start_at": "2026-11-19T10:00:00+02:00",
            "last_commit_sha": "abc123",
            "deployment_type": "RELEASE",
            "analysis_type": "PULL_REQUEST",
            "deployed_at": "2026-11-19T08:30:00.5Z",
            "name": "v1.2.3",
            "title": "Release 1.2.3",
            "target_branch": "main",
        },
        "POST /apis/v1/deployments",
        {
            "analysisId": "analysis-infra",
            "cloneUrl": "https://git.acme.example/acme/infra.git",
            "pipelineStartAt": "2026-11-19T08:00:00.000Z",
            "lastCommitSha": "abc123",
            "deploymentType": "RELEASE",
            "analysisType": "PULL_REQUEST",
            "deployedAt": "2026-11-19T08:30:00.500Z",
            "name": "v1.2.3",
            "title": "Release 1.2.3",
            "targetBranch": "main",
        },
    ),
    Row("oobeya_delete_deployment", {"deployment_id": "deployment-3"}, "DELETE /apis/v1/deployments/deployment-3"),
    *(
        Row(f"oobeya_get_{who}_{report}_report", {f"{who}_id": one, **PERIOD}, f"GET /apis/v1/reports/{path}?{DAYS}")
        for who, one in (("team", "team-platform"), ("member", "member-2"))
        for report, path in (
            ("commit", f"{who}/{one}/commits"),
            ("pull_request", f"{who}/{one}/pull-requests"),
            ("quality", f"{who}/{one}/qualities"),
        )
    ),
    Row(
        "oobeya_get_team_commit_report", {"team_id": "team-platform"}, "GET /apis/v1/reports/team/team-platform/commits"
    ),
]

OTHERS = [
    Row(
        "oobeya_start_qwiser_analysis",
        {
            "datasource_id": "datasource-2",
            "project_key": "acme:search",
            "branch": "main",
            "teams": [{"teamId": "team-mobile", "teamName": "Mobile"}],
        },
        "POST /apis/v1/qwiser/analysis",
        {
            "datasourceId": "datasource-2",
            "projectKey": "acme:search",
            "branch": "main",
            "teams": [{"teamId": "team-mobile", "teamName": "Mobile"}],
        },
    ),
    Row("oobeya_list_qwiser_analyses", {}, "POST /apis/v1/qwiser/analysis/list", {}),
    Row(
        "oobeya_set_qwiser_analysis_teams",
        {"analysis_id": "qwiser-infra", "teams": [{"teamId": "team-mobile", "teamName": "Mobile"}]},
        "PUT /apis/v1/qwiser/analysis/qwiser-infra/teams",
        {"teams": [{"teamId": "team-mobile", "teamName": "Mobile"}]},
    ),
    Row(
        "oobeya_prepare_bulk_analyses",
        {
            "datasource_id": "datasource-1",
            "branches": ["main"],
            "is_include_tags": True,
            "stages": ["production"],
            "tag_branch": "main",
        },
        "POST /apis/v1/bulk/analyses",
        {
            "datasourceId": "datasource-1",
            "branches": ["main"],
            "isIncludeTags": True,
            "stages": ["production"],
            "tagBranch": "main",
        },
    ),
    Row(
        "oobeya_sync_bulk_analyses",
        {
            "team_id": "team-platform",
            "delete_cancel_analysis": True,
            "team_analysis_branches": ["main"],
            "team_sonar_branches": ["develop"],
        },
        "PUT /apis/v1/bulk/analyses/sync",
        {
            "teamId": "team-platform",
            "deleteCancelAnalysis": True,
            "teamAnalysisBranches": ["main"],
            "teamSonarBranches": ["develop"],
        },
    ),
    Row("oobeya_list_api_keys", {}, "GET /apis/v1/api-keys"),
    Row(
        "oobeya_create_api_key",
        {"name": "Dashboard", "expire_date": "2027-01-01"},
        "POST /apis/v1/api-keys",
        {"name": "Dashboard", "expireDate": "2027-01-01T00:00:00.000Z"},
    ),
    Row("oobeya_delete_api_key", {"api_key_id": "key-2"}, "DELETE /apis/v1/api-keys/key-2"),
    Row("oobeya_get_system_logs", {}, "GET /apis/v1/systems/logs"),
    Row("oobeya_clear_old_git_analyses", {}, "DELETE /apis/v1/systems/clear-git-analyses"),
    Row(
        "oobeya_record_test_execution",
        {
            "execution_id": "exec-12345",
            "status": "PASS",
            "execution_time": 120000,
            "execution_start_date": NOW,
            "execution_end_date": "2025-09-11T08:49:40.740Z",
            "application_id": "app-98765",
            "scenario_id": "scn-4567",
            "scenario_name": "Login Test",
            "scenario_description": "Signs in",
            "environment": "staging",
            "module": "login",
            "team": "QA-Team",
            "executed_by": "yuki.mori",
            "action_date": NOW,
        },
        "POST /apis/v1/test/external/execution",
        {
            "executionId": "exec-12345",
            "status": "PASS",
            "executionTime": 120000,
            "executionStartDate": NOW,
            "executionEndDate": "2025-09-11T08:49:40.740Z",
            "applicationId": "app-98765",
            "scenarioId": "scn-4567",
            "scenarioName": "Login Test",
            "scenarioDescription": "Signs in",
            "environment": "staging",
            "module": "login",
            "team": "QA-Team",
            "executedBy": "yuki.mori",
            "actionDate": NOW,
        },
    ),
    Row(
        "oobeya_record_test_defect",
        {
            "application_id": "app-98765",
            "problem_no": "PRB-1",
            "detected_date": NOW,
            "fixed_date": "2025-09-12",
            "description": "Total is wrong",
        },
        "POST /apis/v1/test/external/defect",
        {
            "applicationId": "app-98765",
            "problemNo": "PRB-1",
            "detectedDate": NOW,
            "fixedDate": "2025-09-12T00:00:00.000Z",
            "description": "Total is wrong",
        },
    ),
    Row(
        "oobeya_record_test_coverage",
        {
            "application_id": "app-98765",
            "coverage_id": "cov-1",
            "coverage_rate": 78.5,
            "total_line": 200,
            "covered_line": 157,
            "uncovered_line": 43,
            "coverage_service": "unit",
            "tool_type": "pytest",
            "team": "QA-Team",
            "created_by": "yuki.mori",
            "action_date": NOW,
        },
        "POST /apis/v1/test/external/coverage",
        {
            "applicationId": "app-98765",
            "coverageId": "cov-1",
            "coverageRate": 78.5,
            "totalLine": 200,
            "coveredLine": 157,
            "uncoveredLine": 43,
            "coverageService": "unit",
            "toolType": "pytest",
            "team": "QA-Team",
            "createdBy": "yuki.mori",
            "actionDate": NOW,
        },
    ),
    Row(
        "oobeya_record_test_bug",
        {
            "application_id": "app-98765",
            "bug_id": "BUG-1",
            "name": "Wrong total",
            "description": "Two currencies",
            "module": "refunds",
            "environment": "staging",
            "created_by": "yuki.mori",
            "team": "QA-Team",
            "created_date": NOW,
            "updated_date": NOW,
        },
        "POST /apis/v1/test/external/bug",
        {
            "applicationId": "app-98765",
            "bugId": "BUG-1",
            "name": "Wrong total",
            "description": "Two currencies",
            "module": "refunds",
            "environment": "staging",
            "createdBy": "yuki.mori",
            "team": "QA-Team",
            "createdDate": NOW,
            "updatedDate": NOW,
        },
    ),
    Row(
        "oobeya_get_last_test_execution",
        {"application_id": "infra"},
        "GET /apis/v1/test/external/execution/last/infra",
    ),
    Row(
        "oobeya_get_last_test_defect",
        {"application_id": "infra"},
        "GET /apis/v1/test/external/defect/last/application/infra",
    ),
    Row(
        "oobeya_get_last_test_coverage",
        {"application_id": "infra", "coverage_service": "unit"},
        "GET /apis/v1/test/external/coverage/last/infra/coverage-service/unit",
    ),
    Row("oobeya_get_last_test_bug", {"application_id": "infra"}, "GET /apis/v1/test/external/bug/last/infra"),
]

ROWS = [*PEOPLE, *TEAMS, *DELIVERY, *OTHERS]
