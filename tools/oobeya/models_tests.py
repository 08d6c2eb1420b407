"""What Oobeya answers about tests that ran elsewhere."""

from tools.oobeya.models import Number, OobeyaModel


class Record(OobeyaModel):
    """What all records have in common."""

    id: str | None = None
    application_id: str | None = None
    analysis_id: str | None = None
    action_date: str | None = None
    team: str | None = None


class Execution(Record):
    """A test run; `executionTime` is milliseconds."""

    execution_id: str | None = None
    status: str | None = None
    execution_time: int | None = None
    execution_start_date: str | None = None
    execution_end_date: str | None = None
    scenario_id: str | None = None
    scenario_name: str | None = None
    scenario_description: str | None = None
    environment: str | None = None
    module: str | None = None
    executed_by: str | None = None


class Defect(Record):
    """A defect that was found and fixed."""

    problem_no: str | None = None
    detected_date: str | None = None
    fixed_date: str | None = None
    description: str | None = None


class Coverage(Record):
    """A measurement of test coverage."""

    coverage_id: str | None = None
    coverage_rate: Number | None = None
    total_line: int | None = None
    covered_line: int | None = None
    uncovered_line: int | None = None
    coverage_service: str | None = None
    tool_type: str | None = None
    created_by: str | None = None


class Bug(Record):
    """A bug; `bugCreatedDate` is the one that was recorded, `createdDate` when Oobeya stored it."""

    bug_id: str | None = None
    name: str | None = None
    description: str | None = None
    module: str | None = None
    environment: str | None = None
    created_by: str | None = None
    bug_created_date: str | None = None
    bug_updated_date: str | None = None
    created_date: str | None = None
    modified_date: str | None = None
