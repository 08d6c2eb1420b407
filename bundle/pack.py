"""Lays out what the desktop bundle has, for the packer: `python bundle/pack.py dist/bundle`.

The code is one compressed archive, since a bundle compresses each of its many small files by itself.
"""

import shutil
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AS_IT_IS = ("LICENSE", "manifest.json", "bundle/icon.png", "bundle/requirements.lock", "bundle/start.py")
CODE = ("drumbeat_mcp", "server", "tools")
# What only a source tree needs.
LEFT_OUT = ("server/publish", "tools/demo.py")
ENDINGS_LEFT_OUT = (".pyc", "asks.toml", "py.typed")


def main(folder: Path) -> None:
    """Fill the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in AS_IT_IS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    with tarfile.open(folder / "bundle" / "code.tar.xz", "w:xz", preset=9) as archive:
        for file in files():
            name = file.relative_to(ROOT).as_posix()
            archive.add(file, name, filter=_same_everywhere)


def files() -> list[Path]:
    """The files of the code, in order."""
    found = (file for name in CODE for file in sorted((ROOT / name).rglob("*")) if file.is_file())
    return [file for file in found if not _left_out(file.relative_to(ROOT).as_posix())]


def _left_out(name: str) -> bool:
    return name.startswith(LEFT_OUT) or name.endswith(ENDINGS_LEFT_OUT)


def _same_everywhere(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


if __name__ == "__main__":
    main(Path(sys.argv[1]))
