"""LinearB's objects by what people call them: teams, repositories, services, contributors."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from tests.client import once
from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

MEASURED = {"requested_metrics": ["pr.new"], "time_ranges": [{"after": "2026-11-01", "before": "2026-11-20"}]}


@pytest.mark.parametrize(
    ("argument", "given", "sent"),
    [
        ("team_ids", ["platform", 103], [101, 103]),
        ("repository_ids", ["Infra", "9001"], [9002, 9001]),
        ("service_ids", ["mobile-app"], [504]),
        ("contributor_ids", ["Ines Silva", "joe.doe@acme.example", 236266201], [236266210, 236266202, 236266201]),
    ],
)
@pytest.mark.parametrize("tool", ["linearb_get_measurements", "linearb_export_measurements"])
async def test_names_and_ids_are_sent_as_ids(
    tool: str, argument: str, given: list[Any], sent: list[int], connect: Connect, vendors: Vendors
) -> None:
    result = await once(connect, tool, **{**MEASURED, argument: given})
    assert not result.is_error, text(result)
    bodies = [request.body for request in vendors.requests if request.method == "POST"]
    assert [body[argument] for body in bodies] == [sent]


@pytest.mark.parametrize(
    ("argument", "given", "said"),
    [
        ("team_ids", "Platfrom", "there is no team 'Platfrom'. linearb_list_teams shows which there are: Platform"),
        ("team_ids", "999", "there is no team '999'"),
        ("repository_ids", "infrastructure", "there is no repository 'infrastructure'"),
        ("contributor_ids", "Mona", "there is no contributor 'Mona'"),
    ],
)
async def test_unknown_name_is_refused_with_the_nearest(
    argument: str, given: str, said: str, connect: Connect, vendors: Vendors
) -> None:
    result = await once(connect, "linearb_get_measurements", **{**MEASURED, argument: [given]})
    assert result.is_error
    assert said in text(result)
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_user_without_a_contributor_is_refused(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"total": 1, "items": [{"id": 1, "name": "Bo", "email": "bo@acme.example"}]})
    result = await once(connect, "linearb_get_measurements", **MEASURED, contributor_ids=["Bo"])
    assert "LinearB has no contributor connected to bo@acme.example" in text(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "target"),
    [
        ("linearb_list_team_members", {"team_id": "Mobile"}, "/api/v2/teams/103/members"),
        ("linearb_get_service", {"service_id": "infra"}, "/api/v1/services/502"),
        ("linearb_list_services", {"repository_id": "infra"}, "/api/v1/services/?repository_id=9002"),
        ("linearb_list_deployments", {"repository_id": "infra"}, "/api/v1/deployments?repository_id=9002"),
    ],
)
async def test_object_is_found_by_name(
    tool: str, arguments: dict[str, Any], target: str, connect: Connect, vendors: Vendors
) -> None:
    result = await once(connect, tool, **arguments)
    assert not result.is_error, text(result)
    assert vendors.requests[-1].target == target


async def test_incidents_are_searched_by_the_exact_name_of_what_was_meant(connect: Connect, vendors: Vendors) -> None:
    await once(connect, "linearb_search_incidents", teams=["PAYMENTS"], services=["Infra"])
    assert vendors.requests[-1].body == {"teams": ["Payments"], "services": ["infra"]}
