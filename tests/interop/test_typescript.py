"""The TypeScript SDK's clients of both lines, over stdio and HTTP."""

import pytest

from tests.interop.conftest import HERE, NODE, STDIO, Run, loaded

CLIENTS = [("v1", "legacy"), ("v2", "legacy"), ("v2", "modern")]


@pytest.mark.parametrize("over", ["stdio", "http"])
@pytest.mark.parametrize(("sdk", "mode"), CLIENTS)
def test_a_client_lists_reads_errs_and_asks(sdk: str, mode: str, over: str, run: Run, url: str) -> None:
    target = STDIO if over == "stdio" else [url]
    seen = loaded(run(NODE, HERE / "client.mjs", sdk, mode, *target))
    assert seen["server"] == "drumbeat"
    assert "drumbeat_find_tools" in seen["instructions"]
    assert (seen["protocol"] == "2026-07-28") is (mode == "modern")
    assert {"drumbeat_read", "drumbeat_act", "insights_get_retro_brief"} <= set(seen["tools"])
    assert "prepare-retro" in seen["prompts"]
    assert seen["templates"] > 20
    assert seen["read"]["text"]
    assert "Platform" in seen["answered"]["text"]
    assert seen["mistaken"]["error"]
    assert "no argument 'team'" in seen["mistaken"]["text"]
    assert seen["declined"]["error"]
    assert "did not agree" in seen["declined"]["text"]
    assert not seen["accepted"]["error"]
    assert len(seen["questions"]) == 2
