"""What other processes do to a journal while a test looks on; forked from one that has imported everything."""

import multiprocessing
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp_types import CallToolResult

from server.app import Drumbeat
from server.catalogue import read
from server.changes.bounds import Bounds
from server.changes.journal import Journal, Record
from server.changes.sinks import Files
from server.settings import load
from tests.program import Program

SMALL = Bounds(file_bytes=4000, files=3, lock_seconds=20)
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.attacks.processes",
        "tools.teamoclock.action_items",
        "server.calls",
        "server.http",
        "server.transports.http",
    ]
)


def entry(change_id: str, access: str = "destructive", **facts: Any) -> Record:
    base = {"change_id": change_id, "time": datetime.now(UTC).isoformat(), "tool": "v_t", "vendor": "v", "place": "p"}
    return Record.model_validate({**base, "access": access, "arguments": {}, "caller": "c", **facts})


def change_things(environment: Mapping[str, str]) -> None:
    """Make and delete action items, three at a time, until somebody kills this process."""
    anyio.run(_change_things, environment)


async def _change_things(environment: Mapping[str, str]) -> None:
    catalogue = read()
    server = Drumbeat(load(environment, catalogue.vendors), catalogue, log_level="CRITICAL")
    server.calls.changes.journal = Journal(Files(Path(environment["DRUMBEAT_JOURNAL"]), SMALL))
    async with Program(server, cache=None) as client, anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(_make_and_delete, client)


async def _make_and_delete(client: Client) -> None:
    while True:
        item = await _call(client, "teamoclock_create_action_item", team="platform", text="one\u2028two")
        await _call(client, "teamoclock_delete_action_item", action_item_id=(item.structured_content or {})["id"])


async def _call(client: Client, tool: str, **arguments: str) -> CallToolResult:
    result: CallToolResult = await client.call_tool(tool, arguments)
    assert not result.is_error
    return result


def write_many(directory: Path, name: str, number: int) -> None:
    """Journal so many deletions, each among larger writes."""
    journal = Journal(Files(directory, SMALL))
    for n in range(number):
        journal.begin(entry(f"{name}{n}", before={"name": f"{name}\u0085{n}"}), durably=False)
        journal.begin(entry(f"{name}{n} large", "write", before="x" * 1500), durably=False)
        journal.end(f"{name}{n}", "done")


def claim_all(directory: Path, start: Any, taken: Any) -> None:
    """Claim the undo of thirty changes, beginning when the others do, and report those that were to be had."""
    journal = Journal(Files(directory, SMALL))
    start.wait(30)
    taken.put([change for change in map(str, range(30)) if journal.claim(change)])


def hold_the_lock(directory: Path, held: Any) -> None:
    """Take the journal's lock, say so, and never let go."""
    with Files(directory).locked():
        held.set()
        multiprocessing.Event().wait()


def fill_up(directory: Path, most: int) -> None:
    """Journal on a disk on which a file can have `most` bytes, until that fails as it should."""
    import resource

    from server.errors import JournalError

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    journal = Journal(Files(directory))
    try:
        for n in range(1000):
            journal.begin(entry(str(n), before="x" * 500), durably=True)
    except JournalError:
        (directory / "failed at").write_text(str(n))
