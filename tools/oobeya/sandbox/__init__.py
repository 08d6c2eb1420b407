"""Oobeya's stand-in: its parts together, with test records, API keys and the system endpoints."""

from datetime import date, timedelta
from typing import Any

from server.sandbox import Call, Problem, endpoint
from tools import company
from tools.oobeya.sandbox.reports import Reports
from tools.oobeya.sandbox.world import API_KEY, Row, body, found, stamp

EXECUTION = (
    "executionId",
    "status",
    "executionTime",
    "executionStartDate",
    "executionEndDate",
    "applicationId",
    "scenarioId",
    "scenarioName",
    "environment",
    "team",
    "actionDate",
)
DEFECT = ("applicationId", "problemNo", "detectedDate", "fixedDate")
COVERAGE = ("applicationId", "coverageId", "coverageRate", "totalLine", "coveredLine", "uncoveredLine", "actionDate")
BUG = ("applicationId", "bugId", "name")


class OobeyaSandbox(Reports):
    """The whole tenant of the made-up company; each repository is an application with test records."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.keys = {
            key: self.record(key, self.start, name=name, expireDate=None, enabled=True, token=token, expire=False)
            for key, name, token in (("key-1", "Drumbeat", API_KEY), ("key-2", "CI", "okey-ci-5b1d"))
        }
        self.executions: list[Row] = []
        self.defects: list[Row] = []
        self.coverages: list[Row] = []
        self.bugs: list[Row] = []
        for repository in company.REPOSITORIES:
            self._test(repository)

    def tokens(self) -> set[str]:
        return {key["token"] for key in self.keys.values()}

    # Test records.

    @endpoint("POST", "/apis/v1/test/external/execution")
    def record_execution(self, call: Call) -> Any:
        return self._kept(self.executions, body(call, *EXECUTION))

    @endpoint("POST", "/apis/v1/test/external/defect")
    def record_defect(self, call: Call) -> Any:
        return self._kept(self.defects, body(call, *DEFECT))

    @endpoint("POST", "/apis/v1/test/external/coverage")
    def record_coverage(self, call: Call) -> Any:
        return self._kept(self.coverages, body(call, *COVERAGE))

    @endpoint("POST", "/apis/v1/test/external/bug")
    def record_bug(self, call: Call) -> Any:
        fields = body(call, *BUG)
        dates = {"bugCreatedDate": fields.get("createdDate"), "bugUpdatedDate": fields.get("updatedDate")}
        return self._kept(self.bugs, {**fields, **dates, "createdDate": stamp(self.now())})

    @endpoint("GET", "/apis/v1/test/external/execution/last/{application}")
    def last_execution(self, call: Call) -> Any:
        return _last(self.executions, applicationId=call.path["application"])

    @endpoint("GET", "/apis/v1/test/external/defect/last/application/{application}")
    def last_defect(self, call: Call) -> Any:
        return _last(self.defects, applicationId=call.path["application"])

    @endpoint("GET", "/apis/v1/test/external/coverage/last/{application}/coverage-service/{service}")
    def last_coverage(self, call: Call) -> Any:
        return _last(self.coverages, applicationId=call.path["application"], coverageService=call.path["service"])

    @endpoint("GET", "/apis/v1/test/external/bug/last/{application}")
    def last_bug(self, call: Call) -> Any:
        return _last(self.bugs, applicationId=call.path["application"])

    # API keys.

    @endpoint("GET", "/apis/v1/api-keys")
    def list_keys(self, call: Call) -> Any:
        return list(self.keys.values())

    @endpoint("POST", "/apis/v1/api-keys")
    def create_key(self, call: Call) -> Any:
        fields = body(call, "name")
        row = {"expireDate": None, "enabled": True, "expire": False, **fields}
        key = self.add(self.keys, "key", row)
        key["token"] = f"okey-{key['id']}-c0ffee"
        return key

    @endpoint("DELETE", "/apis/v1/api-keys/{id}")
    def delete_key(self, call: Call) -> Any:
        del self.keys[found(self.keys, call.path["id"], "API key")["id"]]
        return True

    # System.

    @endpoint("GET", "/apis/v1/systems/logs")
    def logs(self, call: Call) -> Any:
        return "".join(f"{line}\n" for line in self.log)

    @endpoint("DELETE", "/apis/v1/systems/clear-git-analyses")
    def clear(self, call: Call) -> Any:
        return self.note("Git analyses of commits older than 2 years cleared")

    def _kept(self, rows: list[Row], fields: Row) -> Row:
        rows.append({"id": f"record-{len(rows) + 1}", "analysisId": None, **fields})
        return rows[-1]

    def _test(self, repository: company.Repository) -> None:
        start = self.start + timedelta(weeks=5)
        here = {"applicationId": repository.name, "team": repository.team.name, "actionDate": stamp(start)}
        took = 90_000 + repository.number
        run = {"executionId": f"exec-{repository.number}", "status": "PASS", "executionTime": took}
        ended = {
            "executionStartDate": stamp(start),
            "executionEndDate": stamp(start + timedelta(milliseconds=took)),
            "scenarioId": "scn-1",
            "scenarioName": "Smoke test",
            "environment": "staging",
        }
        self._kept(self.executions, {**here, **run, **ended})
        found_on, fixed_on = stamp(start), stamp(start + timedelta(hours=20))
        defect = {"problemNo": f"PRB-{repository.number}", "detectedDate": found_on, "fixedDate": fixed_on}
        self._kept(self.defects, {**here, **defect})
        lines = {"totalLine": 12_000, "coveredLine": 9_360, "uncoveredLine": 2_640, "coverageRate": 78.0}
        self._kept(self.coverages, {**here, **lines, "coverageId": "cov-1", "coverageService": "unit"})
        bug = {"bugId": f"BUG-{repository.number}", "name": "Wrong total", "bugCreatedDate": found_on}
        self._kept(self.bugs, {**here, **bug, "bugUpdatedDate": None})


def _last(rows: list[Row], **wanted: str) -> Row:
    for row in reversed(rows):
        if all(row.get(key) == value for key, value in wanted.items()):
            return row
    raise Problem(404, f"No record of application {wanted['applicationId']}")
