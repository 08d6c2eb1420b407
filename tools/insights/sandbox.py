"""Who the made-up company's teams are at each vendor: the sandbox's own `drumbeat.toml`."""

from datetime import UTC, date, datetime

from tools import company
from tools.haystack.sandbox import FIRST_TEAM


def written(today: date | None = None) -> str:
    """The map as the text of a file, for data up to `today` (default: now, as the sandbox has them)."""
    _, start, _ = company.sprints(today or datetime.now(UTC).date())[-1]
    rows = [f"sprint = {{ start = {start}, days = {7 * company.SPRINT_WEEKS} }}"]
    for place, team in enumerate(company.TEAMS):
        projects = [repository.name for repository in company.REPOSITORIES if repository.team is team]
        rows += [
            "",
            f"[teams.{team.slug}]",
            f'name = "{team.name}"',
            f'oobeya = "team-{team.slug}"',
            f"linearb = {team.number}",
            f"haystack = {FIRST_TEAM + place}",
            f'teamoclock = "{team.slug}"',
            f"buddy = {{ projects = {projects} }}",
        ]
    return "\n".join(rows) + "\n"
