"""What all parts of Oobeya's stand-in share: credentials, envelope, errors, pages, ids, the log."""

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from itertools import count
from math import ceil
from typing import Any

from server.sandbox import Call, Problem, StandIn

API_KEY = "okey-sandbox"
JWT = "jwt-sandbox"

Row = dict[str, Any]
Rows = MutableMapping[str, Row]


class World(StandIn):
    """Enveloped answers, 0-based pages, errors worded as Spring does (Oobeya's are undocumented)."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._answers = count(1)
        self.start = datetime.combine(today, time(6), UTC) - timedelta(weeks=6)
        self.log = [f"{stamp(self.start)} INFO Oobeya started"]

    def authenticate(self, call: Call) -> None:
        headers = call.request.headers
        if headers.get("oobeya-api-key") not in self.tokens() and headers.get("authorization") != f"Bearer {JWT}":
            raise Problem(401, "Invalid API key or token")

    def tokens(self) -> set[str]:
        """The API keys that are good."""
        return {API_KEY}

    def error(self, status: int, words: str) -> Any:
        return {"status": status, "error": HTTPStatus(status).phrase, "message": words}

    def envelope(self, body: Any) -> Any:
        # The log is text, and the document shows the DORA summary without an envelope.
        if isinstance(body, str) or (isinstance(body, dict) and "leadTimeForChanges" in body):
            return body
        return {"version": "1.0", "referenceId": f"ref-{next(self._answers):04d}", "payload": body}

    def note(self, words: str) -> bool:
        """Write a line to the log; the true that such calls answer."""
        self.log.append(f"{stamp(self.now())} INFO {words}")
        return True

    def record(self, identity: str, at: datetime | None = None, **fields: Any) -> Row:
        """An object with its audit fields."""
        when = stamp(at or self.now())
        audit = {"createdDate": when, "modifyDate": when, "createdUser": "user-1", "modifyUser": "user-1"}
        return {"id": identity, **audit, "version": 1, "deletedDate": None, **fields}

    def add(self, rows: Rows, kind: str, fields: Mapping[str, Any]) -> Row:
        """A new object under the next free id."""
        identity = next(name for n in count(len(rows) + 1) if (name := f"{kind}-{n}") not in rows)
        rows[identity] = self.record(identity, **fields)
        return rows[identity]

    def change(self, row: Row, fields: Mapping[str, Any]) -> Row:
        """The object with these fields new."""
        row.update(fields, modifyDate=stamp(self.now()), version=row["version"] + 1)
        return row

    def page(self, call: Call, rows: Iterable[Row]) -> Row:
        """One page of rows, as the list endpoints answer it."""
        every = _sorted(rows, call.queries("sort") or ["modifyDate:DESC"])
        page, size = _number(call, "page", 0), _number(call, "size", 10) or 10
        pages = ceil(len(every) / size)
        return {
            "contents": every[page * size : (page + 1) * size],
            "size": size,
            "page": page,
            "totalElements": len(every),
            "totalPages": pages,
            "isLast": page + 1 >= pages,
            "isSorted": True,
            "headerFilter": {},
        }


def stamp(moment: datetime) -> str:
    """A moment as Oobeya writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def found(rows: Rows, identity: Any, kind: str) -> Row:
    """The object with this id. Raises Problem 404."""
    if identity not in rows:
        raise Problem(404, f"{kind} not found: {identity}")
    return rows[identity]


def body(call: Call, *required: str) -> Row:
    """The request's JSON object. Raises Problem 400 where a required field is missing."""
    fields = call.body
    if not isinstance(fields, dict):
        raise Problem(400, "Required request body is missing")
    for name in required:
        if fields.get(name) in (None, "", []):
            raise Problem(400, f"{name} must not be blank")
    return fields


def day(call: Call, name: str) -> date | None:
    """A date of the query. Raises Problem 400 where it is none."""
    try:
        return date.fromisoformat(text) if (text := call.query(name)) else None
    except ValueError:
        raise Problem(400, f"{name} must be a date like 2025-01-31") from None


def _number(call: Call, name: str, default: int) -> int:
    text = call.query(name)
    if text is None:
        return default
    if not text.isdigit():
        raise Problem(400, f"{name} must be a number")
    return int(text)


def _sorted(rows: Iterable[Row], orders: list[str]) -> list[Row]:
    every = list(rows)
    for order in reversed(orders):
        field, _, direction = order.partition(":")
        every.sort(key=lambda row, field=field: str(row.get(field) or ""), reverse=direction.upper() == "DESC")  # type: ignore[misc]
    return every
