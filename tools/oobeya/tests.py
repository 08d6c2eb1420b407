"""Records of tests that ran elsewhere: executions, defects, coverage, bugs."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from server.declare import Moment
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import stamp, wire
from tools.oobeya.models_tests import Bug, Coverage, Defect, Execution

TESTS = "/apis/v1/test/external"

tests = oobeya.toolset("tests", "Test executions, defects, coverage and bugs reported from outside.")

ApplicationId = Annotated[str, Field(description="Your own id of the application")]


def _action_date(moment: datetime | None) -> str | None:
    # The document's example leaves it out, the community client requires it.
    return stamp(moment or datetime.now(UTC))


@tests.write()
async def record_test_execution(
    api: Oobeya,
    execution_id: Annotated[str | None, Field(description="Your own id of the run")] = None,
    status: Annotated[str | None, Field(description="PASS, FAIL, TODO, EXECUTING or ABORTED")] = None,
    execution_time: Annotated[int | None, Field(description="Milliseconds")] = None,
    execution_start_date: Moment | None = None,
    execution_end_date: Moment | None = None,
    application_id: ApplicationId | None = None,
    scenario_id: str | None = None,
    scenario_name: str | None = None,
    scenario_description: str | None = None,
    environment: str | None = None,
    module: str | None = None,
    team: str | None = None,
    executed_by: str | None = None,
    action_date: Moment | None = None,
) -> Execution:
    """Record a test run: its id, status, duration, start and end. Its action_date is now unless given."""
    body = wire(
        execution_id=execution_id,
        status=status,
        execution_time=execution_time,
        execution_start_date=stamp(execution_start_date),
        execution_end_date=stamp(execution_end_date),
        application_id=application_id,
        scenario_id=scenario_id,
        scenario_name=scenario_name,
        scenario_description=scenario_description,
        environment=environment,
        module=module,
        team=team,
        executed_by=executed_by,
        action_date=_action_date(action_date),
    )
    return await api.post(TESTS + "/execution", body=body, returns=Execution)


@tests.write()
async def record_test_defect(
    api: Oobeya,
    application_id: ApplicationId,
    problem_no: str,
    detected_date: Moment,
    fixed_date: Moment,
    description: str | None = None,
) -> Defect:
    """Record a defect that was found and fixed."""
    body = wire(
        application_id=application_id,
        problem_no=problem_no,
        detected_date=stamp(detected_date),
        fixed_date=stamp(fixed_date),
        description=description,
    )
    return await api.post(TESTS + "/defect", body=body, returns=Defect)


@tests.write()
async def record_test_coverage(
    api: Oobeya,
    application_id: ApplicationId,
    coverage_id: Annotated[str, Field(description="Your own id of the measurement")],
    coverage_rate: Annotated[float, Field(description="Scale undocumented, likely percent")],
    total_line: int,
    covered_line: int,
    uncovered_line: int,
    coverage_service: str | None = None,
    tool_type: str | None = None,
    team: str | None = None,
    created_by: str | None = None,
    action_date: Moment | None = None,
) -> Coverage:
    """Record a measurement of test coverage. Its action_date is now unless given."""
    body = wire(
        application_id=application_id,
        coverage_id=coverage_id,
        coverage_rate=coverage_rate,
        total_line=total_line,
        covered_line=covered_line,
        uncovered_line=uncovered_line,
        coverage_service=coverage_service,
        tool_type=tool_type,
        team=team,
        created_by=created_by,
        action_date=_action_date(action_date),
    )
    return await api.post(TESTS + "/coverage", body=body, returns=Coverage)


@tests.write()
async def record_test_bug(
    api: Oobeya,
    application_id: ApplicationId,
    bug_id: str,
    name: str,
    description: str | None = None,
    module: str | None = None,
    environment: str | None = None,
    created_by: str | None = None,
    team: str | None = None,
    created_date: Moment | None = None,
    updated_date: Moment | None = None,
) -> Bug:
    """Record a bug that testing found."""
    body = wire(
        application_id=application_id,
        bug_id=bug_id,
        name=name,
        description=description,
        module=module,
        environment=environment,
        created_by=created_by,
        team=team,
        created_date=stamp(created_date),
        updated_date=stamp(updated_date),
    )
    return await api.post(TESTS + "/bug", body=body, returns=Bug)


@tests.read()
async def get_last_test_execution(api: Oobeya, application_id: ApplicationId) -> Execution:
    """The latest recorded test run of an application."""
    return await api.get(TESTS + "/execution/last/{}", application_id, returns=Execution)


@tests.read()
async def get_last_test_defect(api: Oobeya, application_id: ApplicationId) -> Defect:
    """The latest recorded defect of an application."""
    return await api.get(TESTS + "/defect/last/application/{}", application_id, returns=Defect)


@tests.read()
async def get_last_test_coverage(api: Oobeya, application_id: ApplicationId, coverage_service: str) -> Coverage:
    """The latest recorded test coverage of an application's service."""
    path = TESTS + "/coverage/last/{}/coverage-service/{}"
    return await api.get(path, application_id, coverage_service, returns=Coverage)


@tests.read()
async def get_last_test_bug(api: Oobeya, application_id: ApplicationId) -> Bug:
    """The latest recorded bug of an application."""
    return await api.get(TESTS + "/bug/last/{}", application_id, returns=Bug)
