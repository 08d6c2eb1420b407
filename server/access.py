"""Access levels, and the variables of vendors."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Access(StrEnum):
    """What a tool may do, mildest first."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"

    def allows(self, other: "Access") -> bool:
        """Whether an operator who granted this level granted `other` as well."""
        return ORDER.index(other) <= ORDER.index(self)


ORDER = tuple(Access)


@dataclass(frozen=True)
class Variable:
    """One environment variable of a vendor; `sandbox` is its value where the stand-in is served."""

    name: str
    description: str
    sandbox: str | None = None
    secret: bool = False
    default: str | None = None
    kind: Literal["text", "url"] = "text"
    choices: tuple[str, ...] = ()
