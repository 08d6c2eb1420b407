"""What the page in the chat asks for when its user chooses another team or period."""

from server.declare import Apis
from tools.insights import insights
from tools.insights.app.data import show
from tools.insights.delivery import DeliveryReport, deliver, reported
from tools.insights.periods import Period
from tools.insights.who import TeamName

pages = insights.toolset("pages", "What the page in the chat asks for; no model is told of it.")


@pages.read()
async def get_delivery_page(api: Apis, team: TeamName, period: Period = "last-30-days") -> DeliveryReport:
    """The delivery report of another team or period, for the page in the chat that shows it."""
    found = await deliver(api, team, period)
    api.notes += found.notes
    await show(api, period, found)
    return reported(found)
