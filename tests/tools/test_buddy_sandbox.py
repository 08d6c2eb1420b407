"""Buddy's stand-in is as strict as Buddy's document."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.vendors import TODAY
from tools.buddy.sandbox import BuddySandbox
from tools.buddy.sandbox.pipelines import STEP_SECONDS

pytestmark = pytest.mark.anyio

ACME = "/workspaces/acme"
PAYMENTS = f"{ACME}/projects/payments-service"
COMMITS = f"{PAYMENTS}/repository/commits"


class Clocked(BuddySandbox):
    """The stand-in with a clock that a test moves."""

    time = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def stand_in() -> Clocked:
    return Clocked(TODAY)


@pytest.fixture
async def buddy(stand_in: Clocked) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=stand_in)
    headers = {"Authorization": "Bearer buddy-sandbox-token"}
    async with httpx.AsyncClient(transport=transport, base_url="http://buddy", headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", f"{ACME}/projects", {"display_name": 5}, "Value of 'display_name' has a wrong type."),
        ("POST", f"{ACME}/projects", {"name": "a"}, "Value of 'display_name' cannot be empty."),
        ("PATCH", PAYMENTS, {"name": None}, "Value of 'name' cannot be empty."),
        ("PATCH", PAYMENTS, {"allow_pull_requests": "yes"}, "Value of 'allow_pull_requests' has a wrong type."),
        ("PATCH", f"{PAYMENTS}/pipelines/31", {"disabled": 1}, "Value of 'disabled' has a wrong type."),
        ("PATCH", f"{PAYMENTS}/pipelines/31", {"refs": "main"}, "Value of 'refs' has a wrong type."),
        ("PATCH", f"{PAYMENTS}/pipelines/31", {"clone_depth": True}, "Value of 'clone_depth' has a wrong type."),
        ("POST", f"{PAYMENTS}/pipelines/31/executions", {"to_revision": "HEAD"}, "Value of 'to_revision' has a wrong"),
        ("PATCH", f"{ACME}/variables/1", ["key"], "The body is not an object."),
    ],
)
async def test_wrong_types_are_400(method: str, path: str, body: Any, words: str, buddy: httpx.AsyncClient) -> None:
    answer = await buddy.request(method, path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["message"][: len(words)]) == (400, words)


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "page=x", "since=soon"])
async def test_impossible_bounds_are_400(query: str, buddy: httpx.AsyncClient) -> None:
    assert (await buddy.get(f"{COMMITS}?{query}")).status_code == 400


async def test_new_project_has_an_empty_repository(buddy: httpx.AsyncClient) -> None:
    assert (await buddy.post(f"{ACME}/projects", json={"display_name": "New"})).status_code == 201
    new = f"{ACME}/projects/new"
    assert (await buddy.get(f"{new}/repository/commits")).json()["commits"] == []
    assert (await buddy.get(f"{new}/repository/contents")).json()["contents"] == []
    assert (await buddy.get(f"{new}/repository/branches/main")).json()["commit"] is None
    assert (await buddy.get(f"{new}/repository/commits/main")).status_code == 404
    branch = await buddy.post(f"{new}/repository/branches", json={"name": "a", "commit": {"revision": "main"}})
    assert branch.status_code < 500
    pipeline = (await buddy.post(f"{new}/pipelines", json={"name": "Run"})).json()["id"]
    assert (await buddy.post(f"{new}/pipelines/{pipeline}/executions", json={})).status_code == 400


async def test_addresses_are_as_in_the_samples(buddy: httpx.AsyncClient) -> None:
    listed = (await buddy.get(COMMITS)).json()
    commit = listed["commits"][0]
    revision = commit["revision"]
    assert listed["html_url"] == "https://app.buddy.works/acme/payments-service/repository/commits"
    assert commit["url"] == f"http://buddy{COMMITS}/{revision}"
    assert commit["html_url"] == f"https://app.buddy.works/acme/payments-service/repository/commit/{revision}"
    assert commit["author"]["url"].startswith(f"http://buddy{ACME}/member/")
    assert commit["author"]["html_url"].startswith("https://app.buddy.works/acme/profile/")


@pytest.mark.parametrize("bound", ["2026-11-18T13:14:00Z", "2026-11-18T14:14:00%2B01:00", "2026-11-18T13:14:00.000Z"])
async def test_bounds_are_compared_as_times(bound: str, buddy: httpx.AsyncClient) -> None:
    commits = (await buddy.get(f"{COMMITS}?since={bound}&until={bound}")).json()["commits"]
    assert [commit["commit_date"] for commit in commits] == ["2026-11-18T13:14:00Z"]


async def test_bound_of_the_documents_own_example_is_taken(buddy: httpx.AsyncClient) -> None:
    commits = (await buddy.get(f"{COMMITS}?since=2014-11-6T00:00:00Z&until=2014-11-7T00:00:00Z")).json()["commits"]
    assert commits == []


async def test_execution_goes_on_with_time_and_not_with_looks(stand_in: Clocked, buddy: httpx.AsyncClient) -> None:
    runs = f"{PAYMENTS}/pipelines/32/executions"
    started = (await buddy.post(runs, json={})).json()

    async def status() -> str:
        return str((await buddy.get(f"{runs}/{started['id']}")).json()["status"])

    assert [await status(), await status()] == ["ENQUEUED", "ENQUEUED"]
    stand_in.time += timedelta(seconds=STEP_SECONDS)
    assert [await status(), await status()] == ["INPROGRESS", "INPROGRESS"]
    stand_in.time += timedelta(seconds=STEP_SECONDS)
    assert (await buddy.get(runs)).json()["executions"][0]["status"] == "SUCCESSFUL"
