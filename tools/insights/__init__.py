"""Insights: one question to all vendors, their answers side by side.

The only package that imports several vendors. Numbers keep their vendor's definition, and are never merged or averaged
across vendors.
"""

from server.declare import Apis, App, Vendor

insights = Vendor(
    name="insights",
    title="Insights",
    about="delivery, retros and what needs somebody, across all vendors",
    variables=(),
    requires=(),
    api=Apis,
    apps=(
        App(
            uri="ui://drumbeat/delivery.html",
            title="Delivery report",
            about="A team's delivery numbers from all vendors as charts, with pickers for team and period.",
            file="app/delivery.html",
            shown_by="get_delivery_report",
            calls=("get_delivery_page",),
        ),
    ),
    needs=("oobeya", "linearb", "haystack", "buddy", "teamoclock"),
)

VENDOR = insights
