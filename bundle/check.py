"""Unpacks the bundle and starts it as a desktop host does: its command, its variables, nothing of this tree."""

import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import anyio
from mcp import Client, StdioServerParameters

MOST_KILOBYTES = 300
CALL = ("teamoclock_list_action_items", {"team": "platform"})
INHERITED = ("HOME", "PATH", "USER", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "UV_CACHE_DIR", "SSL_CERT_FILE")


def main(file: Path) -> int:
    """Check a packed bundle; the exit status."""
    kilobytes = file.stat().st_size / 1000
    with TemporaryDirectory() as folder:
        with ZipFile(file) as bundle:
            names = bundle.namelist()
            bundle.extractall(folder)
        manifest = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
        for start in ("first", "second"):
            began = time.monotonic()
            tools, answer = anyio.run(_started, manifest, folder)
            print(f"{start} start with tools and an answer: {time.monotonic() - began:.1f} s")
    listed = {tool["name"] for tool in manifest["tools"]}
    faults = [f"{file} has {kilobytes:.0f} kB, more than {MOST_KILOBYTES}"] if kilobytes > MOST_KILOBYTES else []
    faults += [f"listed by one only: {sorted(listed ^ tools)}"] if listed != tools else []
    faults += [f"the call failed: {answer}"] if "id | " not in answer else []
    print("\n".join(faults) or f"{file}: {kilobytes:.0f} kB, {len(names)} files, {len(tools)} tools as in the manifest")
    return len(faults)


async def _started(manifest: dict[str, Any], folder: str) -> tuple[set[str], str]:
    """The tools that the started bundle lists, and what it answers."""
    config = manifest["server"]["mcp_config"]
    fields = manifest["user_config"]
    values = {name: str(field["default"]) for name, field in fields.items() if "default" in field}
    values["drumbeat_sandbox"] = "true"

    def filled(text: str) -> str:
        text = text.replace("${__dirname}", folder)
        for name, value in values.items():
            text = text.replace(f"${{user_config.{name}}}", value)
        return text  # a field that nobody filled in stays as it is, as in a host

    inherited = {name: os.environ[name] for name in os.environ if name in INHERITED or name.startswith("UV_")}
    command = StdioServerParameters(
        command=config["command"],
        args=[filled(word) for word in config["args"]],
        env={**inherited, **{name: filled(value) for name, value in config["env"].items()}},
        cwd=folder,
    )
    async with Client(command) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool(*CALL)
    return tools, "\n".join(block.text for block in result.content if block.type == "text")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
