"""The vendors that are asked, by name."""

from collections.abc import Mapping

from server.declare import Api
from tools.buddy.api import Buddy
from tools.haystack.api import Haystack
from tools.linearb.api import LinearB
from tools.oobeya.api import Oobeya
from tools.teamoclock.api import TeamOClock

APIS: Mapping[str, type[Api]] = {
    "oobeya": Oobeya,
    "linearb": LinearB,
    "haystack": Haystack,
    "buddy": Buddy,
    "teamoclock": TeamOClock,
}
TITLES: Mapping[str, str] = {
    "oobeya": "Oobeya",
    "linearb": "LinearB",
    "haystack": "Haystack",
    "buddy": "Buddy",
    "teamoclock": "Team O'clock",
}
