"""Oobeya: delivery metrics, teams, people, analyses and deployments.

Sources of the vendor facts here: the Oobeya REST API document (`shared/seeds/000`), which names the
endpoints, and where it is silent the community client `oobeya` 0.1.0, which names most fields.
"""

from server.declare import Vendor
from tools.oobeya.api import API_KEY, BASE_URL, BEARER_TOKEN, Oobeya

oobeya = Vendor(
    name="oobeya",
    title="Oobeya",
    about="DORA, code quality, teams, deployments, reports",
    variables=(BASE_URL, API_KEY, BEARER_TOKEN),
    requires=(BASE_URL.name, (API_KEY.name, BEARER_TOKEN.name)),
    api=Oobeya,
    sandbox="tools.oobeya.sandbox:OobeyaSandbox",
)

VENDOR = oobeya
