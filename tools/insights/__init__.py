"""Insights: one question to all vendors, their answers side by side.

The only package that imports several vendors. Numbers keep their vendor's definition, and are never merged or averaged
across vendors.
"""

from server.declare import Apis, Vendor

insights = Vendor(
    name="insights",
    title="Insights",
    about="delivery, retros and what needs somebody, across all vendors",
    variables=(),
    requires=(),
    api=Apis,
    needs=("oobeya", "linearb", "haystack", "buddy", "teamoclock"),
)

VENDOR = insights
