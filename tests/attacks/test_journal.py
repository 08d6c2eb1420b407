"""The journal survives what is done to it: kills, full disks, stopped processes, dirt; and still tells the truth."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from starlette.types import Receive, Scope, Send

from server.changes.bounds import Bounds
from server.changes.journal import Journal, Record
from server.changes.sinks import Files
from server.errors import JournalError
from tests.attacks.processes import FORKS, SMALL, change_things, claim_all, entry, fill_up, hold_the_lock, write_many
from tests.journals import records
from tests.thorough import LONG, examples
from tests.vendors import Vendors

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")


def kept_in(directory: Path, bounds: Bounds = SMALL) -> dict[str, Record]:
    return {record.change_id: record for record in records(Journal(Files(directory, bounds)))}


def test_killed_at_any_moment_the_journal_has_what_the_vendor_saw(vendors: Vendors, tmp_path: Path) -> None:
    standing, writes, fuse = vendors.app, list[str](), list[Any]()
    assert standing is not None

    async def deadly(scope: Scope, receive: Receive, send: Send) -> None:
        writes.append(scope["method"])
        if scope["method"] != "GET" and len(writes) - writes.count("GET") == fuse[0]:
            threading.Timer(random.uniform(0, 0.02), os.kill, (fuse[1], signal.SIGKILL)).start()
        await standing(scope, receive, send)

    vendors.app = deadly
    environment = {"TEAMOCLOCK_ORGANIZATION": "acme", "TEAMOCLOCK_API_KEY": "skey-sandbox", "DRUMBEAT_CONFIRM": "never"}
    environment |= {"TEAMOCLOCK_BASE_URL": f"{vendors.url}/teamoclock", "DRUMBEAT_JOURNAL": str(tmp_path)}
    environment |= {"DRUMBEAT_DESTRUCTIVE_PER_MINUTE": "9999", "DRUMBEAT_DESTRUCTIVE_PER_SESSION": "9999"}
    rounds = 50 if LONG else 10
    for number in range(1, rounds + 1):
        server = FORKS.Process(target=change_things, args=(environment,))
        fuse[:], writes[:] = [random.randint(1, 25), 0], []
        server.start()
        fuse[1] = server.pid
        server.join(60)
        assert server.exitcode == -signal.SIGKILL
        journal = Journal(Files(tmp_path, SMALL))
        told = {r.arguments["action_item_id"]: r for r in records(journal) if r.access == "destructive"}
        seen = {r.target.rsplit("/", 1)[1] for r in vendors.sent() if r.method == "DELETE"}
        assert seen <= set(told), "the vendor deleted what the journal does not know"
        assert all(record.before["text"] for record in told.values())
        assert {item for item, record in told.items() if record.outcome == "done"} <= seen
        assert sum(record.outcome is None for record in told.values()) <= 3 * number
        newest = sum(r.tool == "teamoclock_create_action_item" for r in records(journal)[-6:])
        made = sum(request.method == "POST" for request in vendors.sent())
        assert newest >= min(made, 1)
        assert journal.unreadable <= number


def test_processes_write_at_once_and_a_reader_never_misses_what_lasts(tmp_path: Path) -> None:
    number = 300 if LONG else 100
    writers = [FORKS.Process(target=write_many, args=(tmp_path, name, number)) for name in "ab"]
    for writer in writers:
        writer.start()
    seen = set[str]()
    while any(writer.is_alive() for writer in writers):
        now = {name for name, record in kept_in(tmp_path).items() if record.access == "destructive"}
        assert seen <= now, "a deletion was out of sight while the files rotated"
        seen = now
    assert [writer.exitcode for writer in writers] == [0, 0]
    kept = kept_in(tmp_path)
    for name in "ab":
        for n in range(number):
            assert (kept[f"{name}{n}"].before, kept[f"{name}{n}"].outcome) == ({"name": f"{name}\u0085{n}"}, "done")


def test_only_one_process_gets_to_undo_a_change(tmp_path: Path) -> None:
    start, taken = FORKS.Barrier(3), FORKS.Queue()
    rivals = [FORKS.Process(target=claim_all, args=(tmp_path, start, taken)) for _ in range(3)]
    for rival in rivals:
        rival.start()
    claimed = [change for _ in rivals for change in taken.get(timeout=30)]
    assert sorted(claimed, key=int) == [str(number) for number in range(30)]


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[int]:
    """A process that holds the journal's lock and was stopped."""
    held = FORKS.Event()
    holder = FORKS.Process(target=hold_the_lock, args=(tmp_path, held))
    holder.start()
    assert held.wait(30)
    assert holder.pid
    os.kill(holder.pid, signal.SIGSTOP)
    yield holder.pid
    holder.kill()
    holder.join(30)


def test_stopped_lock_holder_hangs_nobody(tmp_path: Path, stopped: int) -> None:
    journal = Journal(Files(tmp_path, Bounds(lock_seconds=0.3)))
    started = time.monotonic()

    def refused(number: int) -> str:
        with pytest.raises(JournalError) as error:
            journal.begin(entry(str(number)), durably=True)
        return str(error.value)

    with ThreadPoolExecutor(20) as threads:
        words = set(threads.map(refused, range(20)))
    journal.end("1", "done")
    with pytest.raises(JournalError):
        journal.claim("1")
    assert time.monotonic() - started < 3
    assert any("another process holds" in word for word in words)
    assert records(journal) == []
    os.kill(stopped, signal.SIGKILL)
    Journal(Files(tmp_path)).begin(entry("1"), durably=True)
    assert list(kept_in(tmp_path)) == ["1"]


def test_file_that_may_not_grow_keeps_what_it_has(tmp_path: Path) -> None:
    writer = FORKS.Process(target=fill_up, args=(tmp_path, 5000))
    writer.start()
    writer.join(30)
    assert writer.exitcode == 0
    journal = Journal(Files(tmp_path))
    assert [record.change_id for record in records(journal)] == [
        str(n) for n in range(int((tmp_path / "failed at").read_text()))
    ]
    assert journal.unreadable == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("bounds", [Bounds(), Bounds(file_bytes=8000, files=2)], ids=["appending", "rotating"])
def test_full_disk_is_refused_and_everything_before_and_after_is_read(small_disk: Path, bounds: Bounds) -> None:
    (small_disk / "other").write_bytes(b"x" * 20_000)
    journal, recorded = Journal(Files(small_disk, bounds)), list[str]()

    def fill() -> None:
        for number in range(1000):
            journal.begin(entry(str(number), before="x" * 1000), durably=True)
            recorded.append(str(number))

    with pytest.raises(JournalError, match="No space left"):
        fill()
    assert [record.change_id for record in records(journal)] == recorded
    (small_disk / "other").unlink()
    journal.begin(entry("after"), durably=True)
    assert [record.change_id for record in records(journal)] == [*recorded, "after"]
    assert journal.unreadable == 0


DIRT = [
    b"\xff\xfe\n",
    b"[1]\n",
    b'{"change_id":1}\n',
    b"null\n",
    b'{"claim":{}}\n',
    b'{"change_id":"0","too',
    b"[" * 9999,
]
DIRT += [b'{"change_id":"0","tool":"t","time":"yesterday"}\n', b'{"change_id":"0","outcome":["done"]}\n']
DIRT += [b'{"change_id":"0","tool":"t","time":"2026-11-20T09:00:00","access":"destructive"}\n', b"5\n"]
TEXTS = st.text(max_size=30) | st.sampled_from(["a\u2028b", "\u2029", "x\u0085y", "\ud800", "\r\n", "z" * 700])


class Machine(RuleBasedStateMachine):
    """Two servers write, rotate, claim and read in a directory that somebody soils."""

    changes: Bundle[str] = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        bounds = Bounds(file_bytes=1500, files=2)
        self.servers = [Journal(Files(self.directory, bounds)) for _ in range(2)]
        self.begun: dict[str, Record] = {}
        self.holder: dict[str, Journal] = {}
        self.dirt = 0

    def teardown(self) -> None:
        shutil.rmtree(self.directory)

    @rule(target=changes, server=st.integers(0, 1), access=st.sampled_from(["write", "destructive"]), text=TEXTS)
    def begin(self, server: int, access: str, text: str) -> str:
        record = entry(str(len(self.begun)), access, arguments={"text": text}, before=[text])
        self.servers[server].begin(record, durably=False)
        self.begun[record.change_id] = record
        return record.change_id

    @rule(change=changes, server=st.integers(0, 1), outcome=st.sampled_from(["done", "failed", "unknown"]), text=TEXTS)
    def end(self, change: str, server: int, outcome: Any, text: str) -> None:
        if self.begun[change].outcome is None:
            self.servers[server].end(change, outcome, result=text)
            self.begun[change] = self.begun[change].model_copy(update={"outcome": outcome, "result": text})

    @rule(dirt=st.sampled_from(DIRT))
    def soil(self, dirt: bytes) -> None:
        with open(self.directory / "journal.jsonl", "ab") as file:
            file.write(b"\n" + dirt)
        self.dirt += 1

    @rule(change=changes, server=st.integers(0, 1))
    def claim(self, change: str, server: int) -> None:
        assert self.servers[server].claim(change) is (change not in self.holder)
        self.holder.setdefault(change, self.servers[server])

    @rule(change=changes, server=st.integers(0, 1))
    def release(self, change: str, server: int) -> None:
        self.servers[server].release(change)
        if self.holder.get(change) is self.servers[server]:
            del self.holder[change]

    @invariant()
    def what_is_read_is_what_was_written(self) -> None:
        for server in self.servers:
            read = records(server)
            assert read == [self.begun[record.change_id] for record in read]
            assert {record.change_id for record in read} >= {
                change for change, record in self.begun.items() if record.access == "destructive"
            }
            assert server.unreadable <= self.dirt
            assert sum(file.stat().st_size for file in self.directory.glob("journal.*[0-9l].jsonl")) < 80_000


TestMachine = Machine.TestCase
TestMachine.settings = examples(15, steps=40)
