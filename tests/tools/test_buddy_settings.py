"""Which changes of projects, variables and environments ask a person, since they take something away."""

from typing import Any

import pytest

from tests.client import Asked
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

PAYMENTS = {"project": "payments-service"}


@pytest.mark.parametrize(
    ("tool", "arguments", "shown"),
    [
        (
            "update_variable",
            {"variable_id": "3", "value": "hunter2"},
            "Variable “WEBHOOK_SECRET” (3)\nCannot be undone: the value that the secret WEBHOOK_SECRET has now.",
        ),
        (
            "update_variable",
            {"variable_id": "3", "value": ""},
            "Cannot be undone: the value that the secret WEBHOOK_SECRET has now.",
        ),
        (
            "update_environment",
            {"environment_id": "3a4KbBQl", "fields": {"variables": []}},
            "Environment “Production” (3a4KbBQl)\nCannot be undone: the values of its variables DSN.",
        ),
        (
            "update_environment",
            {"environment_id": "3a4KbBQl", "fields": {"variables": None}},
            "Cannot be undone: the values of its variables DSN.",
        ),
        (
            "update_project",
            {**PAYMENTS, "access": "PUBLIC"},
            "Cannot be undone: its privacy: the project becomes public",
        ),
        ("create_project", {"display_name": "A", "access": "PUBLIC"}, "Cannot be undone: its privacy"),
    ],
)
async def test_person_is_asked_and_nothing_is_sent_where_they_decline(
    tool: str, arguments: dict[str, Any], shown: str, connect: Connect, vendors: Vendors
) -> None:
    user = Asked()
    async with connect(answer=user) as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert result.is_error
    assert shown in user[0]
    assert "hunter2" not in user[0]
    assert {request.method for request in vendors.requests} <= {"GET"}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("update_variable", {"variable_id": "2", "value": "us-east-1"}),
        ("update_variable", {"variable_id": "3", "description": "Of Stripe"}),
        ("update_environment", {"environment_id": "3a4KbBQl", "fields": {"tags": []}}),
        ("update_project", {**PAYMENTS, "access": "PRIVATE"}),
        ("create_project", {"display_name": "A", "access": "PRIVATE"}),
    ],
)
async def test_nobody_is_asked_where_nothing_goes_away(tool: str, arguments: dict[str, Any], connect: Connect) -> None:
    async with connect(answer=None) as client:
        result = await client.call_tool(f"buddy_{tool}", arguments)
    assert not result.is_error, words(result)
