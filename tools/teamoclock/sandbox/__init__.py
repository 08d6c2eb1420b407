"""Team O'clock's stand-in: all 37 endpoints of its document, with three months of data behind them."""

from tools.teamoclock.sandbox.base import SITE
from tools.teamoclock.sandbox.life import Row
from tools.teamoclock.sandbox.meetings import PlanningPokers, Retros, Standups
from tools.teamoclock.sandbox.people import Members, Teams
from tools.teamoclock.sandbox.records import Records


class TeamOClockSandbox(Members, Teams, Standups, PlanningPokers, Retros, Records):
    """Everything in one organization, acme."""

    def forget(self, team: Row) -> None:
        super().forget(team)
        for meetings in (self.standups, self.planning_pokers, self.retros):
            for key in [key for key, row in meetings.items() if row["team"] is team]:
                del meetings[key]

    def renamed(self, team: Row) -> None:
        super().renamed(team)
        for kind, meetings in (("standup", self.standups), ("planpoker", self.planning_pokers)):
            for key in [key for key, row in meetings.items() if row["team"] is team and key != team["slug"]]:
                meetings[team["slug"]] = {
                    **meetings.pop(key),
                    "id": team["slug"],
                    "url": f"{SITE}/{kind}/{team['slug']}",
                }
