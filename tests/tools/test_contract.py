"""The catalogue keeps the contract of names: tools, toolsets, access classes, arguments."""

import pytest

from server.catalogue import Catalogue
from tests.tools.test_requests import CONTRACT

TIERS = ("seed", "core")
# Where the contract leaves a call without what it needs, we add an argument.
ADDED = {
    "buddy_run_pipeline": ["wait"],
    "buddy_update_pipeline": ["fields"],
    "buddy_create_environment": ["fields"],
    "buddy_update_environment": ["fields"],
    "oobeya_get_dora_summary": ["deployments"],
    "teamoclock_list_timeline": ["team", "back_to"],
}
ENDPOINTS = [endpoint for endpoint in CONTRACT if endpoint["tier"] in TIERS]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[endpoint["tool"] for endpoint in ENDPOINTS])
def test_tool_is_as_the_contract_says(endpoint: dict[str, object], catalogue: Catalogue) -> None:
    entry = next((entry for entry in catalogue.tools if entry.name == endpoint["tool"]), None)
    assert entry, "there is no such tool"
    arguments: list[dict[str, object]] = endpoint["arguments"]  # type: ignore[assignment]
    schema = entry.input_schema
    assert (entry.vendor, entry.toolset, entry.access) == (endpoint["vendor"], endpoint["toolset"], endpoint["access"])
    names = [str(argument["name"]) for argument in arguments] + ADDED.get(entry.name, [])
    assert sorted(schema.get("properties", {})) == sorted(names)
    assert sorted(schema.get("required", [])) == sorted(str(a["name"]) for a in arguments if a["required"])
