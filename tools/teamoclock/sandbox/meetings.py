"""Running stand-ups, planning pokers and retrospectives at Team O'clock's stand-in."""

from datetime import date
from itertools import count
from random import Random
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.teamoclock.sandbox.base import INVALID, SITE, Organization, shown
from tools.teamoclock.sandbox.life import COLUMNS, JIRA, QUESTIONS, Row, at, average


class Meetings(Organization):
    """What the three kinds have in common. A team's only stand-up or planning poker goes by its slug."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.random = Random(5)

    def meeting(self, kind: str, name: str, team: Row, number: str, state: Row, when: str | None = None) -> Row:
        """A running meeting; `kind` is as in URLs."""
        return {
            "id": number,
            "name": f"{team['name']} {name}",
            "date": when or self.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "url": f"{SITE}/{kind}/{number}",
            "team": team,
            "state": state,
        }

    def listed(self, call: Call, kind: str, meeting: Row) -> Row:
        """A meeting as lists and creations show it."""
        return {**shown(meeting, "state"), "links": {"self": f"{call.url}/{kind}/{meeting['id']}"}}

    def facilitator(self, data: Row, team: Row) -> Row:
        """The member that a body names; without one, any member of the team."""
        given = data.get("facilitator")
        if given is None:
            usernames = self.memberships[team["slug"]]
            return {"username": self.random.choice(usernames) if usernames else None}
        username = given.get("username") if isinstance(given, dict) else None
        if username not in self.members:
            raise Problem(400, INVALID)
        return {"username": username}


class Standups(Meetings):
    """The stand-up collection; two teams have a running one."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.standups: dict[str, Row] = {}
        for team in (company.PLATFORM, company.PAYMENTS):
            answers = self.life.standup(today, team, self.life.people[team][:3])
            for number, answer in enumerate(answers):
                answer["questions"]["q_ts"] = 3435232523 + number
            state = {
                "questions": QUESTIONS,
                "roundup_notes": [{"text": "The retrospective is at two", "id": 23423}],
                "member_notes": answers,
            }
            self._open_standup(self.teams[team.slug], state, at(today, 9, 30))

    @endpoint("GET", "/standup")
    def list_standups(self, call: Call) -> Any:
        return [self.listed(call, "standup", row) for row in self.of_wanted_team(call, self.standups.values())]

    @endpoint("POST", "/standup")
    def create_standup(self, call: Call) -> Any:
        team = self.team_in(self.data(call))
        running = [row for row in self.standups.values() if row["team"] is team]
        state = {"questions": QUESTIONS, "roundup_notes": [], "member_notes": []}
        standup = running[0] if running else self._open_standup(team, state)
        return Answer(200 if running else 201, self.listed(call, "standup", standup))

    @endpoint("GET", "/standup/{id}")
    def get_standup(self, call: Call) -> Any:
        return shown(self.found(self.standups, call.path["id"]))

    @endpoint("DELETE", "/standup/{id}")
    def delete_standup(self, call: Call) -> Any:
        del self.standups[self.found(self.standups, call.path["id"])["id"]]
        return Answer(204)

    def _open_standup(self, team: Row, state: Row, when: str | None = None) -> Row:
        standup = self.meeting("standup", "standup", team, team["slug"], state, when)
        self.standups[standup["id"]] = standup
        return standup


class PlanningPokers(Meetings):
    """The planning poker collection; the platform team has a running one."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.planning_pokers: dict[str, Row] = {}
        self.task_numbers = count(1)
        poker = self._open_planning_poker(self.teams["platform"], {"username": "mona.keller"}, at(today, 10))
        for number, text in enumerate(self.life.next_tasks(company.PLATFORM)):
            task = self._add_task(poker, text)
            # Four are done, at the fifth half the team has voted, the last is next.
            voters = self.life.votes(company.PLATFORM, text)[: (4, 4, 4, 4, 2, 0)[number]]
            task.update(status="completed" if number < 4 else "active", voters=voters)
            task["avg_vote"] = average(voters) if voters else None
            task["links"]["jira"] = f"{JIRA}/PLA-{number + 400}"

    @endpoint("GET", "/planpoker")
    def list_planning_pokers(self, call: Call) -> Any:
        rows = self.of_wanted_team(call, self.planning_pokers.values())
        return [self.listed(call, "planpoker", row) for row in rows]

    @endpoint("POST", "/planpoker")
    def create_planning_poker(self, call: Call) -> Any:
        data = self.data(call)
        team = self.team_in(data)
        facilitator = self.facilitator(data, team)
        running = [row for row in self.planning_pokers.values() if row["team"] is team]
        poker = running[0] if running else self._open_planning_poker(team, facilitator)
        return Answer(200 if running else 201, self.listed(call, "planpoker", poker))

    @endpoint("GET", "/planpoker/{id}")
    def get_planning_poker(self, call: Call) -> Any:
        return shown(self._poker(call))

    @endpoint("DELETE", "/planpoker/{id}")
    def delete_planning_poker(self, call: Call) -> Any:
        del self.planning_pokers[self._poker(call)["id"]]
        return Answer(204)

    @endpoint("GET", "/planpoker/{id}/tasks")
    def list_tasks(self, call: Call) -> Any:
        return self._poker(call)["state"]["tasks"]

    @endpoint("POST", "/planpoker/{id}/tasks")
    def create_task(self, call: Call) -> Any:
        poker, text = self._poker(call), self.data(call).get("text")
        if not isinstance(text, str) or not text:
            raise Problem(400, INVALID)
        return Answer(201, self._add_task(poker, text))

    @endpoint("GET", "/planpoker/{id}/tasks/{task_id}")
    def get_task(self, call: Call) -> Any:
        task = self._task(call)
        return {**task, "links": {"jira": task["links"]["jira"]}}

    @endpoint("DELETE", "/planpoker/{id}/tasks/{task_id}")
    def delete_task(self, call: Call) -> Any:
        self._poker(call)["state"]["tasks"].remove(self._task(call))
        return Answer(204)

    def _poker(self, call: Call) -> Row:
        return self.found(self.planning_pokers, call.path["id"])

    def _task(self, call: Call) -> Row:
        tasks = {task["id"]: task for task in self._poker(call)["state"]["tasks"]}
        return self.found(tasks, call.path["task_id"])

    def _open_planning_poker(self, team: Row, facilitator: Row, when: str | None = None) -> Row:
        state: Row = {"value_mapping": {}, "facilitator": facilitator, "tasks": []}
        poker = self.meeting("planpoker", "planning poker", team, team["slug"], state, when)
        self.planning_pokers[poker["id"]] = poker
        return poker

    def _add_task(self, poker: Row, text: str) -> Row:
        number = f"t{next(self.task_numbers):02}"
        # As in the document, a task's link to itself lacks the API's path.
        links = {"jira": None, "self": f"{SITE}/planpoker/{poker['id']}/tasks/{number}"}
        task: Row = {"id": number, "status": "active", "text": text, "links": links, "avg_vote": None, "voters": []}
        poker["state"]["tasks"].append(task)
        return task


class Retros(Meetings):
    """The retrospective collection: the platform team discusses one, the payments team gathers notes."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.retros: dict[str, Row] = {}
        self.retro_numbers = count(1)
        self._seed_retro(company.PLATFORM, "discuss", (6, 5, 3), at(today, 14))
        self._seed_retro(company.PAYMENTS, "gather", (2, 2, 1), at(today, 15))

    @endpoint("GET", "/retro")
    def list_retros(self, call: Call) -> Any:
        return [self.listed(call, "retro", row) for row in self.of_wanted_team(call, self.retros.values())]

    @endpoint("POST", "/retro")
    def create_retro(self, call: Call) -> Any:
        data = self.data(call)
        team = self.team_in(data)
        return Answer(201, self.listed(call, "retro", self._open_retro(team, self.facilitator(data, team))))

    @endpoint("GET", "/retro/{id}")
    def get_retro(self, call: Call) -> Any:
        return shown(self.found(self.retros, call.path["id"]))

    @endpoint("DELETE", "/retro/{id}")
    def delete_retro(self, call: Call) -> Any:
        del self.retros[self.found(self.retros, call.path["id"])["id"]]
        return Answer(204)

    def _seed_retro(self, team: company.Team, stage: str, sizes: tuple[int, int, int], when: str) -> None:
        authors = [person.username for person in self.life.people[team]]
        retro = self._open_retro(self.teams[team.slug], {"username": authors[0]}, when)
        notes = self.life.notes(team, len(self.life.days) // 5 - 1, sizes)
        retro["state"]["stage"] = stage
        retro["state"]["notes"] = [
            {
                "id": f"n{number:02}",
                **note,
                "votes": note["votes"] if stage == "discuss" else 0,
                "author": authors[number % len(authors)],
                "group": "",
                "edits": [],
                "voters": [],
            }
            for number, note in enumerate(notes, 1)
        ]
        if stage == "discuss":
            unresolved = [i for i in self.action_items.values() if i["team"]["slug"] == team.slug and not i["resolved"]]
            retro["state"]["action_items"] = [{"id": i["id"], "text": i["text"]} for i in unresolved[-3:]]

    def _open_retro(self, team: Row, facilitator: Row, when: str | None = None) -> Row:
        state: Row = {
            "stage": "gather",
            "max_votes": 5,
            "public_voting": False,
            "anonymous_notes": False,
            "hide_im_actionitems": False,
            "facilitator": facilitator,
            "columns": COLUMNS,
            "notes": [],
            "action_items": [],
        }
        number = f"r204c36ysi7z{next(self.retro_numbers):02}"
        self.retros[number] = self.meeting("retro", "retrospective", team, number, state, when)
        return self.retros[number]
