"""Haystack: delivery metrics of issues, pull requests, cycles and deployments.

Source of all vendor facts here: Haystack's API document (`shared/seeds/002`).
"""

from server.declare import Vendor
from tools.haystack.api import API_TOKEN, BASE_URL, Haystack

haystack = Vendor(
    name="haystack",
    title="Haystack",
    about="pull requests, sprints, deployments",
    variables=(API_TOKEN, BASE_URL),
    requires=(API_TOKEN.name,),
    api=Haystack,
    sandbox="tools.haystack.sandbox:HaystackSandbox",
)

VENDOR = haystack
