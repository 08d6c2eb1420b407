"""Team O'clock's stand-in: all 37 endpoints of its document, with six weeks of data behind them."""

from tools.teamoclock.sandbox_life import Row
from tools.teamoclock.sandbox_meetings import PlanningPokers, Retros, Standups
from tools.teamoclock.sandbox_people import Members, Teams
from tools.teamoclock.sandbox_records import Records


class TeamOClockSandbox(Members, Teams, Standups, PlanningPokers, Retros, Records):
    """Everything in one organization, acme."""

    def forget(self, team: Row) -> None:
        super().forget(team)
        for meetings in (self.standups, self.planning_pokers, self.retros):
            for key in [key for key, row in meetings.items() if row["team"] is team]:
                del meetings[key]
