"""The prompts as skills over MCP, as the extension of 2026-09 (SEP-2640) wants them."""

import re
from hashlib import sha256
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, METHOD_NOT_FOUND, Request, RequestParams, Result, TextResourceContents
from pydantic import ConfigDict
from ruamel.yaml import YAML

from server.catalogue import Catalogue
from server.publish.plugin import PLUGIN
from server.settings import Settings
from tests.conftest import Connect, Era
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
RETRO = "skill://prepare-retro/SKILL.md"


class Given(RequestParams):
    model_config = ConfigDict(extra="allow")


class Whole(Result):
    model_config = ConfigDict(extra="allow")


async def asked(client: Client, method: str, **params: Any) -> dict[str, Any]:
    """What the server answers to a method of an extension."""
    request: Request[Any, Any] = Request(method=method, params=Given.model_validate(params))
    return (await client.session.send_request(request, Whole)).model_dump(by_alias=True)


async def listed(client: Client) -> list[dict[str, Any]]:
    return list((await asked(client, "skills/list"))["skills"])


async def file(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/markdown"
    return content.text


def with_only(vendors: Vendors, *names: str) -> Settings:
    settings = vendors.settings()
    return settings.model_copy(update={"vendors": {name: settings.vendors[name] for name in names}})


async def test_they_are_announced_to_clients_that_know_extensions(connect: Connect, era: Era) -> None:
    async with connect() as client:
        told = client.server_capabilities
        assert told is not None
        extensions = told.extensions or {}
    assert extensions.get("io.modelcontextprotocol/skills") == (None if era == "legacy" else {})


async def test_every_prompt_is_a_skill_whose_file_is_as_its_entry_says(connect: Connect, catalogue: Catalogue) -> None:
    async with connect() as client:
        entries = await listed(client)
        assert [entry["frontmatter"]["name"] for entry in entries] == [prompt.name for prompt in catalogue.prompts]
        for entry in entries:
            name = entry["frontmatter"]["name"]
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
            assert entry["uri"] == f"skill://{name}/SKILL.md"
            text = await file(client, entry["uri"])
            data = text.encode()
            said = {"uri": entry["uri"], "digest": f"sha256:{sha256(data).hexdigest()}", "size": len(data)}
            assert entry["resources"] == [said]
            assert YAML(typ="safe").load(text.split("---\n")[1]) == entry["frontmatter"]
            assert text == (PLUGIN / "skills" / name / "SKILL.md").read_text(encoding="utf-8")


async def test_one_is_given_by_its_address_as_in_the_list(connect: Connect) -> None:
    async with connect() as client:
        (wanted,) = [entry for entry in await listed(client) if entry["uri"] == RETRO]
        assert (await asked(client, "skills/get", uri=RETRO))["skill"] == wanted


async def test_answers_say_how_long_they_hold_and_for_whom(connect: Connect, era: Era) -> None:
    async with connect() as client:
        answers = [await asked(client, "skills/list"), await asked(client, "skills/get", uri=RETRO)]
    for answer in answers:
        assert (answer["ttlMs"], answer["cacheScope"]) == (300_000, "private")
        assert answer.get("resultType") == (None if era == "legacy" else "complete")


@pytest.mark.parametrize("uri", ["skill://chargebacks/SKILL.md", "skill://prepare-retro", "linearb://teams", ""])
async def test_what_is_no_skill_is_refused_with_those_that_there_are(uri: str, connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as refused:
            await asked(client, "skills/get", uri=uri)
        assert refused.value.code == INVALID_PARAMS
        assert f"No skill is served at {uri}" in refused.value.message
        assert RETRO in refused.value.message


async def test_a_file_that_no_skill_has_is_an_unknown_resource(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as refused:
            await client.read_resource("skill://prepare-retro/scripts/run.sh")
        assert refused.value.code == INVALID_PARAMS


async def test_there_are_only_those_whose_tools_there_are(connect: Connect, vendors: Vendors) -> None:
    async with connect(with_only(vendors, "buddy")) as client:
        uris = [entry["uri"] for entry in await listed(client)]
        assert "skill://failed-pipeline/SKILL.md" in uris
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert uris == [f"skill://{name}/SKILL.md" for name in prompts]


async def test_a_server_without_prompts_knows_no_skills(connect: Connect, vendors: Vendors) -> None:
    async with connect(with_only(vendors)) as client:
        with pytest.raises(MCPError) as refused:
            await asked(client, "skills/list")
        assert refused.value.code == METHOD_NOT_FOUND
