"""Drumbeat's own tools, declared like a vendor's: discovery, changes, results, health."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.spec import Vendor

if TYPE_CHECKING:
    from server.calls import Asked, Calls


@dataclass(frozen=True)
class Desk:
    """What Drumbeat's own tools are given, as vendors' tools are given an Api."""

    calls: "Calls"
    asked: "Asked"


drumbeat = Vendor("drumbeat", "Drumbeat", "its own tools", variables=(), requires=(), api=Desk, sandbox="")
VENDOR = drumbeat
