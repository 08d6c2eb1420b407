"""Buddy: repositories, CI/CD pipelines and their executions, variables, environments.

Sources of all vendor facts here: Buddy's API overview (`shared/seeds/001`), and where that is silent
the reference on buddy.works/docs/api and Buddy's own Go SDK (`shared/vendors/NOTES.md`).
"""

from server.declare import Vendor
from tools.buddy.api import BASE_URL, MEDIA_TYPE, TOKEN, WORKSPACE, Buddy

buddy = Vendor(
    name="buddy",
    title="Buddy",
    about="CI/CD pipelines, builds, repositories, variables",
    variables=(TOKEN, WORKSPACE, BASE_URL, MEDIA_TYPE),
    requires=(TOKEN.name,),
    api=Buddy,
    sandbox="tools.buddy.sandbox:BuddySandbox",
)

VENDOR = buddy
