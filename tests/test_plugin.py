"""The plugin for Claude Code and Gemini CLI, and the entries for the MCP registry and for Docker's catalogue."""

import base64
import json
import re
import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from server.catalogue import Catalogue
from server.cli.parser import parser
from server.publish import docker
from server.publish.plugin import PLUGIN, REGISTRY_NAME, files

ROOT = Path(__file__).parents[1]


def read(file: str) -> Any:
    return json.loads((ROOT / file).read_text(encoding="utf-8"))


def test_the_files_are_what_the_code_declares_and_there_are_no_others(catalogue: Catalogue) -> None:
    made = files(catalogue)
    assert [str(file) for file, text in made.items() if file.read_text(encoding="utf-8") != text] == []
    assert {file for file in PLUGIN.rglob("*") if file.is_file()} <= {*made, PLUGIN / "README.md"}


def test_keys_are_asked_for_as_secrets_and_reach_the_server(catalogue: Catalogue) -> None:
    fields = read("plugin/.claude-plugin/plugin.json")["userConfig"]
    env = read("plugin/.mcp.json")["mcpServers"]["drumbeat"]["env"]
    gemini = {one["envVar"]: one["sensitive"] for one in read("plugin/gemini-extension.json")["settings"]}
    for vendor in catalogue.vendors:
        for variable in vendor.variables:
            assert fields[variable.name.lower()].get("sensitive", False) == variable.secret == gemini[variable.name]
            assert env[variable.name] == f"${{user_config.{variable.name.lower()}}}"


def test_a_skill_has_what_its_prompt_says_and_asks_for_what_it_needs(catalogue: Catalogue) -> None:
    for prompt in catalogue.prompts:
        text = (PLUGIN / "skills" / prompt.name / "SKILL.md").read_text(encoding="utf-8")
        assert text.startswith(f"---\nname: {prompt.name}\ndescription: ")
        assert re.search(r"{\w+}", text) is None
        assert all(f"- <{argument.name}>: " in text for argument in prompt.arguments)


def test_the_registry_s_entry_keeps_to_its_schema() -> None:
    """By hand: the required fields, lengths and patterns of the schema of 2025-12-11."""
    entry = read("server.json")
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert 1 <= len(entry["description"]) <= 100
    assert f"<!-- mcp-name: {REGISTRY_NAME} -->" in (ROOT / "README.md").read_text(encoding="utf-8")
    (package,) = entry["packages"]
    assert {"registryType", "identifier", "transport"} <= set(package)
    assert package["version"] == entry["version"]
    assert all(isinstance(one.get("default", ""), str) for one in package["environmentVariables"])


def test_the_source_is_said_to_be_at_one_address() -> None:
    owner = REGISTRY_NAME.removeprefix("io.github.")
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert {url.partition(f"https://github.com/{owner}")[1] for url in urls.values()} == {f"https://github.com/{owner}"}
    entry = YAML(typ="safe").load((docker.FOLDER / "server.yaml").read_text(encoding="utf-8"))
    assert entry["source"]["project"] == urls["Homepage"]


def test_docker_s_entry_is_what_the_code_declares_and_there_is_nothing_beside_it(catalogue: Catalogue) -> None:
    made = docker.files(catalogue)
    assert [str(file) for file, text in made.items() if file.read_text(encoding="utf-8") != text] == []
    assert {*docker.FOLDER.iterdir()} == {*made}


def test_docker_s_entry_passes_the_catalogue_s_own_rules(catalogue: Catalogue) -> None:
    """By hand: what `cmd/validate` of the catalogue refuses; its prettier leaves the file as it is (2026-11-24)."""
    entry = YAML(typ="safe").load((docker.FOLDER / "server.yaml").read_text(encoding="utf-8"))
    assert re.fullmatch(r"[a-z0-9-]+", entry["name"])
    assert not re.search("MCP|Server", entry["about"]["title"])
    assert re.fullmatch(r"[0-9a-f]{40}", entry["source"]["commit"])
    config = entry["config"]
    assert config["description"]
    assert all(re.fullmatch(r"[\w-]+\.[\w.-]+", secret["name"]) for secret in config["secrets"])
    named = {one["value"] for one in config["env"]}
    assert named == {f"{{{{{entry['name']}.{name}}}}}" for name in config["parameters"]["properties"]}
    assert (ROOT / entry["source"]["dockerfile"]).is_file()
    assert parser().parse_args(entry["run"]["command"]).transport == "stdio"
    tools = json.loads((docker.FOLDER / "tools.json").read_text(encoding="utf-8"))
    assert [tool["name"] for tool in tools] == [entry.name for entry in catalogue.tools if entry.everyday]
    assert all("desc" in argument for tool in tools for argument in tool["arguments"])


def test_docker_keeps_every_key_as_a_secret_and_hands_it_to_the_server(catalogue: Catalogue) -> None:
    config = docker.entry(catalogue)["config"]
    secrets, plain = ({one[name] for one in config[kind]} for kind, name in (("secrets", "env"), ("env", "name")))
    variables = [variable for vendor in catalogue.vendors for variable in vendor.variables]
    assert secrets == {variable.name for variable in variables if variable.secret}
    assert {variable.name for variable in variables if not variable.secret} <= plain


@pytest.mark.parametrize(
    "button", ["https://cursor.com/en/install-mcp?", "https://insiders.vscode.dev/redirect/mcp/install?"]
)
def test_a_button_in_the_readme_installs_the_command(button: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    query = dict(urllib.parse.parse_qsl(text.split(button, 1)[1].split(")", 1)[0]))
    config = query["config"] if "vscode" in button else base64.b64decode(query["config"]).decode()
    assert (query["name"], json.loads(config)["command"]) == ("drumbeat", "drumbeat")
