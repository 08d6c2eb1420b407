"""Organization levels, users, members and teams of the stand-in."""

from datetime import date
from typing import Any

from server.sandbox import Call, Problem, endpoint
from tools import company
from tools.oobeya.sandbox.world import Row, World, body, day, found

LEVEL_FIELDS = ("name", "level", "leadRoles")
NEW_USER = ("name", "surname", "username", "email", "userType", "companyRole")
USER_FIELDS = (*NEW_USER, "roles", "hireDate", "terminationDate")
MEMBER_FIELDS = ("name", "surname", "addonAccounts", "companyRole")
TEAM_FIELDS = (
    "organizationId",
    "organizationName",
    "unitName",
    "unitMembers",
    "unitLeads",
    "includedTeams",
    "upperLevelTeam",
)
LISTS = ("unitMembers", "unitLeads", "includedTeams")
ORGANIZATION = {"organizationId": "org-1", "organizationName": company.NAME}


class People(World):
    """Everyone at the company: an account `user-n` and a member `member-n` each."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self.levels = {
            f"level-{number}": self.record(f"level-{number}", self.start, name=name, level=number, leadRoles=roles)
            for number, name, roles in (
                (1, "Company", [{"key": "CTO", "label": "CTO", "order": 1, "selected": True, "activeUser": False}]),
                (2, "Team", [{"key": "TEAM_LEAD", "label": "Team Lead", "order": 1, "selected": True}]),
            )
        }
        self.members = {f"member-{p.number}": self._member(p) for p in company.PEOPLE}
        self.users = {f"user-{p.number}": self._user(p) for p in company.PEOPLE}
        self.teams = {f"team-{team.slug}": self._team(team) for team in company.TEAMS}

    # Organization levels.

    @endpoint("GET", "/apis/v1/organization-level")
    def list_levels(self, call: Call) -> Any:
        return list(self.levels.values())

    @endpoint("POST", "/apis/v1/organization-level")
    def create_level(self, call: Call) -> Any:
        return self.add(self.levels, "level", body(call, *LEVEL_FIELDS))

    @endpoint("PUT", "/apis/v1/organization-level/{id}")
    def update_level(self, call: Call) -> Any:
        row, fields = found(self.levels, call.path["id"], "Organization level"), body(call, "name")
        return self.change(row, {key: fields.get(key) for key in LEVEL_FIELDS})

    # Users.

    @endpoint("GET", "/apis/v1/users")
    def list_users(self, call: Call) -> Any:
        rows = [self._seen(row) for row in self.users.values() if self._wanted(call, row)]
        return self.page(call, rows)

    @endpoint("POST", "/apis/v1/users")
    def create_user(self, call: Call) -> Any:
        fields = {"roles": ["ROLE_USER"]} | body(call, *NEW_USER)
        if any(row["username"] == fields["username"] for row in self.users.values()):
            raise Problem(409, f"Username already exists: {fields['username']}")
        member = next((m for m in self.members.values() if m["username"] == fields["username"]), None)
        if member is None:
            named = {key: fields.get(key) for key in ("name", "surname", "username", "email", "companyRole")}
            member = self.add(self.members, "member", {"enabled": True, "addonAccounts": [], **named})
        kept = {key: fields.get(key) for key in USER_FIELDS}
        row = self.add(self.users, "user", {**kept, "enabled": True, "locked": False, "developerId": member["id"]})
        return self._seen(row)

    @endpoint("PUT", "/apis/v1/users")
    def update_user(self, call: Call) -> Any:
        # As PUT is meant: what is not sent is gone.
        fields = body(call, "id", "username")
        row = found(self.users, fields["id"], "User")
        return self._seen(self.change(row, {key: fields.get(key) for key in USER_FIELDS}))

    @endpoint("GET", "/apis/v1/users/{id}")
    def get_user(self, call: Call) -> Any:
        row = next((row for row in self.users.values() if row["developerId"] == call.path["id"]), None)
        if row is None:
            raise Problem(404, f"Developer not found: {call.path['id']}")
        return self._seen(row)

    @endpoint("DELETE", "/apis/v1/users/{id}")
    def delete_user(self, call: Call) -> Any:
        del self.users[found(self.users, call.path["id"], "User")["id"]]
        return True

    # Members.

    @endpoint("GET", "/apis/v1/members")
    def list_members(self, call: Call) -> Any:
        rows = [self._seen(row) for row in self.members.values() if self._wanted(call, row)]
        return self.page(call, rows)

    @endpoint("GET", "/apis/v1/members/{id}")
    def get_member(self, call: Call) -> Any:
        return self._seen(found(self.members, call.path["id"], "Member"))

    @endpoint("POST", "/apis/v1/members")
    def create_member(self, call: Call) -> Any:
        fields = body(call, "name")
        kept = {key: fields.get(key) for key in MEMBER_FIELDS}
        row = self.add(self.members, "member", {**kept, "username": fields.get("userName"), "enabled": True})
        if fields.get("id"):
            row["id"] = fields["id"]
            self.members = {member["id"]: member for member in self.members.values()}
        self._join(row["id"], fields.get("teams") or [])
        return self._seen(row)

    @endpoint("PUT", "/apis/v1/members")
    def update_member(self, call: Call) -> Any:
        fields = body(call, "id", "name")
        row = found(self.members, fields["id"], "Member")
        kept = {key: fields.get(key) for key in MEMBER_FIELDS}
        self.change(row, {**kept, "username": fields.get("userName")})
        self._join(row["id"], fields.get("teams") or [])
        return self._seen(row)

    @endpoint("DELETE", "/apis/v1/members/{id}")
    def delete_member(self, call: Call) -> Any:
        row = found(self.members, call.path["id"], "Member")
        seen = self._seen(row)
        self._join(row["id"], [])
        del self.members[row["id"]]
        return seen

    # Teams.

    @endpoint("GET", "/apis/v1/teams")
    def list_teams(self, call: Call) -> Any:
        return self.page(call, self.teams.values())

    @endpoint("GET", "/apis/v1/teams/all")
    def list_all_teams(self, call: Call) -> Any:
        return list(self.teams.values())

    @endpoint("POST", "/apis/v1/teams")
    def create_team(self, call: Call) -> Any:
        fields = body(call, "unitName")
        return self.add(self.teams, "team", self._whole_team(fields))

    @endpoint("PUT", "/apis/v1/teams")
    def replace_team(self, call: Call) -> Any:
        fields = body(call, "id")
        return self.change(found(self.teams, fields["id"], "Team"), self._whole_team(fields))

    @endpoint("PATCH", "/apis/v1/teams/{team}")
    def update_team(self, call: Call) -> Any:
        wanted, fields = call.path["team"], body(call)
        row = next((row for row in self.teams.values() if wanted in (row["id"], row["unitName"])), None)
        if row is None:
            raise Problem(404, f"Team not found: {wanted}")
        kept = {key: value for key, value in fields.items() if key in TEAM_FIELDS}
        for key, adding, removing in (
            ("unitMembers", "addUnitMembers", "removeUnitMembers"),
            ("unitLeads", "addUnitLeads", "removeUnitLeads"),
        ):
            ids = dict.fromkeys([*row[key], *self._known(fields.get(adding) or [])])
            kept[key] = [member for member in ids if member not in (fields.get(removing) or [])]
        self.change(row, kept | self._upper(row, fields))
        return True

    @endpoint("DELETE", "/apis/v1/teams/{id}")
    def delete_team(self, call: Call) -> Any:
        del self.teams[found(self.teams, call.path["id"], "Team")["id"]]
        return True

    @endpoint("POST", "/apis/v1/teams/trigger-analysis")
    def trigger_analysis(self, call: Call) -> Any:
        fields = body(call, "teamIds", "trigger")
        for team in fields["teamIds"]:
            found(self.teams, team, "Team")
        kinds = [kind for kind, wanted in fields["trigger"].items() if wanted]
        return self.note(f"Analysis of {', '.join(fields['teamIds'])} triggered: {', '.join(kinds)}")

    @endpoint("POST", "/apis/v1/teams/sync-analysis")
    def sync_analysis(self, call: Call) -> Any:
        fields = body(call, "teamId")
        return self.note(f"Branches of {found(self.teams, fields['teamId'], 'Team')['id']} synchronised")

    # How the company looks in Oobeya.

    def _member(self, person: company.Person) -> Row:
        return self.record(f"member-{person.number}", self.start, **self._facts(person), addonAccounts=[])

    def _user(self, person: company.Person) -> Row:
        return self.record(
            f"user-{person.number}",
            self.start,
            developerId=f"member-{person.number}",
            **self._facts(person),
            developer=True,
            userType="DB",
            roles=["ROLE_ADMIN" if person.leads else "ROLE_USER"],
            addonAccounts=[],
            avatar=None,
            locked=False,
            deletable=True,
            hireDate="2024-08-17T00:00:00+03:00",
            terminationDate=None,
            ldapKey=None,
        )

    def _facts(self, person: company.Person) -> Row:
        return {
            "name": person.first,
            "surname": person.last,
            "username": person.username,
            "email": person.email,
            "enabled": True,
            "companyRole": person.role,
        }

    def _team(self, team: company.Team) -> Row:
        people = [person for person in company.PEOPLE if person.team is team]
        return self.record(
            f"team-{team.slug}",
            self.start,
            **ORGANIZATION,
            unitName=team.name,
            unitMembers=[f"member-{person.number}" for person in people],
            unitLeads=[f"member-{person.number}" for person in people if person.leads],
            includedTeams=[],
            upperLevelTeam=None,
        )

    def _seen(self, row: Row) -> Row:
        member = row.get("developerId", row["id"])
        teams = [
            {"id": team["id"], "name": team["unitName"]}
            for team in self.teams.values()
            if member in team["unitMembers"]
        ]
        return {**row, "fullName": f"{row['name'] or ''} {row['surname'] or ''}".strip(), "teams": teams}

    def _wanted(self, call: Call, row: Row) -> bool:
        if any(call.query(key) not in (None, row.get(key)) for key in ("username", "email")):
            return False
        for key, field in (
            ("CreationDate", "createdDate"),
            ("HireDate", "hireDate"),
            ("TerminationDate", "terminationDate"),
        ):
            first, last = day(call, f"start{key}"), day(call, f"end{key}")
            if not first and not last:
                continue
            when = row.get(field) and date.fromisoformat(row[field][:10])
            if not when or (first and when < first) or (last and when > last):
                return False
        return True

    def _known(self, members: list[str]) -> list[str]:
        for member in members:
            found(self.members, member, "Member")
        return members

    def _whole_team(self, fields: Row) -> Row:
        whole: Row = {key: fields.get(key, [] if key in LISTS else None) for key in TEAM_FIELDS}
        self._known([*whole["unitMembers"], *whole["unitLeads"]])
        return whole

    def _upper(self, row: Row, fields: Row) -> Row:
        now = row["upperLevelTeam"] or {}
        if now.get("id") in (fields.get("removeUpperTeamIds") or []):
            now = {}
        wanted = fields.get("upperLevelTeamId"), fields.get("upperLevelTeamName")
        if any(wanted):
            upper = next((t for t in self.teams.values() if t["id"] == wanted[0] or t["unitName"] == wanted[1]), None)
            if upper is None:
                raise Problem(404, f"Upper level team not found: {wanted[0] or wanted[1]}")
            now = {key: upper[key] for key in ("id", "organizationId", "organizationName", "unitName")}
        return {"upperLevelTeam": now or None}

    def _join(self, member: str, teams: list[Row]) -> None:
        wanted = {found(self.teams, team.get("id"), "Team")["id"] for team in teams}
        for team in self.teams.values():
            inside = [other for other in team["unitMembers"] if other != member]
            team["unitMembers"] = [*inside, member] if team["id"] in wanted else inside
