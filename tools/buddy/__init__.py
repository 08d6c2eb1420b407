"""Buddy: repositories, CI/CD pipelines and their executions, variables, environments.

Sources of all vendor facts here: Buddy's API overview (`shared/seeds/001`), and where that is silent
the reference on buddy.works/docs/api and Buddy's own Go SDK (`shared/vendors/NOTES.md`).
"""

from server.declare import Variable, Vendor
from tools.buddy.api import Buddy

buddy = Vendor(
    name="buddy",
    title="Buddy",
    about="CI/CD pipelines, executions, repositories, variables",
    variables=(
        Variable(
            "BUDDY_TOKEN",
            "Personal access token with the scopes of the tools to use, from My ID > API tokens",
            sandbox="buddy-sandbox-token",
            secret=True,
        ),
        Variable("BUDDY_WORKSPACE", "Workspace to use where a call names none, as in its URL", sandbox="acme"),
        Variable(
            "BUDDY_BASE_URL",
            "Address of the API. EU: https://api.eu.buddy.works, Asia: https://api.asia.buddy.works, "
            "self-hosted: https://YOUR-IP/api",
            default="https://api.buddy.works",
            kind="url",
        ),
        Variable("BUDDY_MEDIA_TYPE", "Version of the API's objects to ask for, such as buddy.v1.1.0"),
    ),
    requires=("BUDDY_TOKEN",),
    api=Buddy,
    sandbox="tools.buddy.sandbox:BuddySandbox",
)

VENDOR = buddy
