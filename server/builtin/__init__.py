"""Drumbeat's own tools, declared like a vendor's: discovery, changes, results, health."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.catalogue import OWN
from server.errors import Refusal
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

    def refuse_unknown(self, vendor: str | None) -> None:
        """Raises Refusal for a vendor that is not on; Drumbeat's own tools are always there."""
        on = list(dict.fromkeys(entry.vendor for entry in self.calls.permitted.values() if entry.vendor != OWN))
        if vendor not in (None, OWN, *on):
            raise Refusal(f"There is no vendor {vendor!r} here; on are {', '.join(on) or 'none'}.")

    def ages(self) -> list[str]:
        """How old kept answers are; what Drumbeat says of itself is as of now."""
        return []


def plain(vendor: str) -> str:
    """A vendor's name as people write it, such as Team O'clock, as tools have it."""
    return vendor.lower().replace(" ", "").replace("'", "")


drumbeat = Vendor("drumbeat", "Drumbeat", "its own tools", variables=(), requires=(), api=Desk, sandbox="")
VENDOR = drumbeat
