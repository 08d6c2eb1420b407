"""Team O'clock: stand-ups, planning poker, retrospectives and action items.

Source of all vendor facts here: the Team O'clock REST API v2 document.
"""

from server.declare import Vendor
from tools.teamoclock.api import API_KEY, BASE_URL, ORGANIZATION, TeamOClock

teamoclock = Vendor(
    name="teamoclock",
    title="Team O'clock",
    about="retros, action items, stand-ups, planning poker",
    variables=(ORGANIZATION, API_KEY, BASE_URL),
    requires=(ORGANIZATION.name, API_KEY.name),
    api=TeamOClock,
    sandbox="tools.teamoclock.sandbox:TeamOClockSandbox",
)

VENDOR = teamoclock
