"""Measurements V1: LinearB generates a report, which is waited for and fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import anyio
from pydantic import Field

from server.declare import Refusal, Reply, VendorError, VendorModel, iso
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.metrics import V1Metric
from tools.linearb.models import Format, Measurements, RollUp, TimeRange, When
from tools.linearb.reports import NO_DATA, fetch_report, too_few

measurements_v1 = linearb.toolset("measurements_v1", "Measurements V1, deprecated since 2023-10-01.")

REPORTS = "/api/v1/exporter/measurements"
LONGEST_WAIT = 45.0  # seconds; clients give up after 60, and progress does not make them wait longer
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 8.0


class Queued(VendorModel):
    """A report that LinearB will generate; without its id it could not be asked for."""

    request_id: str


GroupBy = Literal["contributor", "repository", "team", "service", "organization"]


@measurements_v1.read(cached=False)
async def create_measurements_report(
    api: LinearB,
    requested_metrics: Annotated[list[V1Metric], Field(min_length=1)],
    add_context: bool | None = None,
    group_by: GroupBy | None = None,
    order_by: str | None = None,
    contributor_ids: list[int] | None = None,
    repository_ids: list[int] | None = None,
    team_ids: list[int] | None = None,
    service_ids: list[int] | None = None,
    before: When | None = None,
    after: When | None = None,
    time_ranges: list[TimeRange] | None = None,
    limit: int | None = None,
    offset: int | None = None,
    return_no_data: bool | None = None,
    file_format: Format | None = None,
    roll_up: RollUp | None = None,
) -> Measurements:
    """Deprecated by LinearB since 2023-10-01: prefer linearb_get_measurements.

    Waits up to 45 s for the report and answers with its rows; give before and after, or time_ranges.
    """
    ids = {"contributor": contributor_ids, "repository": repository_ids, "team": team_ids, "service": service_ids}
    _check_period(before, after, time_ranges)
    if group_by and group_by in ids and not ids[group_by]:
        raise Refusal(f"Nothing was sent: group_by {group_by} needs {group_by}_ids.")
    body = {
        "requested_metrics": requested_metrics,
        "add_context": add_context,
        "group_by": group_by,
        "order_by": order_by,
        **{f"{kind}_ids": given for kind, given in ids.items()},
        "before": iso(before),
        "after": iso(after),
        "time_ranges": [period.wire() for period in time_ranges] if time_ranges else None,
        "limit": limit,
        "offset": offset,
        "return_no_data": return_no_data,
        "file_format": file_format,
        "roll_up": roll_up,
    }
    with _steering_to_v2():
        reply = await api.request("POST", REPORTS, body=body)
    if reply.status == 204:
        return Measurements(note=NO_DATA)
    queued: Queued = api.fit(reply, Queued)
    report = await _awaited(api, queued.request_id)
    return report.model_copy(update={"note": report.note or too_few(limit, *ids.values())})


@measurements_v1.read(resource="reports/{request_id}", cached=False)
async def get_measurements_report(
    api: LinearB, request_id: Annotated[str, Field(description="From linearb_create_measurements_report")]
) -> Measurements:
    """The rows of a V1 report, if it is ready. V1 is deprecated since 2023-10-01: prefer linearb_get_measurements."""
    return await _read(api, request_id, await _look(api, request_id))


def _check_period(before: When | None, after: When | None, time_ranges: list[TimeRange] | None) -> None:
    if time_ranges and (before or after):
        raise Refusal("Nothing was sent: give either before and after, or time_ranges.")
    if bool(before) != bool(after):
        raise Refusal("Nothing was sent: before and after go together.")


async def _awaited(api: LinearB, request_id: str) -> Measurements:
    """The report, once it is ready. An error on the way names it, since it exists all the same."""
    try:
        return await _read(api, request_id, await _finished(api, request_id))
    except VendorError as error:
        said = f"{error} The report is {request_id}, for linearb_get_measurements_report."
        raise VendorError(said, status=error.status) from error


async def _finished(api: LinearB, request_id: str) -> Reply | None:
    """The answer about a report, waited for within a bound; None where it did not get ready in time."""
    start, pause = anyio.current_time(), FIRST_PAUSE
    with anyio.move_on_after(LONGEST_WAIT):
        while (reply := await _look(api, request_id)).status == 202:
            waited = anyio.current_time() - start
            await api.report(waited, LONGEST_WAIT, f"LinearB is generating report {request_id}")
            await anyio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return reply
    return None


async def _look(api: LinearB, request_id: str) -> Reply:
    with _steering_to_v2():
        return await api.request("GET", f"{REPORTS}/{{}}", request_id)


async def _read(api: LinearB, request_id: str, reply: Reply | None) -> Measurements:
    if reply is None or reply.status == 202:
        note = "LinearB is still generating the report: ask linearb_get_measurements_report for it in a while."
        return Measurements(note=note, request_id=request_id)
    if reply.status == 204:
        note = "LinearB has no such report: it had no data, never existed, or has expired."
        return Measurements(note=note, request_id=request_id)
    report = await fetch_report(api, reply)
    return report.model_copy(update={"request_id": request_id})


@contextmanager
def _steering_to_v2() -> Iterator[None]:
    """Say what to use instead where V1 is gone; LinearB's OpenAPI document no longer has it."""
    try:
        yield
    except VendorError as error:
        if error.status not in (404, 405, 410):
            raise
        said = f"LinearB answered {error.status}: V1 may be switched off. Use linearb_get_measurements."
        raise VendorError(said, status=error.status) from error
