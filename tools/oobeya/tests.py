"""Records of tests that ran elsewhere: executions, defects, coverage, bugs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Required, TypeVar, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Moment, Refusal, Since, Until, VendorError
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import wire
from tools.oobeya.models_tests import Bug, Coverage, Defect, Execution

T = TypeVar("T")
TESTS = "/apis/v1/test/external"

tests = oobeya.toolset("tests", "Test executions, defects, coverage and bugs reported from outside.")

ApplicationId = Annotated[str, Field(description="Your own id of the application")]


class NewExecution(TypedDict, total=False):
    """A test run; what is required is what the document's example names."""

    execution_id: Required[Annotated[str, Field(description="Your own id of the run")]]
    status: Required[Annotated[str, Field(description="PASS, FAIL, TODO, EXECUTING or ABORTED")]]
    execution_time: Required[Annotated[int, Field(description="Milliseconds")]]
    execution_start_date: Required[Since]
    execution_end_date: Required[Until]
    application_id: Required[ApplicationId]
    scenario_id: Required[str]
    scenario_name: Required[str]
    scenario_description: str
    environment: Required[str]
    module: str
    team: Required[str]
    executed_by: str
    action_date: Moment


class NewDefect(TypedDict, total=False):
    """A defect that was found and fixed."""

    application_id: Required[ApplicationId]
    problem_no: Required[str]
    detected_date: Required[Moment]
    fixed_date: Required[Moment]
    description: str


class NewCoverage(TypedDict, total=False):
    """A measurement of test coverage."""

    application_id: Required[ApplicationId]
    coverage_id: Required[Annotated[str, Field(description="Your own id of the measurement")]]
    coverage_rate: Required[Annotated[float, Field(description="Scale undocumented, likely percent")]]
    total_line: Required[int]
    covered_line: Required[int]
    uncovered_line: Required[int]
    coverage_service: str
    tool_type: str
    team: str
    created_by: str
    action_date: Moment


class NewBug(TypedDict, total=False):
    """A bug that testing found."""

    application_id: Required[ApplicationId]
    bug_id: Required[str]
    name: Required[str]
    description: str
    module: str
    environment: str
    created_by: str
    team: str
    created_date: Moment
    updated_date: Moment


def _dated(fields: Mapping[str, Any]) -> dict[str, Any]:
    # The document's example leaves it out, the community client requires it.
    return wire({"action_date": datetime.now(UTC), **fields})


@tests.write()
async def record_test_execution(api: Oobeya, **fields: Unpack[NewExecution]) -> Execution:
    """Record a test run: its id, status, duration, start and end. Its action_date is now unless given."""
    return await api.post(TESTS + "/execution", body=_dated(fields), returns=Execution)


@tests.write()
async def record_test_defect(api: Oobeya, **fields: Unpack[NewDefect]) -> Defect:
    """Record a defect that was found and fixed."""
    if fields["fixed_date"] < fields["detected_date"]:
        raise Refusal("Nothing was sent: fixed_date must not be before detected_date.")
    return await api.post(TESTS + "/defect", body=wire(fields), returns=Defect)


@tests.write()
async def record_test_coverage(api: Oobeya, **fields: Unpack[NewCoverage]) -> Coverage:
    """Record a measurement of test coverage. Its action_date is now unless given."""
    return await api.post(TESTS + "/coverage", body=_dated(fields), returns=Coverage)


@tests.write()
async def record_test_bug(api: Oobeya, **fields: Unpack[NewBug]) -> Bug:
    """Record a bug that testing found."""
    return await api.post(TESTS + "/bug", body=wire(fields), returns=Bug)


async def _last(api: Oobeya, path: str, *segments: str, returns: type[T]) -> T:
    """The latest record. Raises VendorError, for one that is not there in words that fit: no tool lists records."""
    try:
        return await api.get(path, *segments, returns=returns)
    except VendorError as error:
        if error.status != 404:
            raise
        said = "Oobeya answered 404: it has no such record. Its ids are your own, as whoever records gives them"
        raise VendorError(f"{said}: ask for them; no tool lists them.", status=404) from error


@tests.read()
async def get_last_test_execution(api: Oobeya, application_id: ApplicationId) -> Execution:
    """The latest recorded test run of an application."""
    return await _last(api, TESTS + "/execution/last/{}", application_id, returns=Execution)


@tests.read()
async def get_last_test_defect(api: Oobeya, application_id: ApplicationId) -> Defect:
    """The latest recorded defect of an application."""
    return await _last(api, TESTS + "/defect/last/application/{}", application_id, returns=Defect)


@tests.read()
async def get_last_test_coverage(api: Oobeya, application_id: ApplicationId, coverage_service: str) -> Coverage:
    """The latest recorded test coverage of an application's service."""
    path = TESTS + "/coverage/last/{}/coverage-service/{}"
    return await _last(api, path, application_id, coverage_service, returns=Coverage)


@tests.read()
async def get_last_test_bug(api: Oobeya, application_id: ApplicationId) -> Bug:
    """The latest recorded bug of an application."""
    return await _last(api, TESTS + "/bug/last/{}", application_id, returns=Bug)
