"""Three months of Acme's stand-ups, estimates and retrospectives, told from its own commits and incidents."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, islice
from random import Random
from typing import Any

from tools import company
from tools.company import Deployment, Person, PullRequest, Team

Row = dict[str, Any]

QUESTIONS = {
    "q1": "What did you do yesterday",
    "q2": "What will you do today",
    "q3": "Do you have any impediments",
}
COLUMNS = [
    {"id": "c1", "name": "Went well", "description": "What went well"},
    {"id": "c2", "name": "To improve", "description": "What could go better"},
    {"id": "c3", "name": "Ideas", "description": "What we could try"},
]
JIRA = "https://acme.atlassian.net/browse"

FIBONACCI = (1, 2, 3, 5, 8, 13)
TASKS_A_PLANNING = 6
ITEMS_A_RETRO = 5

_WENT_WELL = (
    "Reviews were picked up the same day",
    "Pairing on the hard parts paid off",
    "The new dashboards showed the regression before customers did",
    "On-call was quiet",
    "Planning took half an hour",
    "The handover to support was smooth",
)
_TO_IMPROVE = (
    "Pull requests are still too large",
    "Too many meetings on Tuesdays",
    "The staging data is out of date",
    "Reviews wait over the weekend",
    "We learn of changed requirements too late",
    "The build takes twenty minutes",
)
_IDEAS = (
    "Rotate who facilitates",
    "Try a day without meetings",
    "Demo every second Friday",
    "Write the release notes from the pull requests",
)
_IMPEDIMENTS = ("Waiting for a review", "Staging is down", "Waiting for access to the vault", "", "", "", "")
_DECISIONS = (
    "Write a runbook for {}",
    "Add an alert for {}",
    "Name an owner for {}",
    "Measure {}",
    "Document {}",
    "Test {} under load",
    "Simplify {}",
    "Automate {}",
    "Agree on a target for {}",
    "Demo {} to support",
    "Review {} together",
    "Clean up {}",
)
_SUBJECTS = (
    "failed deployments",
    "the nightly import",
    "webhook retries",
    "the on-call handover",
    "the flaky checkout test",
    "the release train",
    "our feature flags",
    "the audit log",
    "the staging data",
    "the mobile build",
    "the move to the vault",
    "incident reviews",
)


def at(day: date, hour: int, minute: int = 0) -> str:
    """A time as Team O'clock writes it."""
    return f"{day}T{hour:02}:{minute:02}:00.000Z"


def workdays(today: date) -> list[date]:
    """The weekdays of the weeks before `today` that the company knows."""
    days = (today - timedelta(days=number) for number in range(company.weeks(today) * 7, 0, -1))
    return [day for day in days if day.weekday() < 5]


class Life:
    """What happened until `today`, oldest first: `action_items` and `timeline`, and what is still running.

    Rows name their team by its slug. All stand-ins of a day share them, so they stay as they are.
    """

    def __init__(self, today: date) -> None:
        self.today = today
        self.days = workdays(today)
        self.people = {team: [person for person in company.PEOPLE if person.team is team] for team in company.TEAMS}
        self.merged = company.pull_requests(today)
        self.deployed = company.deployments(today)
        self.action_items: list[Row] = []
        timeline: list[Row] = []
        for number, day in enumerate(self.days):
            for team in company.TEAMS:
                timeline += self._lived(number, day, team)
        self.timeline = list(_identified(timeline))
        self._settle_action_items()

    def standup(self, day: date, team: Team, people: list[Person]) -> list[Row]:
        """What `people` answered in the stand-up of `day`."""
        return [{"username": person.username, "questions": self._answers(person, day)} for person in people]

    def tasks(self, team: Team, sprint: int) -> list[str]:
        """What the team estimates for a sprint: first what it then merged."""
        _, first, last = company.sprints(self.today)[sprint]
        own = [pull for pull in self.merged if pull.repository.team is team]
        planned = [pull.title for pull in own if first <= pull.merged_at.date() <= last]
        return list(islice(dict.fromkeys(planned + self._titles()), TASKS_A_PLANNING))

    def next_tasks(self, team: Team) -> list[str]:
        """What the team estimates today: what the last sprint left."""
        done = self.tasks(team, sprint=-1)
        return [title for title in self._titles() if title not in done][:TASKS_A_PLANNING]

    def votes(self, team: Team, task: str) -> list[Row]:
        """How the team voted on a task: neighbours on the usual scale."""
        random = Random(f"{team.slug} {task}")
        lower = random.randrange(len(FIBONACCI) - 1)
        pair = FIBONACCI[lower : lower + 2]
        return [{"username": person.username, "vote": random.choice(pair)} for person in self.people[team]]

    def notes(self, team: Team, week: int, sizes: tuple[int, int, int]) -> list[Row]:
        """What the team wrote about a week, `sizes` notes a column: its deployments and incidents first."""
        days = set(self.days[5 * week : 5 * week + 5])
        own = [d for d in self.deployed if d.pull_request.repository.team is team and d.at.date() in days]
        well = [f"“{d.pull_request.title}” went out without trouble" for d in own if not d.failed]
        wrong = [_incident(deployment) for deployment in own if deployment.failed]
        columns = (well[:2] + _turned(_WENT_WELL, week), wrong + _turned(_TO_IMPROVE, week), _turned(_IDEAS, week))
        random = Random(f"{team.slug} {week}")
        return [
            {"text": text, "votes": random.randrange(len(self.people[team])), "column": column["id"]}
            for column, texts, size in zip(COLUMNS, columns, sizes, strict=True)
            for text in texts[:size]
        ]

    def _titles(self) -> list[str]:
        return sorted({pull.title for pull in self.merged})

    def _lived(self, number: int, day: date, team: Team) -> Iterator[Row]:
        """What a team's day leaves in the timeline."""
        hour = company.TEAMS.index(team)
        if number % 10 == 0:
            yield from self._planning(at(day, 8 + hour), team, number // 10)
        yield self._standup_record(day, team)
        if (number + hour) % 2:
            self._decide(team)
        if number % 5 == 3:
            items = [self._decide(team) for _ in range(ITEMS_A_RETRO)]
            yield self._retro_record(at(day, 14 + hour), team, number // 5, items)

    def _decide(self, team: Team) -> Row:
        number = len(self.action_items)
        subject = _SUBJECTS[(number + number // len(_DECISIONS)) % len(_SUBJECTS)]
        text = _DECISIONS[number % len(_DECISIONS)].format(subject)
        issue = f"{JIRA}/{team.slug[:3].upper()}-{number + 200}" if number % 3 == 0 else None
        item = {"id": f"A{number + 1}", "text": text, "links": {"jira": issue}, "team": team.slug}
        self.action_items.append(item)
        return item

    def _settle_action_items(self) -> None:
        """Resolve most of the old action items and few of the new ones."""
        random = Random(13)
        for age, item in enumerate(self.action_items):
            item["resolved"] = random.random() < 0.95 - 0.8 * age / len(self.action_items)

    def _standup_record(self, day: date, team: Team) -> Row:
        record = {"type": "standup", "date": at(day, 9, 30), "team": team.slug, "questions": QUESTIONS}
        answers = self.standup(day, team, self.people[team])
        if team is company.PAYMENTS:
            spoken = [f"{answer['username']}: {answer['questions']['q1']}" for answer in answers]
            return {**record, "async": False, "origin": "window", "sync_notes": spoken, "async_notes": []}
        origin = "slack" if team is company.PLATFORM else "msteams"
        written = [
            {"username": answer["username"], "text": answer["questions"][question], "question": question}
            for answer in answers
            for question in QUESTIONS
            if answer["questions"][question]
        ]
        return {**record, "async": True, "origin": origin, "sync_notes": [], "async_notes": written}

    def _planning(self, when: str, team: Team, sprint: int) -> Iterator[Row]:
        for task in self.tasks(team, sprint):
            votes = self.votes(team, task)
            yield {
                "type": "planpoker",
                "date": when,
                "team": team.slug,
                "task": task,
                "avg_vote": f"{average(votes):g}",
                "links": {"jira": None},
                "votes": [{**ballot, "vote": str(ballot["vote"])} for ballot in votes],
            }

    def _retro_record(self, when: str, team: Team, week: int, items: list[Row]) -> Row:
        return {
            "type": "retro",
            "date": when,
            "team": team.slug,
            "name": f"{team.name} retrospective",
            "columns": COLUMNS,
            "notes": self.notes(team, week, (4, 4, 2)),
            "action_items": items,
        }

    def _answers(self, person: Person, day: date) -> Row:
        own = [pull for pull in self.merged if pull.author is person]
        done = [pull for pull in own if day - timedelta(days=3) <= pull.merged_at.date() < day]
        ahead = [pull for pull in own if pull.merged_at.date() >= day]
        return {
            "q1": f"Merged {_named(done[-1])}" if done else "Reviews and support",
            "q2": f"Work on “{ahead[0].title}”" if ahead else "Reviews, then the next story",
            "q3": Random(f"{person.username} {day}").choice(_IMPEDIMENTS),
        }


@lru_cache(maxsize=2)
def life(today: date) -> Life:
    """What happened until `today`."""
    return Life(today)


def average(votes: list[Row]) -> float:
    """The average vote, to one decimal where it has one."""
    mean = round(sum(ballot["vote"] for ballot in votes) / len(votes), 1)
    return int(mean) if mean.is_integer() else mean


def _identified(records: list[Row]) -> Iterator[Row]:
    """Timeline records in order of time, with ids such as R23 that go up with it."""
    letters = {"standup": "S", "planpoker": "P", "retro": "R"}
    ordered = sorted(records, key=lambda record: str(record["date"]))
    return ({"id": f"{letters[record['type']]}{number}", **record} for number, record in enumerate(ordered, 1))


def _turned(texts: tuple[str, ...], by: int) -> list[str]:
    start = by % len(texts)
    return list(chain(texts[start:], texts[:start]))


def _named(pull_request: PullRequest) -> str:
    return f"“{pull_request.title}” ({pull_request.repository.name} #{pull_request.number})"


def _incident(deployment: Deployment) -> str:
    return f"{_named(deployment.pull_request)} broke production: {deployment.restore} minutes to restore"
