"""Members and teams at Team O'clock's stand-in."""

from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools import company
from tools.teamoclock.sandbox.base import GONE, INVALID, Organization, fields_of
from tools.teamoclock.sandbox.life import Row

MEMBER = dict.fromkeys(("username", "first_name", "last_name", "avatar", "email", "role"), str)
TEAM = {"name": str, "slug": str, "video_url": str, "mood_enabled": bool}
# The document does not say how a field is emptied; a null is what JSON has for it.
EMPTIED = ("first_name", "last_name", "avatar", "video_url")
ROLES = ("administrator", "manager", "member")


class Members(Organization):
    """The members collection."""

    @endpoint("GET", "/members")
    def list_members(self, call: Call) -> Any:
        return [_linked(call, "members", member, "username") for member in self.members.values()]

    @endpoint("POST", "/members")
    def create_member(self, call: Call) -> Any:
        given = self._member_fields(call)
        if not given.get("username") or not given.get("email"):
            raise Problem(400, INVALID)
        member = {**dict.fromkeys(MEMBER), "role": "member", **given}
        self.members[member["username"]] = member
        return Answer(201, _linked(call, "members", member, "username"))

    @endpoint("GET", "/members/{username}")
    def get_member(self, call: Call) -> Any:
        return self.found(self.members, call.path["username"])

    @endpoint("PATCH", "/members/{username}")
    def update_member(self, call: Call) -> Any:
        username = call.path["username"]
        member = self.found(self.members, username)
        member.update(self._member_fields(call, but=username))
        self.members = {row["username"]: row for row in self.members.values()}
        for usernames in self.memberships.values():
            usernames[:] = [member["username"] if name == username else name for name in usernames]
        return member

    @endpoint("DELETE", "/members/{username}")
    def delete_member(self, call: Call) -> Any:
        username = self.found(self.members, call.path["username"])["username"]
        del self.members[username]
        for usernames in self.memberships.values():
            usernames[:] = [name for name in usernames if name != username]
        return Answer(204)

    def _member_fields(self, call: Call, but: str | None = None) -> Row:
        given = fields_of(self.data(call), MEMBER, EMPTIED)
        taken = given.get("username") in self.members.keys() - {but}
        if "" in (given.get("username"), given.get("email")) or taken or given.get("role", "member") not in ROLES:
            raise Problem(400, INVALID)
        return given


class Teams(Organization):
    """The teams collection, with who is in each team."""

    @endpoint("GET", "/teams")
    def list_teams(self, call: Call) -> Any:
        return [_linked(call, "teams", team, "slug") for team in self.teams.values()]

    @endpoint("POST", "/teams")
    def create_team(self, call: Call) -> Any:
        given = fields_of(self.data(call), TEAM)
        slug = given.get("slug") or company.slug_of(given.get("name", "")) or f"team-{len(self.teams) + 1}"
        if not given.get("name") or slug in self.teams:
            raise Problem(400, INVALID)
        self.teams[slug] = {"video_url": None, "mood_enabled": False, **given, "slug": slug}
        self.memberships[slug] = []
        return Answer(201, _linked(call, "teams", self.teams[slug], "slug"))

    @endpoint("GET", "/teams/{slug}")
    def get_team(self, call: Call) -> Any:
        return self.found(self.teams, call.path["slug"])

    @endpoint("PATCH", "/teams/{slug}")
    def update_team(self, call: Call) -> Any:
        slug = call.path["slug"]
        team = self.found(self.teams, slug)
        given = fields_of(self.data(call), TEAM, EMPTIED)
        if "" in (given.get("slug"), given.get("name")) or given.get("slug") in self.teams.keys() - {slug}:
            raise Problem(400, INVALID)
        team.update(given)
        self.teams = {row["slug"]: row for row in self.teams.values()}
        self.memberships[team["slug"]] = self.memberships.pop(slug)
        self.renamed(team)
        return team

    @endpoint("DELETE", "/teams/{slug}")
    def delete_team(self, call: Call) -> Any:
        team = self.found(self.teams, call.path["slug"])
        del self.teams[team["slug"]], self.memberships[team["slug"]]
        self.forget(team)
        return Answer(204)

    def renamed(self, team: Row) -> None:
        """Follow a team's slug where something else goes by it."""

    def forget(self, team: Row) -> None:
        """Drop what belonged to a deleted team."""
        for rows in (self.action_items, self.timeline):
            for key in [key for key, row in rows.items() if row["team"] is team]:
                del rows[key]

    @endpoint("GET", "/teams/{slug}/members")
    def list_team_members(self, call: Call) -> Any:
        team = self.found(self.teams, call.path["slug"])
        rows = [self.members[username] for username in self.memberships[team["slug"]]]
        return [_linked(call, "members", member, "username") for member in rows]

    @endpoint("POST", "/teams/{slug}/members")
    def add_team_members(self, call: Call) -> Any:
        present = self._usernames_of(call)
        given = self._given_usernames(call, unknown=Problem(400, INVALID))
        present += [name for name in given if name not in present]
        return Answer(204)

    @endpoint("DELETE", "/teams/{slug}/members")
    def remove_team_members(self, call: Call) -> Any:
        present, leaving = self._usernames_of(call), self._given_usernames(call, unknown=Problem(404, GONE))
        present[:] = [name for name in present if name not in leaving]
        return Answer(204)

    def _usernames_of(self, call: Call) -> list[str]:
        return self.memberships[self.found(self.teams, call.path["slug"])["slug"]]

    def _given_usernames(self, call: Call, unknown: Problem) -> list[str]:
        usernames = [row.get("username") if isinstance(row, dict) else None for row in self.data(call, list)]
        known = [username for username in usernames if username in self.members]
        if len(known) < len(usernames):
            raise unknown
        return known


def _linked(call: Call, collection: str, row: Row, key: str) -> Row:
    return {**row, "links": {"self": f"{call.url}/{collection}/{row[key]}"}}
