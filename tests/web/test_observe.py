"""What an operator sees of calls: who, which tool, how it went; and nothing of what was said."""

import json
import logging
import re
from pathlib import Path

import pytest
from mcp import MCPError

from server.web.observe import JsonLines, Words, log_to_stderr
from tests.conftest import Era, decline
from tests.web.conftest import OpenSite, hashed

pytestmark = pytest.mark.anyio
ALICE = {"Authorization": "Bearer alice-token"}
TEAM = Path(__file__).parents[2] / "docs" / "team.md"
RETRO = "r204c36ysi7z01"


async def test_calls_are_counted_and_logged_by_tool_and_outcome_and_nothing_of_them_is(
    site: OpenSite, era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tokens = f"alice:destructive:{hashed('alice-token')}"
    with site(DRUMBEAT_TOKENS=tokens, DRUMBEAT_METRICS="1") as here:
        async with here.client(era, ALICE, decline) as client:
            await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"})
            await client.call_tool("drumbeat_read", {"tool": "linearb_get_team", "arguments": {"team": "secret-name"}})
            await client.call_tool(
                "drumbeat_act", {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": RETRO}}
            )
            await client.call_tool("secret-tool", {})
        page = (await here.get("/metrics")).text
    assert 'drumbeat_calls_total{outcome="done",tool="teamoclock_list_teams"} 1.0' in page
    assert 'drumbeat_calls_total{outcome="failed",tool="teamoclock_delete_retro"} 1.0' in page
    assert 'drumbeat_calls_total{outcome="failed",tool="unknown"}' in page
    lines = [record for record in caplog.records if record.name == "drumbeat.calls"]
    written = [form.format(record) for record in lines for form in (JsonLines(), Words("%(message)s"))]
    assert json.loads(written[0])["caller"] == "token alice"
    assert "tool=teamoclock_list_teams outcome=done" in written[1]
    for secret in ("secret-", "alice-token", RETRO):
        assert secret not in page + "".join(written)


async def test_the_log_has_a_line_for_a_resource_and_nothing_of_it(
    site: OpenSite, era: Era, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sdk = logging.getLogger("mcp")
    for logger, name, value in ((logging.root, "handlers", []), (logging.root, "level", 0), (sdk, "level", 0)):
        monkeypatch.setattr(logger, name, value)
    tokens = f"alice:read:{hashed('alice-token')}"
    with site(DRUMBEAT_TOKENS=tokens, DRUMBEAT_METRICS="1") as here:
        capsys.readouterr()
        log_to_stderr("json")
        async with here.client(era, ALICE) as client:
            assert (await client.read_resource("buddy://projects")).contents
            for missing in ("buddy://projects/secret-project/pipelines", "secret://thing"):
                with pytest.raises(MCPError):
                    await client.read_resource(missing)
        page = (await here.get("/metrics")).text
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    calls = [(line["tool"], line["outcome"]) for line in lines if line["logger"] == "drumbeat.calls"]
    assert calls == [("resources/read", "done"), ("resources/read", "failed"), ("resources/read", "failed")]
    assert 'drumbeat_calls_total{outcome="failed",tool="resources/read"} 2.0' in page
    for told in ("secret", "ession ID", "alice-token"):
        assert told not in page + written


async def test_numbers_are_served_where_the_operator_wants_them_under_the_names_in_the_document(site: OpenSite) -> None:
    with site() as here:
        assert (await here.get("/metrics")).status_code == 404
    with site(DRUMBEAT_METRICS="1") as here:
        page = (await here.get("/metrics")).text
    served = set(re.findall(r"^# TYPE (\w+)", page, re.MULTILINE))
    assert served == set(re.findall(r"`(drumbeat_(?:call|request)\w+)`", TEAM.read_text(encoding="utf-8")))
