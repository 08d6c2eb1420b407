"""The Inspector's command line, as clients of both eras."""

from typing import Any

import pytest

from tests.interop.conftest import BIN, ROOT, STDIO, Run, loaded

pytestmark = pytest.mark.parametrize("mode", ["legacy", "modern"])


def inspect(run: Run, mode: str, *arguments: str, **more: str) -> Any:
    # It hands down no environment by itself.
    given = {"PYTHONPATH": str(ROOT), **more}
    own = [part for name, value in given.items() for part in ("-e", f"{name}={value}")]
    command = (BIN / "mcp-inspector", "--cli", *STDIO, *own, "--protocol-era", mode, "--format", "json", "--quiet")
    return loaded(run(*command, *arguments))["result"]


@pytest.mark.parametrize("toolsets", ["default", "all"])
def test_every_schema_passes_the_strict_check(mode: str, toolsets: str, run: Run) -> None:
    listed = inspect(run, mode, "--method", "tools/list", "--strict", DRUMBEAT_TOOLSETS=toolsets)["tools"]
    assert len(listed) > (100 if toolsets == "all" else 10)


def test_a_tool_answers(mode: str, run: Run) -> None:
    given = ("--tool-name", "drumbeat_read", "--tool-args-json", '{"tool": "linearb_list_teams"}')
    result = inspect(run, mode, "--method", "tools/call", *given)
    assert "Platform" in result["content"][0]["text"]
    assert not result["isError"]


def test_a_resource_is_read(mode: str, run: Run) -> None:
    listed = inspect(run, mode, "--method", "resources/list")["resources"]
    assert "linearb://teams" in [resource["uri"] for resource in listed]
    read = inspect(run, mode, "--method", "resources/read", "--uri", "linearb://teams")
    assert "Platform" in read["contents"][0]["text"]


def test_a_prompt_is_filled_in(mode: str, run: Run) -> None:
    given = ("--prompt-name", "prepare-retro", "--prompt-args", "team=Platform")
    result = inspect(run, mode, "--method", "prompts/get", *given)
    assert "Platform" in result["messages"][0]["content"]["text"]
