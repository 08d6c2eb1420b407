"""Buddy's stand-in is as strict as its document about projects, variables, environments, pages and addresses."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.vendors import TODAY
from tools.buddy.sandbox import BuddySandbox

pytestmark = pytest.mark.anyio

ACME = "/workspaces/acme"
PAYMENTS = f"{ACME}/projects/payments-service"
COMMITS = f"{PAYMENTS}/repository/commits"


@pytest.fixture
async def buddy() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=BuddySandbox(TODAY))
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
        ("PATCH", f"{ACME}/variables/1", ["key"], "The body is not an object."),
    ],
)
async def test_wrong_types_are_400(method: str, path: str, body: Any, words: str, buddy: httpx.AsyncClient) -> None:
    answer = await buddy.request(method, path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["message"][: len(words)]) == (400, words)


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "page=x", "since=soon"])
async def test_impossible_bounds_are_400(query: str, buddy: httpx.AsyncClient) -> None:
    assert (await buddy.get(f"{COMMITS}?{query}")).status_code == 400


async def test_addresses_are_as_in_the_samples(buddy: httpx.AsyncClient) -> None:
    listed = (await buddy.get(COMMITS)).json()
    commit = listed["commits"][0]
    revision = commit["revision"]
    assert listed["html_url"] == "https://app.buddy.works/acme/payments-service/repository/commits"
    assert commit["url"] == f"http://buddy{COMMITS}/{revision}"
    assert commit["html_url"] == f"https://app.buddy.works/acme/payments-service/repository/commit/{revision}"
    assert commit["author"]["url"].startswith(f"http://buddy{ACME}/member/")
    assert commit["author"]["html_url"].startswith("https://app.buddy.works/acme/profile/")


@pytest.mark.parametrize("name", [None, "mobile-app"])
async def test_refused_renaming_leaves_every_project_as_it_was(name: str | None, buddy: httpx.AsyncClient) -> None:
    before = (await buddy.get(f"{ACME}/projects")).json()
    assert (await buddy.patch(PAYMENTS, json={"name": name})).status_code == 400
    assert (await buddy.get(f"{ACME}/projects")).json() == before


async def test_id_of_a_new_environment_is_nobody_elses(buddy: httpx.AsyncClient) -> None:
    async def made(name: str) -> str:
        answer = await buddy.post(f"{ACME}/environments", json={"name": name, "identifier": name})
        return str(answer.json()["id"])

    first, second = await made("one"), await made("two")
    await buddy.delete(f"{ACME}/environments/{first}")
    assert await made("three") not in (first, second)
