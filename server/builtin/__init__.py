"""Drumbeat's own tools, declared like a vendor's: discovery, changes, results, health."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.spec import Vendor

if TYPE_CHECKING:
    from server.calls import Calls
    from server.request import Request


@dataclass(frozen=True)
class Desk:
    """The first argument of Drumbeat's own tools, as an Api is that of vendors' tools."""

    calls: "Calls"
    request: "Request"
    notes: list[str] = field(default_factory=list)

    @property
    def sent(self) -> list[str]:
        """What changed something so far: unknown, since other tools' functions send it."""
        return ["?"]

    def ages(self) -> list[str]:
        """How old kept answers are; what Drumbeat says of itself is as of now."""
        return []


drumbeat = Vendor("drumbeat", "Drumbeat", "its own tools", variables=(), requires=(), api=Desk, sandbox="")
VENDOR = drumbeat
