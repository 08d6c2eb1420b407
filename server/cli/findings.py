"""The findings of `drumbeat doctor`."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One finding about an area (settings, a vendor, a client ...); `fix` is what to do about it."""

    level: Level
    area: str
    what: str
    fix: str = ""
