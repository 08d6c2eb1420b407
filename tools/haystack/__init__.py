"""Haystack: delivery metrics of issues, pull requests, cycles and deployments.

Source of all vendor facts here: Haystack's API document (`shared/seeds/002`).
"""

from server.declare import Variable, Vendor
from tools.haystack.api import Haystack

haystack = Vendor(
    name="haystack",
    title="Haystack",
    about="issue, pull request, deployment metrics",
    variables=(
        Variable(
            "HAYSTACK_API_TOKEN",
            "API token, from delivery.usehaystack.io/api-tokens (support@usehaystack.io turns the page on at request)",
            sandbox="hs-sandbox",
            secret=True,
        ),
        Variable("HAYSTACK_BASE_URL", "Address of the API", default="https://api.usehaystack.io", kind="url"),
    ),
    requires=("HAYSTACK_API_TOKEN",),
    api=Haystack,
    sandbox="tools.haystack.sandbox:HaystackSandbox",
)

VENDOR = haystack
