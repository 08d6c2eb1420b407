"""LinearB: engineering metrics, deployments, incidents, teams.

Source of all vendor facts here: LinearB's Measurements V1 document (`shared/seeds/004`), and for the
rest LinearB's generated OpenAPI document of August 2025, where no other source is named.
"""

from server.declare import Vendor
from tools.linearb.api import API_KEY, AUTH, BASE_URL, LinearB

linearb = Vendor(
    name="linearb",
    title="LinearB",
    about="cycle time, incidents, deployments, DORA",
    variables=(API_KEY, AUTH, BASE_URL),
    requires=(API_KEY.name,),
    api=LinearB,
    sandbox="tools.linearb.sandbox:LinearBSandbox",
)

VENDOR = linearb
