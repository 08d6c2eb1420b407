"""Agent libraries with scripted models: what such a model is offered and reads."""

import json

import pytest

from tests.interop.conftest import CACHE, HERE, STDIO, Run, loaded

PYTHON = CACHE / "agents" / "bin" / "python"
DELETION = {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": "r204c36ysi7z01"}}
SCRIPT = [
    {"tool": "drumbeat_read", "arguments": {"tool": "linearb_list_teams"}},
    {"tool": "drumbeat_read", "arguments": {"tool": "linearb_list_teams", "arguments": {"team": "x"}}},
    {"tool": "drumbeat_act", "arguments": DELETION},
]


@pytest.mark.parametrize("over", ["stdio", "http"])
@pytest.mark.parametrize("library", ["pydantic_agent.py", "openai_agent.py"])
def test_an_agent_reads_errs_and_cannot_delete(library: str, over: str, run: Run, url: str) -> None:
    target = STDIO if over == "stdio" else [url]
    seen = loaded(run(PYTHON, HERE / "libraries" / library, *target, SCRIPT=json.dumps(SCRIPT)))
    assert seen["output"] == "Done"
    assert {"drumbeat_find_tools", "drumbeat_read", "drumbeat_act"} <= set(seen["tools"])
    answered, mistaken, refused = seen["answers"]
    assert "Platform" in answered
    assert "no argument 'team'" in mistaken
    assert "cannot ask" in refused
