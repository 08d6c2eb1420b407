"""The contract of names is kept: tools, toolsets, access classes, and where every argument goes."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from server.catalogue import Catalogue
from tests.tools.requests import Row
from tests.tools.test_requests import CONTRACT, ROWS

TIERS = ("seed", "core")
# Where the contract leaves a call without what it needs, we add an argument.
ADDED = {
    "buddy_list_executions": ["status"],
    "buddy_run_pipeline": ["wait", "environment", "package_version", "actions_to_run"],
    "buddy_update_pipeline": ["fields"],
    "linearb_search_incidents": ["fields"],
    "oobeya_get_dora_summary": ["deployments"],
    "oobeya_get_system_logs": ["lines"],
    "oobeya_list_deployments": ["fields"],
    "teamoclock_get_timeline_record": ["team", "type"],
    "teamoclock_list_action_items": ["limit"],
    "teamoclock_list_timeline": ["team", "back_to"],
}
ENDPOINTS = [endpoint for endpoint in CONTRACT if endpoint["tier"] in TIERS]
BY_TOOL = {endpoint["tool"]: endpoint for endpoint in CONTRACT}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[endpoint["tool"] for endpoint in ENDPOINTS])
def test_tool_is_as_the_contract_says(endpoint: dict[str, Any], catalogue: Catalogue) -> None:
    entry = next((entry for entry in catalogue.tools if entry.name == endpoint["tool"]), None)
    assert entry, "there is no such tool"
    arguments = endpoint["arguments"]
    schema = entry.input_schema
    assert (entry.vendor, entry.toolset, entry.access) == (endpoint["vendor"], endpoint["toolset"], endpoint["access"])
    names = [argument["name"] for argument in arguments] + ADDED.get(entry.name, [])
    assert sorted(schema.get("properties", {})) == sorted(names)
    assert sorted(schema.get("required", [])) == sorted(a["name"] for a in arguments if a["required"])


def in_body(body: Any, field: str) -> bool:
    """Whether a body has `field`, written as the contract does: `data.team.slug`, `data[].username`, `[].name`."""
    for part in re.findall(r"\[\]|[^.\[\]]+", field):
        if part == "[]":
            if not isinstance(body, list):
                return False
            body = body[0] if body else None
        elif not isinstance(body, dict) or part not in body:
            return False
        else:
            body = body[part]
    return True


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.tool}-{number}" for number, row in enumerate(ROWS)])
def test_what_a_row_sends_stands_where_the_contract_says(row: Row) -> None:
    endpoint = BY_TOOL[row.tool]
    method, _, target = row.request.partition(" ")
    sent = urlsplit(target)
    # Only a file's path goes over several segments.
    pattern = re.sub(r"\{.*?\}", "([^/]+)", endpoint["path"].replace("{path}", "(.+)"))
    path = re.fullmatch(pattern, sent.path)
    assert (method, bool(path)) == (endpoint["method"], True), f"{endpoint['method']} {endpoint['path']}"
    assert path
    fields = re.findall(r"\{(.*?)\}", endpoint["path"])
    in_path = {field: unquote(value) for field, value in zip(fields, path.groups(), strict=True)}
    query = parse_qs(sent.query, keep_blank_values=True)
    places: dict[str, Callable[[str], bool]] = {
        "path": lambda field: field in in_path,
        "query": lambda field: field in query,
        "body": lambda field: in_body(row.body, field),
    }
    arguments = {argument["name"]: argument for argument in endpoint["arguments"]}
    for name in set(row.arguments) - set(ADDED.get(row.tool, [])):
        assert places[arguments[name]["in"]](arguments[name]["field"]), f"{name} is not in its place"
