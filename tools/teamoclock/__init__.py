"""Team O'clock: stand-ups, planning poker, retrospectives and action items.

Source of all vendor facts here: the Team O'clock REST API v2 document.
"""

from server.declare import Variable, Vendor
from tools.teamoclock.api import TeamOClock

teamoclock = Vendor(
    name="teamoclock",
    title="Team O'clock",
    about="stand-ups, planning poker, retros, action items",
    variables=(
        Variable("TEAMOCLOCK_ORGANIZATION", "Organization slug, from the organization's settings page", sandbox="acme"),
        Variable("TEAMOCLOCK_API_KEY", "Secret API key, from the same page", sandbox="skey-sandbox", secret=True),
        Variable("TEAMOCLOCK_BASE_URL", "Address of the API", default="https://www.teamoclock.com/api/v2", kind="url"),
    ),
    requires=("TEAMOCLOCK_ORGANIZATION", "TEAMOCLOCK_API_KEY"),
    api=TeamOClock,
    sandbox="tools.teamoclock.sandbox:TeamOClockSandbox",
)

VENDOR = teamoclock
