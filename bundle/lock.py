"""Writes the bundle's lock from uv's `pylock.toml`, with the hashes of what a desktop installs: `make lock` runs it.

A package with compiled code has a hundred files, most for systems that no desktop host runs on, and hashes do not
compress.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

INTERPRETERS = ("py2.py3", "py3", "cp311", "cp312", "cp313", "cp314")
PLATFORMS = re.compile(r"any|macosx_.*|win_(amd64|arm64)|manylinux.*_(x86_64|aarch64)")


def main(file: Path) -> None:
    """Print the lock."""
    for package in tomllib.loads(file.read_text(encoding="utf-8"))["packages"]:
        marker = f" ; {package['marker']}" if "marker" in package else ""
        print(" \\\n    ".join([f"{package['name']}=={package['version']}{marker}", *sorted(_hashes(package))]))


def runs_on_desktops(wheel: str) -> bool:
    """Whether one of the Pythons that Drumbeat runs on, on a desktop's system, takes the file of this name."""
    return any(
        (tag.interpreter in INTERPRETERS or tag.abi == "abi3")
        and not re.fullmatch(r"cp\d+t", tag.abi)  # without the lock of the interpreter, which no host starts
        and PLATFORMS.fullmatch(tag.platform)
        for tag in parse_wheel_filename(wheel)[3]
    )


def _hashes(package: dict[str, Any]) -> Iterator[str]:
    for file in [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]:
        name = file["url"].rpartition("/")[2]
        if not name.endswith(".whl") or runs_on_desktops(name):
            yield f"--hash=sha256:{file['hashes']['sha256']}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
