"""`make demo`: what somebody sees who tries Drumbeat for the first time."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_demo_shows_its_best_in_the_first_twenty_lines_and_runs_to_its_end(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")}
    environment = {**kept, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "tools.demo"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    best = "\n".join(done.stdout.splitlines()[:20])
    for words in ("period: 20", "lead time|Oobeya|", "deployment frequency|"):
        assert words in best
    for words in (
        "incident|INC-900",
        "the user is asked",
        "and says: no",
        "and says: yes",
        "Take it back.",
        "Connect your own client",
    ):
        assert words in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "done: Undone: Action item" in done.stdout
    assert max(len(block.splitlines()) for block in done.stdout.split("\n\n")) <= 12
