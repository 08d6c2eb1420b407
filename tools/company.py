"""The made-up company behind the sandbox: the same teams and people at all five vendors.

Deterministic for a given day, and it ends on that day: commits, pull requests, deployments, incidents, stand-ups
and sprints of this month and of the two whole months before it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil
from random import Random
from unicodedata import normalize

WEEKS = 6
"""The weeks that a stand-in answers for where it is not asked for a period."""
SPRINT_WEEKS = 2
LAST_SPRINT = 25
NAME = "Acme"


def slug_of(name: str) -> str:
    """A name as it stands in addresses: plain letters, digits and dashes."""
    letters = normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")


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


def weeks(today: date) -> int:
    """The weeks of whole sprints that end on `today` and begin before the two last whole months."""
    last_month = today.replace(day=1) - timedelta(days=1)
    first_day = (last_month.replace(day=1) - timedelta(days=1)).replace(day=1)
    return SPRINT_WEEKS * ceil((today - first_day).days / (7 * SPRINT_WEEKS))


@cache
def pull_requests(today: date) -> tuple[PullRequest, ...]:
    """The merged pull requests of the weeks that end on `today`, oldest first."""
    days = [today - timedelta(days=number) for number in range(weeks(today) * 7, 0, -1)]
    recent = WEEKS * 7
    merged = [*_merged(days[:-recent], Random(8)), *_merged(days[-recent:], Random(7))]
    return tuple(replace(pull_request, number=number) for number, pull_request in enumerate(merged, 1))


def _merged(days: Iterable[date], random: Random) -> Iterator[PullRequest]:
    """What was merged on each of these days, not numbered yet."""
    for when in days:
        if when.weekday() > 4:
            continue
        for repository in random.sample(REPOSITORIES, k=random.choice((1, 2, 2, 3))):
            author = random.choice([person for person in PEOPLE if person.team is repository.team])
            yield PullRequest(
                number=0,
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


@cache
def deployments(today: date) -> tuple[Deployment, ...]:
    """One production deployment a pull request, oldest first; about one in nine caused an incident."""
    recent = today - timedelta(weeks=WEEKS)
    early, late = Random(12), Random(11)
    return tuple(_deployed(one, late if one.merged_at.date() >= recent else early) for one in pull_requests(today))


def _deployed(pull_request: PullRequest, random: Random) -> Deployment:
    return Deployment(
        number=pull_request.number,
        pull_request=pull_request,
        at=pull_request.deployed_at,
        hotfix=random.random() < 0.08,
        restore=random.randint(25, 300) if random.random() < 0.11 else None,
    )


def sprints(today: date) -> tuple[tuple[str, date, date], ...]:
    """Name, first and last day of the two-week sprints up to `today`, oldest first."""
    number = weeks(today) // SPRINT_WEEKS
    starts = [today - timedelta(weeks=SPRINT_WEEKS * back) for back in range(number, 0, -1)]
    names = [f"Sprint {LAST_SPRINT - number + one}" for one in range(1, number + 1)]
    return tuple((name, day, day + timedelta(days=13)) for name, day in zip(names, starts, strict=True))
