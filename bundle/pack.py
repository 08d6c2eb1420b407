"""Lays out what the desktop bundle has, for the packer: `python bundle/pack.py dist/bundle`.

The code is one compressed archive, since a bundle compresses each of its many small files by itself.
"""

import io
import shutil
import sys
import tarfile
from pathlib import Path

from bundle.lean import lean, shown_to_people

ROOT = Path(__file__).resolve().parents[1]
AS_IT_IS = ("LICENSE", "manifest.json", "bundle/icon.png", "bundle/start.py")
CODE = ("bundle/requirements.lock", "drumbeat_mcp", "server", "tools")
ARCHIVE = "bundle/code.tar.bz2"  # smaller than xz where it is all text
# What only a source tree needs, and what a bundle has no use for: it serves one client on stdio, without extras.
LEFT_OUT = (
    "server/publish",
    "server/cli/",
    "server/web/",
    "server/transports/http.py",
    "server/state/redis.py",
    "server/changes/stream.py",
    "tools/demo.py",
    "tools/insights/pictures/Inter",
)
NEEDED = ("server/cli/__init__.py", "server/cli/serve.py", "server/cli/session.py")
ENDINGS_LEFT_OUT = (".pyc", "asks.toml", "py.typed")


def main(folder: Path) -> None:
    """Fill the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in AS_IT_IS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / ARCHIVE).write_bytes(archive())


def archive() -> bytes:
    """The code."""
    packed = io.BytesIO()
    contents = {file: file.read_bytes() for file in files()}
    python = [data.decode() for file, data in contents.items() if file.suffix == ".py"]
    kept = shown_to_people(python)
    with tarfile.open(fileobj=packed, mode="w:bz2", compresslevel=9, format=tarfile.USTAR_FORMAT) as archive:
        for file, data in contents.items():
            # Neither owner nor time, so that the same code is the same archive everywhere.
            entry = tarfile.TarInfo(file.relative_to(ROOT).as_posix())
            data = lean(data.decode(), kept).encode() if file.suffix == ".py" else data
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def files() -> list[Path]:
    """The files of the code, in order."""
    found = [file for name in CODE for file in sorted([ROOT / name, *(ROOT / name).rglob("*")]) if file.is_file()]
    return [file for file in found if not _left_out(file.relative_to(ROOT).as_posix())]


def _left_out(name: str) -> bool:
    return (name.startswith(LEFT_OUT) and name not in NEEDED) or name.endswith(ENDINGS_LEFT_OUT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
