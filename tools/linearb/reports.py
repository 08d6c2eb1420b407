"""Reports: files that LinearB puts somewhere else and links to."""

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from typing import Any

from anyio import to_thread

from server.declare import Refusal, Reply, VendorError
from tools.linearb.api import LinearB
from tools.linearb.metrics import legend
from tools.linearb.models import Measurements, ReportLink, Window

NO_DATA = "LinearB has no data for this request."
NUMBER = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d{1,300})?([eE][+-]?\d{1,5})?", re.ASCII)
KINDS = ("contributor", "repository", "team", "service")


async def fetch_report(api: LinearB, reply: Reply) -> Measurements:
    """The report that `reply` links to, as rows, and its link, also where the file cannot be had.

    The link is fetched without the API key.
    """
    link: ReportLink = api.fit(reply, ReportLink)
    found = {"report_url": link.report_url, "detail": link.detail}
    try:
        file = await api.download(link.report_url)
        data = await to_thread.run_sync(_from_csv, file.data) if isinstance(file.data, str) else file.data
        answer = await rows_of(api, replace(file, data=data if isinstance(data, list) or data is None else [data]))
    except (Refusal, VendorError) as error:
        return Measurements(note=f"No rows: {_why(error)} The file is at report_url.", **found)
    return answer.model_copy(update=found)


def _why(error: Refusal | VendorError) -> str:
    if isinstance(error, VendorError) and error.status in (401, 403, 404, 410):
        return f"LinearB's link to the report answered {error.status}: it may have expired. Ask for the report again."
    return str(error)


async def rows_of(api: LinearB, reply: Reply) -> Measurements:
    """Windows with a row a group, or plain rows, as flat rows with a legend.

    Raises VendorError where the answer is neither.
    """
    windows: list[Window] = await api.fitted(reply, list[Window]) if reply.data is not None else []
    rows = [row for window in windows for row in window.rows()]
    return Measurements(note=None if rows else NO_DATA, metrics=legend(rows), items=rows)


def too_few(body: Mapping[str, Any]) -> str | None:
    """A warning where the limit is under the number of ids, since LinearB then answers for some only."""
    limit, asked = body.get("limit"), max(len(body.get(f"{kind}_ids") or []) for kind in KINDS)
    if limit is None or limit >= asked:
        return None
    return f"Partial: limit is {limit} for {asked} ids, so LinearB leaves some out."


def past_the_end(rows: list[dict[str, Any]], body: Mapping[str, Any]) -> str | None:
    """A warning where there are no rows from an offset on, which reads as though there were none at all."""
    offset = body.get("offset")
    if rows or not offset:
        return None
    return f"offset={offset} may be past the end; without it the groups begin at the first."


def following(rows: list[dict[str, Any]], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments that fetch the groups after these; None where there can be none."""
    limit, offset = body.get("limit"), body.get("offset") or 0
    group = body.get("group_by") or "organization"
    groups = max(Counter((row.get("after"), row.get("before")) for row in rows).values(), default=0)
    asked = body.get(f"{group}_ids")
    if not limit or groups < limit or group == "organization" or (asked and offset + limit >= len(asked)):
        return None
    return {"offset": offset + limit}


def _from_csv(text: str) -> list[dict[str, Any]]:
    lines = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=""), restkey="more")
    try:
        return [{str(name): _cell(value) for name, value in line.items() if value not in (None, "")} for line in lines]
    except csv.Error as error:
        raise VendorError(f"The file could not be read as CSV: {error}.") from error


def _cell(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
