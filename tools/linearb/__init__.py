"""LinearB: engineering metrics, deployments, incidents, teams.

Source of all vendor facts here: LinearB's Measurements V1 document (`shared/seeds/004`), and for the
rest LinearB's generated OpenAPI document of August 2025, where no other source is named.
"""

from server.declare import Variable, Vendor
from tools.linearb.api import LinearB

linearb = Vendor(
    name="linearb",
    title="LinearB",
    about="cycle time, DORA metrics, deployments, incidents",
    variables=(
        Variable("LINEARB_API_KEY", "API token, from Settings > API Tokens", sandbox="lb-sandbox", secret=True),
        Variable(
            "LINEARB_AUTH", "The header that carries the key", default="x-api-key", choices=("x-api-key", "bearer")
        ),
        Variable("LINEARB_BASE_URL", "Address of the API", default="https://public-api.linearb.io", kind="url"),
    ),
    requires=("LINEARB_API_KEY",),
    api=LinearB,
    sandbox="tools.linearb.sandbox:LinearBSandbox",
)

VENDOR = linearb
