"""LinearB's stand-in is as strict as LinearB's documents."""

import json
from typing import Any

import httpx
import pytest

from server.sandbox import StandIn
from tests.vendors import TODAY
from tools.linearb.sandbox import LinearBSandbox

pytestmark = pytest.mark.anyio

NOVEMBER = {"after": "2026-11-01", "before": "2026-11-20"}
REPORTS = "/api/v1/exporter/measurements"
V2 = {"requested_metrics": [{"name": "pr.new"}], "time_ranges": [NOVEMBER]}


async def ask(
    stand_in: StandIn, method: str, path: str, body: Any = None, key: str | None = "lb-sandbox"
) -> httpx.Response:
    headers = {"x-api-key": key} if key else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stand_in), base_url="http://127.0.0.1") as client:
        return await client.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("guessed", 403), ("lb-sandbox", 200)])
async def test_sandbox_checks_the_key(key: str | None, status: int) -> None:
    assert (await ask(LinearBSandbox(TODAY), "GET", "/api/v2/teams", key=key)).status_code == status


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/api/v2/measurements", {"time_ranges": [NOVEMBER]}, ["body", "requested_metrics"]),
        ("/api/v2/measurements", {"requested_metrics": [{"name": "pr.new"}]}, ["body", "time_ranges"]),
        (REPORTS, {"requested_metrics": ["pr.new"]}, ["body", "time_ranges"]),
        (REPORTS, {"requested_metrics": ["pr.none"], **NOVEMBER}, ["body", "requested_metrics"]),
        (REPORTS, {"requested_metrics": ["pr.new"], **NOVEMBER, "limit": 0}, ["body", "limit"]),
        (REPORTS, {"requested_metrics": ["pr.new"], "time_ranges": [{"after": "x"}]}, ["body", "time_ranges", "after"]),
        (REPORTS, {"requested_metrics": ["pr.new"], **NOVEMBER, "team_ids": ["101"]}, ["body", "team_ids"]),
        ("/api/v2/measurements", {**V2, "team_ids": list(range(51))}, ["body", "team_ids"]),
        ("/api/v2/measurements", {**V2, "requested_metrics": ["pr.new"]}, ["body", "requested_metrics", "0", "name"]),
        ("/api/v2/measurements", {**V2, "return_no_data": "yes"}, ["body", "return_no_data"]),
        ("/api/v1/incidents", {"provider_id": "X"}, ["body", "http_url"]),
        ("/api/v1/deployments", {"repo_url": "X"}, ["body", "ref_name"]),
    ],
)
async def test_sandbox_words_validation_errors_as_linearb_does(path: str, body: Any, where: list[str]) -> None:
    answer = await ask(LinearBSandbox(TODAY), "POST", path, body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == where


@pytest.mark.parametrize(
    "rule",
    [
        {"after": "2026-11-01"},
        {**NOVEMBER, "time_ranges": [NOVEMBER]},
        {**NOVEMBER, "group_by": "team"},
        {**NOVEMBER, "group_by": "service", "team_ids": [101]},
    ],
)
async def test_sandbox_refuses_what_breaks_a_rule_between_fields(rule: dict[str, Any]) -> None:
    refused = await ask(LinearBSandbox(TODAY), "POST", REPORTS, {"requested_metrics": ["pr.new"], **rule})
    assert refused.status_code == 400


async def test_sandbox_does_not_know_other_methods() -> None:
    refused = await ask(LinearBSandbox(TODAY), "PUT", "/api/v2/teams")
    assert (refused.status_code, refused.json()) == (405, {"detail": "Method Not Allowed"})


async def test_sandbox_answers_0_for_a_metric_that_v2_does_not_know() -> None:
    wanted = {**V2, "requested_metrics": [{"name": "velocity"}]}
    (window,) = (await ask(LinearBSandbox(TODAY), "POST", "/api/v2/measurements", wanted)).json()
    assert [row["velocity"] for row in window["metrics"]] == [0]


async def test_sandboxs_file_store_refuses_a_leaked_key() -> None:
    stand_in = LinearBSandbox(TODAY)
    wanted = {"requested_metrics": [{"name": "pr.new"}], "time_ranges": [NOVEMBER]}
    url = json.loads((await ask(stand_in, "POST", "/api/v2/measurements/export", wanted)).text)["report_url"]
    assert (await ask(stand_in, "GET", url)).status_code == 400
    assert (await ask(stand_in, "GET", url, key=None)).text.startswith("after,before,organization_id")


async def test_sandbox_allows_60_requests_a_minute_to_an_endpoint() -> None:
    stand_in = LinearBSandbox(TODAY)
    statuses = [(await ask(stand_in, "GET", "/api/v1/repositories")).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert (await ask(stand_in, "GET", "/api/v2/teams")).status_code == 200


async def test_sandbox_keeps_nothing_of_an_incident_that_it_refuses() -> None:
    stand_in = LinearBSandbox(TODAY)
    new = {"provider_id": "X-1", "http_url": "https://x", "title": "Down", "issued_at": "2026-11-20T00:00:00Z"}
    assert (await ask(stand_in, "POST", "/api/v1/incidents", {**new, "teams": []})).status_code == 422
    assert (await ask(stand_in, "GET", "/api/v1/incidents/X-1")).status_code == 404
    assert (await ask(stand_in, "POST", "/api/v1/incidents", new)).status_code == 201
    refused = await ask(stand_in, "PATCH", "/api/v1/incidents/X-1", {"title": "Up", "teams": []})
    assert refused.status_code == 422
    assert (await ask(stand_in, "GET", "/api/v1/incidents/X-1")).json()["title"] == "Down"
