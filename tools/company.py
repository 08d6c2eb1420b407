"""The made-up company behind the sandbox: the same teams and people at all five vendors.

Deterministic for a given day, and it ends on that day: six weeks of commits, pull requests,
deployments, incidents, stand-ups and sprints.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

WEEKS = 6
NAME = "Acme"


@dataclass(frozen=True)
class Team:
    """A team; `number` is its id where a vendor counts in numbers, `slug` where it does not."""

    number: int
    slug: str
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody at the company; `leads` says whether they lead their team."""

    number: int
    username: str
    first: str
    last: str
    team: Team
    role: str
    leads: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        return f"{self.username}@acme.example"


@dataclass(frozen=True)
class Repository:
    """A repository, owned by one team and deployed by one pipeline."""

    number: int
    name: str
    team: Team


@dataclass(frozen=True)
class PullRequest:
    """A merged pull request. Durations are minutes."""

    number: int
    repository: Repository
    author: Person
    title: str
    revision: str
    merged_at: datetime
    coding: int
    pickup: int
    review: int
    deploy: int
    additions: int
    deletions: int
    comments: int

    @property
    def lead_time(self) -> int:
        """Minutes from the first commit to production."""
        return self.coding + self.pickup + self.review + self.deploy

    @property
    def deployed_at(self) -> datetime:
        return self.merged_at + timedelta(minutes=self.deploy)


@dataclass(frozen=True)
class Deployment:
    """A production deployment of one pull request; `restore` is the minutes an incident took, if any."""

    number: int
    pull_request: PullRequest
    at: datetime
    hotfix: bool
    restore: int | None

    @property
    def failed(self) -> bool:
        return self.restore is not None


PLATFORM, PAYMENTS, MOBILE = TEAMS = (
    Team(101, "platform", "Platform"),
    Team(102, "payments", "Payments"),
    Team(103, "mobile", "Mobile"),
)

PEOPLE = (
    Person(1, "mona.keller", "Mona", "Keller", PLATFORM, "TEAM_LEAD", leads=True),
    Person(2, "joe.doe", "Joe", "Doe", PLATFORM, "DEVELOPER"),
    Person(3, "ada.osei", "Ada", "Osei", PLATFORM, "DEVOPS_ENGINEER"),
    Person(4, "liam.novak", "Liam", "Novak", PLATFORM, "DEVELOPER"),
    Person(5, "sara.lindt", "Sara", "Lindt", PAYMENTS, "TEAM_LEAD", leads=True),
    Person(6, "tom.ruiz", "Tom", "Ruiz", PAYMENTS, "DEVELOPER"),
    Person(7, "yuki.mori", "Yuki", "Mori", PAYMENTS, "QA_ENGINEER"),
    Person(8, "nora.haas", "Nora", "Haas", MOBILE, "TEAM_LEAD", leads=True),
    Person(9, "max.weber", "Max", "Weber", MOBILE, "DEVELOPER"),
    Person(10, "ines.silva", "Inês", "Silva", MOBILE, "DEVELOPER"),
)

REPOSITORIES = (
    Repository(9001, "platform-api", PLATFORM),
    Repository(9002, "infra", PLATFORM),
    Repository(9003, "payments-service", PAYMENTS),
    Repository(9004, "mobile-app", MOBILE),
)

_WORK = (
    "Cache team lookups",
    "Retry webhooks with backoff",
    "Drop the legacy login",
    "Move secrets to the vault",
    "Speed up the nightly import",
    "Handle refunds in two currencies",
    "Fix the flaky checkout test",
    "Paginate the audit log",
    "Upgrade to Python 3.12",
    "Show offline banners",
    "Validate webhook signatures",
    "Split the billing worker",
)


@cache
def pull_requests(today: date) -> tuple[PullRequest, ...]:
    """The merged pull requests of the six weeks that end on `today`, oldest first."""
    random = Random(7)
    merged: list[PullRequest] = []
    for day in range(WEEKS * 7, 0, -1):
        when = today - timedelta(days=day)
        if when.weekday() > 4:
            continue
        for repository in random.sample(REPOSITORIES, k=random.choice((1, 2, 2, 3))):
            author = random.choice([person for person in PEOPLE if person.team is repository.team])
            merged.append(
                PullRequest(
                    number=len(merged) + 1,
                    repository=repository,
                    author=author,
                    title=random.choice(_WORK),
                    revision=f"{random.getrandbits(160):040x}",
                    merged_at=datetime.combine(when, time(random.randint(8, 16), random.randint(0, 59)), UTC),
                    coding=random.randint(120, 2400),
                    pickup=random.randint(15, 900),
                    review=random.randint(20, 1400),
                    deploy=random.randint(20, 400),
                    additions=random.randint(5, 420),
                    deletions=random.randint(0, 180),
                    comments=random.randint(0, 14),
                )
            )
    return tuple(merged)


@cache
def deployments(today: date) -> tuple[Deployment, ...]:
    """One production deployment a pull request, oldest first; about one in nine caused an incident."""
    random = Random(11)
    return tuple(
        Deployment(
            number=pull_request.number,
            pull_request=pull_request,
            at=pull_request.deployed_at,
            hotfix=random.random() < 0.08,
            restore=random.randint(25, 300) if random.random() < 0.11 else None,
        )
        for pull_request in pull_requests(today)
    )


def sprints(today: date) -> tuple[tuple[str, date, date], ...]:
    """Name, first and last day of the three two-week sprints up to `today`."""
    start = today - timedelta(weeks=WEEKS)
    days = [start + timedelta(weeks=2 * number) for number in range(3)]
    return tuple((f"Sprint {23 + n}", day, day + timedelta(days=13)) for n, day in enumerate(days))
