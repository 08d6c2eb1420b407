"""Oobeya: delivery metrics, teams, people, analyses and deployments.

Sources of the vendor facts here: the Oobeya REST API document (`shared/seeds/000`), which names the
endpoints, and where it is silent the community client `oobeya` 0.1.0, which names most fields.
"""

from server.declare import Variable, Vendor
from tools.oobeya.api import Oobeya

oobeya = Vendor(
    name="oobeya",
    title="Oobeya",
    about="DORA metrics, teams, analyses, deployments, reports",
    variables=(
        Variable("OOBEYA_BASE_URL", "Address of your tenant, such as https://mycompany.oobeya.io", kind="url"),
        Variable("OOBEYA_API_KEY", "API key, for integrations", sandbox="okey-sandbox", secret=True),
        Variable("OOBEYA_BEARER_TOKEN", "JWT of a user's session, where there is no API key", secret=True),
    ),
    requires=("OOBEYA_BASE_URL", ("OOBEYA_API_KEY", "OOBEYA_BEARER_TOKEN")),
    api=Oobeya,
    sandbox="tools.oobeya.sandbox:OobeyaSandbox",
)

VENDOR = oobeya
