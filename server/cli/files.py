"""A client's file on the disk: read, and replaced as a whole after a copy of it was kept."""

import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile

from server.errors import Failure

BACKUP = ".drumbeat-backup"


def read(path: Path) -> str:
    """The text of a file, empty where there is none. Raises Failure."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise Failure(f"{path} cannot be read: {error}.") from None


def write(path: Path, text: str) -> Path | None:
    """Replace a file's text, in one step; where its copy with the text before is. Raises Failure."""
    path = path.resolve()  # a link stays a link
    backup = path.with_name(path.name + BACKUP) if path.exists() else None
    new = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if backup:
            shutil.copy2(path, backup)
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            new = Path(file.name)
            file.write(text)
        if backup:
            shutil.copymode(path, new)
        os.replace(new, path)
    except OSError as error:
        if new:
            new.unlink(missing_ok=True)
        raise Failure(f"{path} cannot be written: {error.strerror or error}.") from None
    return backup


def write_secret(path: Path, value: str) -> None:
    """Write a file that only its owner can read. Raises Failure."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(value + "\n")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}.") from None
