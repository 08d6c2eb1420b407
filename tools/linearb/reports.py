"""Reports: files that LinearB puts somewhere else and links to."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from typing import Any

from server.declare import Reply, VendorError
from tools.linearb.api import LinearB
from tools.linearb.metrics import legend
from tools.linearb.models import Measurements, ReportLink, Window

NO_DATA = "LinearB has no data for this request."
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


async def fetch_report(api: LinearB, reply: Reply) -> Measurements:
    """The report that `reply` links to, as rows. The link is fetched without the API key."""
    link: ReportLink = api.fit(reply, ReportLink)
    try:
        file = await api.download(link.report_url)
    except VendorError as error:
        if error.status is None:
            raise
        said = f"LinearB's link to the report answered {error.status}: it may have expired. Ask for the report again."
        raise VendorError(said, status=error.status) from error
    data = _from_csv(file.data) if isinstance(file.data, str) else file.data
    answer = rows_of(api, replace(file, data=data if isinstance(data, list) or data is None else [data]))
    return answer.model_copy(update={"detail": link.detail})


def rows_of(api: LinearB, reply: Reply) -> Measurements:
    """Windows with a row a group, or plain rows, as flat rows with a legend.

    Raises VendorError where the answer is neither.
    """
    windows: list[Window] = api.fit(reply, list[Window]) if reply.data is not None else []
    rows = [row for window in windows for row in window.rows()]
    return Measurements(note=None if rows else NO_DATA, metrics=legend(rows), items=rows)


def too_few(limit: int | None, *ids: list[int] | None) -> str | None:
    """A warning where `limit` is under the number of ids, since LinearB then answers for some only."""
    asked = max(len(given or []) for given in ids)
    if limit is None or limit >= asked:
        return None
    return f"Partial: limit is {limit} for {asked} ids, so LinearB leaves some out."


def _from_csv(text: str) -> list[dict[str, Any]]:
    lines = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=""), restkey="more")
    return [{str(name): _cell(value) for name, value in line.items() if value not in (None, "")} for line in lines]


def _cell(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
