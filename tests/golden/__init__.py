"""Golden answers: what an assistant reads of one typical call of each tool, one file a tool.

The stand-ins are filled up to a fixed day and their clock stands still. What differs from run to run all
the same is written as `<now>`, `<change_id>`, `<result_id>`, `<ms>`
or `<server>`.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mcp_types import CallToolResult

from server.app import Drumbeat
from server.changes.asking import Person
from tests.conftest import agree, text
from tests.insights.typical import CALLS as INSIGHTS
from tests.program import Program
from tests.tools.test_requests import ROWS
from tests.vendors import TODAY, Vendors

FOLDER = Path(__file__).parent
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
# An answer leaves out seconds that are zero.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
NEW = ("teamoclock_create_action_item", {"team": "platform", "text": "Alert on failed deployments"})
CHANGE = ("teamoclock_update_action_item", {"action_item_id": "A135", "text": "Alert within five minutes"})
FILE = "repositories.csv"
# Where a tool has no row among the requests.
TYPICAL: dict[str, dict[str, Any]] = {
    "oobeya_import_analysis_file": {"file": FILE},
    "drumbeat_find_tools": {"query": "close an incident"},
    "drumbeat_read": {"tool": "teamoclock_list_teams"},
    "drumbeat_act": {"tool": NEW[0], "arguments": NEW[1]},
    "drumbeat_check_connections": {},
    "drumbeat_list_changes": {},
    "drumbeat_undo_change": {},
    "drumbeat_get_result": {},
    **INSIGHTS,
}


async def golden(tool: str, vendors: Vendors, folder: Path) -> str:
    """The file of `tool`: its call, the text and the structure of its answer. `folder` is for what the call needs."""
    (folder / FILE).write_text("repository,branch\n", encoding="utf-8")
    vendors.reset(str(folder / "journal"))
    small = {"DRUMBEAT_RESULT_TOKENS": "300"} if tool == "drumbeat_get_result" else {}
    settings = vendors.settings(DRUMBEAT_TOOLSETS=f"default,{tool}", DRUMBEAT_IMPORT_DIR=str(folder), **small)
    arguments = TYPICAL[tool] if tool in TYPICAL else next(row.arguments for row in ROWS if row.tool == tool)
    vendors.clock = lambda: NOON
    connections, quick = vendors.connections(settings), Person(fastest=0)
    server = Drumbeat(settings, vendors.catalogue, person=quick, connections=connections, log_level="ERROR")
    async with Program(server, cache=None, elicitation_callback=agree) as client:
        client.session.validate_tool_result = vendors.promised.check  # type: ignore[method-assign]
        if tool in ("drumbeat_list_changes", "drumbeat_undo_change"):
            await client.call_tool(*CHANGE)
        if tool == "drumbeat_undo_change":
            listed = await client.call_tool("drumbeat_list_changes", {})
            arguments = {"change_id": (listed.structured_content or {})["items"][0]["change_id"]}
        if tool == "drumbeat_get_result":
            cut = text(await client.call_tool("teamoclock_list_members", {}))
            arguments = {"result_id": re.findall(r'"result_id":"(\w+)"', cut)[0], "offset": 5}
        result = await client.call_tool(tool, arguments)
    return _steady(_file(tool, arguments, result), vendors.url)


def _file(tool: str, arguments: dict[str, Any], result: CallToolResult) -> str:
    structure = json.dumps(result.structured_content, indent=2, ensure_ascii=False)
    outcome = "error" if result.is_error else "text"
    call = f"{tool} {json.dumps(arguments, ensure_ascii=False)}"
    return f"{call}\n\n--- {outcome}\n{text(result)}\n\n--- structure\n{structure}\n"


def _steady(content: str, url: str) -> str:
    content = content.replace(url, "<server>")
    content = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{12}\b", "<change_id>", content)
    content = re.sub(r'(result_id\\?"?[:=] ?\\?"?|drumbeat://results?/)[0-9a-f]{16}', r"\1<result_id>", content)
    content = re.sub(r'("milliseconds": )\d+', r'\1"<ms>"', content)
    content = re.sub(r"(?m)^(\w+\|.*\|)\d+$", r"\1<ms>", content) if "milliseconds" in content else content
    return MOMENT.sub(lambda found: "<now>" if _is_now(found[0]) else found[0], content)


def _is_now(moment: str) -> bool:
    said = datetime.fromisoformat(moment)
    return abs((said if said.tzinfo else said.replace(tzinfo=UTC)) - datetime.now(UTC)) < timedelta(minutes=5)
