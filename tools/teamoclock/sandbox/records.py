"""Action items and the timeline at Team O'clock's stand-in."""

from datetime import UTC, datetime
from typing import Any

from server.sandbox import Answer, Call, Problem, endpoint
from tools.teamoclock.sandbox.base import INVALID, Organization, fields_of, shown
from tools.teamoclock.sandbox.life import Row

PAGE = 100
TYPES = ("standup", "planpoker", "retro")


class Records(Organization):
    """The action items and timeline collections, newest first and 100 a page."""

    @endpoint("GET", "/actionitems")
    def list_action_items(self, call: Call) -> Any:
        status = call.query("filter[status]")
        if status not in (None, "", "open", "resolved"):
            raise Problem(400, INVALID)
        rows = self.of_wanted_team(call, self.action_items.values())
        return self._page(call, "actionitems", [r for r in rows if not status or r["resolved"] == (status != "open")])

    @endpoint("POST", "/actionitems")
    def create_action_item(self, call: Call) -> Any:
        data = self.data(call)
        given = fields_of(data, {"text": str, "resolved": bool})
        team = self.team_in(data)
        if not given.get("text"):
            raise Problem(400, INVALID)
        item = {"id": f"A{next(self.numbers)}", "resolved": False, **given, "links": {"jira": None}, "team": team}
        self.action_items[item["id"]] = item
        return Answer(201, shown(item))

    @endpoint("GET", "/actionitems/{id}")
    def get_action_item(self, call: Call) -> Any:
        return shown(self.found(self.action_items, call.path["id"]))

    @endpoint("PATCH", "/actionitems/{id}")
    def update_action_item(self, call: Call) -> Any:
        item = self.found(self.action_items, call.path["id"])
        given = fields_of(self.data(call), {"text": str, "resolved": bool})
        if given.get("text") == "":
            raise Problem(400, INVALID)
        item.update(given)
        return shown(item)

    @endpoint("DELETE", "/actionitems/{id}")
    def delete_action_item(self, call: Call) -> Any:
        del self.action_items[self.found(self.action_items, call.path["id"])["id"]]
        return Answer(204)

    @endpoint("GET", "/timeline")
    def list_timeline(self, call: Call) -> Any:
        since, wanted = call.query("filter[since]"), call.query("filter[type]")
        if wanted and wanted not in TYPES:
            raise Problem(400, INVALID)
        latest = _moment(since) if since else self.now()
        rows = [r for r in self.timeline.values() if not wanted or r["type"] == wanted]
        rows = [row for row in rows if _moment(row["date"]) <= latest]
        brief = [{key: row[key] for key in ("id", "type", "date", "team")} for row in rows]
        return self._page(call, "timeline", brief, linked=True)

    @endpoint("GET", "/timeline/{id}")
    def get_record(self, call: Call) -> Any:
        record = shown(self.found(self.timeline, call.path["id"]))
        if record["type"] == "retro":
            items = record["action_items"]
            record["action_items"] = [{key: i[key] for key in ("id", "text", "resolved", "links")} for i in items]
        return record

    @endpoint("DELETE", "/timeline/{id}")
    def delete_record(self, call: Call) -> Any:
        del self.timeline[self.found(self.timeline, call.path["id"])["id"]]
        return Answer(204)

    def _page(self, call: Call, path: str, rows: list[Row], linked: bool = False) -> Row:
        """The rows after the cursor, which is the number in the last id of the page before."""
        cursor, url = call.query("cursor") or "", f"{call.url}/{path}"
        if cursor and not cursor.isdigit():
            raise Problem(400, INVALID)
        newest_first = sorted(rows, key=_number, reverse=True)
        rest = [row for row in newest_first if not cursor or _number(row) < int(cursor)]
        page = [shown(row) for row in rest[:PAGE]]
        if linked:
            page = [{**row, "links": {"self": f"{url}/{row['id']}"}} for row in page]
        following = f"{url}?cursor={_number(page[-1])}" if len(rest) > PAGE else None
        return {"data": page, "links": {"self": url, "next": following}}


def _number(row: Row) -> int:
    return int(row["id"][1:])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(400, INVALID) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
