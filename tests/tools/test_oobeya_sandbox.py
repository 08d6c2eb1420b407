"""Oobeya's stand-in is as strict as the document, and as a PUT is meant."""

from typing import Any

import httpx
import pytest

from tests.client import NO_AUTHORITIES
from tests.vendors import Vendors
from tools.oobeya.sandbox.world import API_KEY

JOE = {"id": "user-2", "name": "Joe", "surname": "Doe", "username": "joe.doe"}


def send(vendors: Vendors, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Oobeya-API-Key": API_KEY}
    return httpx.request(
        method, f"{vendors.url}/oobeya/apis/v1{path}", json=body, headers=headers, verify=NO_AUTHORITIES
    )


def test_put_empties_what_it_leaves_out(vendors: Vendors) -> None:
    user = send(vendors, "PUT", "/users", JOE).json()["payload"]
    assert {name: user[name] for name in ("surname", "email", "roles", "hireDate")} == {
        "surname": "Doe",
        "email": None,
        "roles": None,
        "hireDate": None,
    }
    member = send(vendors, "PUT", "/members", {"id": "member-2", "name": "Joe"}).json()["payload"]
    assert (member["companyRole"], member["teams"]) == (None, [])
    level = send(vendors, "PUT", "/organization-level/level-2", {"name": "Squad"}).json()["payload"]
    assert (level["name"], level["level"], level["leadRoles"]) == ("Squad", None, None)


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("/organization-level", {"name": "Division", "level": 2}, "leadRoles"),
        ("/users", {"name": "Josh", "surname": "Long", "username": "josh.long"}, "email"),
        ("/test/external/execution", {"executionId": "e", "status": "PASS", "executionTime": 1}, "executionStartDate"),
    ],
)
def test_create_needs_what_the_documents_example_names(
    path: str, body: dict[str, Any], missing: str, vendors: Vendors
) -> None:
    answer = send(vendors, "POST", path, body)
    assert (answer.status_code, answer.json()["message"]) == (400, f"{missing} must not be blank")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=1793491200", "from must be a timestamp in milliseconds"),
        ("to=20261120", "to must be a timestamp in milliseconds"),
        ("from=2026-11-20", "from must be a number"),
        ("from=1795219199999&to=1793491200000", "from must not be after to"),
    ],
)
def test_wrong_units_and_reversed_bounds_of_dora_are_refused(query: str, said: str, vendors: Vendors) -> None:
    answer = send(vendors, "GET", f"/analysis/dora-summary-metrics?widgets=DORA_METRICS_SUMMARY&{query}")
    assert (answer.status_code, answer.json()["message"]) == (400, said)
