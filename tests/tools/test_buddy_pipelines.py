from typing import Any

import pytest
from starlette.responses import JSONResponse

from server.settings import Settings
from tests.client import Asked, call, done, undone
from tests.conftest import Connect, agree, text
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

PAYMENTS = {"project": "payments-service"}
DEPLOY = {**PAYMENTS, "pipeline_id": "31"}
URL = "https://payments.acme.example"


def sent(vendors: Vendors, method: str) -> list[Any]:
    return [request.body for request in vendors.requests if request.method == method]


async def test_null_empties_a_setting_and_undo_fills_it_again(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await done(client, "buddy_update_pipeline", **DEPLOY, fields={"target_site_url": URL})
        emptied = await done(client, "buddy_update_pipeline", **DEPLOY, fields={"target_site_url": None})
        await undone(client)
        now = await done(client, "buddy_get_pipeline", **DEPLOY)
    assert "target_site_url" not in emptied
    assert now["target_site_url"] == URL
    assert sent(vendors, "PATCH") == [{"target_site_url": value} for value in (URL, None, URL)]


async def test_undo_empties_what_was_empty(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        await done(client, "buddy_update_pipeline", **DEPLOY, fields={"target_site_url": URL})
        await undone(client)
    assert sent(vendors, "PATCH")[-1] == {"target_site_url": None}


async def test_undo_neither_writes_masks_nor_guesses(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    variables = [{"key": "KUBE_TOKEN", "value": "new", "encrypted": True}]
    fields = {"name": "Ship", "variables": variables, "clone_depth": 3}
    async with connect(settings) as client:
        await done(client, "buddy_update_pipeline", **DEPLOY, fields=fields)
        result = await undone(client)
    assert sent(vendors, "PATCH") == [fields, {"name": "Deploy to production"}]
    kept = "not variables, clone_depth, since Buddy does not tell what was there"
    assert kept in str(result)


@pytest.mark.parametrize("fields", [None, {}])
async def test_empty_update_is_refused(
    fields: dict[str, Any] | None, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        result = await call(client, "buddy_update_pipeline", **DEPLOY, **({} if fields is None else {"fields": fields}))
    assert "Nothing was sent" in text(result)
    assert sent(vendors, "PATCH") == []


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"disabled": True}, "the executions that it would start while it is disabled"),
        ({"variables": []}, "the secrets in variables"),
        ({"disabled": False, "name": "Ship"}, None),
    ],
)
@pytest.mark.era("auto", "legacy")
async def test_update_that_takes_something_away_is_asked_for(
    fields: dict[str, Any], lost: str | None, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        result = await call(client, "buddy_update_pipeline", **DEPLOY, fields=fields)
    assert result.is_error == (lost is not None)
    assert sent(vendors, "PATCH") == ([] if lost else [fields])
    assert len(asked) == (1 if lost else 0)
    assert lost is None or f"Cannot be undone: {lost}." in asked[0]


async def test_made_pipeline_is_taken_back(connect: Connect, settings: Settings) -> None:
    asked = Asked(agree)
    async with connect(settings, answer=asked) as client:
        made = await done(client, "buddy_create_pipeline", **PAYMENTS, name="Nightly")
        await undone(client)
        listed = await done(client, "buddy_list_pipelines", **PAYMENTS)
    assert f"Pipeline “Nightly” ({made['id']}) of project payments-service" in asked[-1]
    assert "Nightly" not in [row["name"] for row in listed["items"]]


async def test_pipeline_without_a_name_is_not_made(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        assert "'name' is required" in text(await call(client, "buddy_create_pipeline", **PAYMENTS))
    assert vendors.requests == []


async def test_pipeline_is_known_by_its_name(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        found = await done(client, "buddy_get_pipeline", **PAYMENTS, pipeline_id="deploy to Production")
        unknown = await call(client, "buddy_list_executions", **PAYMENTS, pipeline_id="Deploy to staging")
    assert found["id"] == 31
    assert unknown.is_error
    assert "buddy_list_pipelines" in text(unknown)
    assert "Deploy to production" in text(unknown)


async def test_another_pipeline_than_the_one_asked_for_is_left_alone(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"id": 32, "name": "Tests"})
    async with connect(settings) as client:
        for tool, more in (
            ("delete_pipeline", {}),
            ("update_pipeline", {"fields": {"name": "A"}}),
            ("run_pipeline", {}),
        ):
            result = await call(client, f"buddy_{tool}", **DEPLOY, **more)
            assert "pipeline 32 instead of 31" in text(result)
    assert {request.method for request in vendors.requests} == {"GET"}


@pytest.mark.parametrize("arguments", [{"page": 0}, {"per_page": 0}, {"per_page": 101}])
async def test_pages_have_bounds(
    arguments: dict[str, int], connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        assert (await call(client, "buddy_list_pipelines", **PAYMENTS, **arguments)).is_error
    assert vendors.requests == []


@pytest.mark.parametrize("fields", [{"disabled": "yes"}, {"refs": "main"}, {"priority": "URGENT"}, {"name": None}])
async def test_stand_in_refuses_wrong_types(fields: dict[str, Any], connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        result = await call(client, "buddy_update_pipeline", **DEPLOY, fields=fields)
    assert f"400: Value of '{next(iter(fields))}'" in text(result)
