"""Starts Drumbeat from an unpacked bundle.

The first start unpacks the code, and installs the packages of its `requirements.lock`, each checked by its hash, into a
folder of the bundle.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ARCHIVE = HERE / "code.tar.bz2"
CODE = HERE.parent / "code"
LOCK = CODE / "bundle" / "requirements.lock"
ENVIRONMENT = HERE.parent / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INSTALLED = ENVIRONMENT / "installed"


def main() -> int:
    """Become the server; the exit status where the packages cannot be installed."""
    digest = hashlib.sha256(ARCHIVE.read_bytes()).hexdigest()
    if not (PYTHON.exists() and INSTALLED.exists() and INSTALLED.read_text(encoding="utf-8") == digest):
        try:
            unpack()
            install()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"drumbeat: its packages could not be installed ({error}). Is the network up?", file=sys.stderr)
            return 1
        INSTALLED.write_text(digest, encoding="utf-8")
    command = [str(PYTHON), "-m", "drumbeat_mcp", *sys.argv[1:]]
    environment = {**os.environ, "PYTHONPATH": str(CODE)}
    if os.name != "nt":
        os.execve(command[0], command, environment)  # noqa: S606
    return subprocess.call(command, env=environment)  # noqa: S603 a process of Windows cannot become another


def unpack() -> None:
    """Put the code where it starts from, and nothing of an older one."""
    shutil.rmtree(CODE, ignore_errors=True)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(CODE, filter="data")


def install() -> None:
    """Make the environment. Nothing may be printed on stdout, which carries the protocol."""
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    for arguments in (
        ["venv", "--quiet", "--allow-existing", "--python", ">=3.11", str(ENVIRONMENT)],
        ["pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), str(LOCK)],
    ):
        subprocess.run([uv, *arguments], check=True, stdout=sys.stderr)  # noqa: S603


if __name__ == "__main__":
    raise SystemExit(main())
