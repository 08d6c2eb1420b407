"""What all parts of Team O'clock's stand-in share: credentials, envelopes, errors, and the data itself."""

import binascii
from base64 import b64decode
from collections.abc import Container, Iterable, Mapping
from datetime import date
from itertools import count
from typing import Any

from server.sandbox import Call, Problem, StandIn
from tools import company
from tools.teamoclock.sandbox.life import Row, life

GONE = "Object not found. It may have been deleted or not been created yet"
INVALID = "Enter a valid json body"
SITE = "https://www.teamoclock.com/acme"


class Organization(StandIn):
    """Basic authentication, `{"data": …}` envelopes, the errors of the document, and three months of data.

    A meeting, an action item or a timeline record holds its team's own row, so that a renamed team is
    renamed everywhere.
    """

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.life = life(today)
        self.members = {person.username: _member(person) for person in company.PEOPLE}
        self.teams = {team.slug: _team(team) for team in company.TEAMS}
        self.memberships = {
            team.slug: [person.username for person in people] for team, people in self.life.people.items()
        }
        self.action_items = {row["id"]: self._owned(row) for row in self.life.action_items}
        self.timeline = {row["id"]: self._owned(row) for row in self.life.timeline}
        for row in self.timeline.values():
            if "action_items" in row:
                row["action_items"] = [self.action_items[item["id"]] for item in row["action_items"]]
        self.numbers = count(len(self.action_items) + 1)

    def authenticate(self, call: Call) -> None:
        scheme, _, pair = call.request.headers.get("authorization", "").partition(" ")
        try:
            given = b64decode(pair, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        if scheme != "Basic" or given != "acme:skey-sandbox":
            raise Problem(401, "Please verify your credentials")

    def error(self, status: int, words: str) -> Any:
        codes = {400: "bad request", 401: "unauthorized", 404: "not found"}
        titles = {400: "Invalid request", 401: "Unauthorized", 404: "Object not found"}
        code, title = codes.get(status, "error"), titles.get(status, "Error")
        return {"error": {"status": status, "code": code, "title": title, "detail": words}}

    def unknown_url(self, path: str, status: int) -> Problem:
        return Problem(404, GONE)

    def envelope(self, body: Any) -> Any:
        return body if isinstance(body, dict) and "data" in body else {"data": body}

    def data(self, call: Call, kind: type[Any] = dict) -> Any:
        """What the request's envelope holds; 400 where there is none, or another kind of thing in it."""
        data = call.body.get("data") if isinstance(call.body, dict) else None
        if not isinstance(data, kind):
            raise Problem(400, INVALID)
        return data

    def found(self, rows: Mapping[str, Row], key: str) -> Row:
        """The row of that key; 404 where there is none."""
        if key not in rows:
            raise Problem(404, GONE)
        return rows[key]

    def team_in(self, data: Mapping[str, Any]) -> Row:
        """The team that a body names as `{"team": {"slug": …}}`; 400 where there is none such."""
        team = data.get("team")
        slug = team.get("slug") if isinstance(team, dict) else None
        if slug not in self.teams:
            raise Problem(400, INVALID)
        return self.teams[slug]

    def of_wanted_team(self, call: Call, rows: Iterable[Row]) -> list[Row]:
        """Those of `rows` whose team `filter[team]` wants."""
        wanted = call.query("filter[team]")
        return [row for row in rows if not wanted or row["team"]["slug"] == wanted]

    def _owned(self, row: Row) -> Row:
        return {**row, "team": self.teams[row["team"]]}


def fields_of(data: Mapping[str, Any], kinds: Mapping[str, type], emptied: Container[str] = ()) -> Row:
    """The fields that a body gives; 400 for one of another kind, and for a null in one that cannot be `emptied`."""
    given = {field: data[field] for field in kinds if field in data}
    for field, value in given.items():
        if not isinstance(value, kinds[field]) and not (value is None and field in emptied):
            raise Problem(400, INVALID)
    return given


def shown(row: Row, *without: str) -> Row:
    """A row as it is sent: its team by name and slug only."""
    team = {"name": row["team"]["name"], "slug": row["team"]["slug"]}
    return {key: value for key, value in {**row, "team": team}.items() if key not in without}


def _member(person: company.Person) -> Row:
    role = "administrator" if person is company.PEOPLE[0] else "manager" if person.leads else "member"
    return {
        "username": person.username,
        "first_name": person.first,
        "last_name": person.last,
        "avatar": f"{person.username}.jpg" if person.number % 3 else None,
        "email": person.email,
        "role": role,
    }


def _team(team: company.Team) -> Row:
    video = None if team is company.MOBILE else f"https://meet.acme.example/{team.slug}"
    return {"name": team.name, "slug": team.slug, "video_url": video, "mood_enabled": team is company.PLATFORM}
