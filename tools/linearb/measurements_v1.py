"""Measurements V1: LinearB generates a report, which is waited for and fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

import anyio
from pydantic import Field

from server.declare import Refusal, Reply, Since, Until, VendorError, VendorModel, iso
from tools.linearb import linearb
from tools.linearb.api import LinearB, asked_for
from tools.linearb.arguments import (
    Contributor,
    Days,
    Format,
    Limit,
    Offset,
    Repository,
    RollUp,
    Service,
    Team,
    TimeRange,
    covered,
    first_of,
    last_of,
    numbers,
)
from tools.linearb.contributors import contributor_ids as ids_of
from tools.linearb.metrics import NOT_MEASURED, V1Metric, limits_of_pm
from tools.linearb.models import Measurements
from tools.linearb.reports import NO_DATA, fetch_report, following, past_the_end, too_few

measurements_v1 = linearb.toolset("measurements_v1", "Measurements V1, deprecated since 2023-10-01.")

REPORTS = "/api/v1/exporter/measurements"


def _needed(kind: str) -> Any:
    return Field(min_length=1, description=f"Ids or names; required to group by {kind}")


class Queued(VendorModel):
    """A report that LinearB will generate; without its id it could not be asked for."""

    request_id: str


GroupBy = Literal["contributor", "repository", "team", "service", "organization"]


@measurements_v1.read(cached=False)
async def create_measurements_report(
    api: LinearB,
    requested_metrics: Annotated[list[V1Metric], Field(min_length=1, description=NOT_MEASURED)],
    add_context: Annotated[bool | None, Field(description="Add context")] = None,
    group_by: GroupBy | None = None,
    order_by: Annotated[str | None, Field(description="Field to order by")] = None,
    contributor_ids: Annotated[list[Contributor] | None, _needed("contributor")] = None,
    repository_ids: Annotated[list[Repository] | None, _needed("repository")] = None,
    team_ids: Annotated[list[Team] | None, _needed("team")] = None,
    service_ids: Annotated[list[Service] | None, _needed("service")] = None,
    before: Annotated[Until | None, Field(description="Day or ISO 8601; with after, not with time_ranges")] = None,
    after: Annotated[Since | None, Field(description="Day or ISO 8601; with before, not with time_ranges")] = None,
    time_ranges: Days | None = None,
    limit: Annotated[Limit | None, Field(description="Most objects; at least as many as ids were given")] = None,
    offset: Offset | None = None,
    return_no_data: Annotated[bool | None, Field(description="Keep nulls, which are dropped otherwise")] = None,
    file_format: Annotated[Format | None, Field(description="Default json")] = None,
    roll_up: RollUp = "custom",
) -> Measurements:
    """Deprecated by LinearB since 2023-10-01: prefer linearb_get_measurements.

    Waits up to 45 s for the report and answers with its rows; give before and after, or time_ranges.
    """
    period = _period(before, after, time_ranges)
    ids = {
        "contributor_ids": await ids_of(api, contributor_ids),
        "repository_ids": numbers("repository_ids", repository_ids),
        "team_ids": numbers("team_ids", team_ids),
        "service_ids": numbers("service_ids", service_ids),
    }
    if group_by and group_by != "organization" and not ids[f"{group_by}_ids"]:
        raise Refusal(f"Nothing was sent: group_by {group_by} needs {group_by}_ids.")
    body = {
        "requested_metrics": requested_metrics,
        "add_context": add_context,
        "group_by": group_by,
        "order_by": order_by,
        **ids,
        "before": iso(last_of(before)),
        "after": iso(first_of(after)),
        "time_ranges": [one.wire() for one in time_ranges] if time_ranges else None,
        "limit": limit,
        "offset": offset,
        "return_no_data": return_no_data,
        "file_format": file_format,
        "roll_up": roll_up,
    }
    with _steering_to_v2():
        reply = await api.request("POST", REPORTS, body=body, spends=True)
    if period:
        api.notes.append(covered(period))
    if reply.status == 204:
        api.notes += filter(None, [asked_for(ids)])
        return Measurements(note=" ".join(filter(None, [NO_DATA, past_the_end([], body)])))
    queued: Queued = api.fit(reply, Queued)
    report = await _awaited(api, queued.request_id)
    said = [report.note, past_the_end(report.items, body), too_few(body), limits_of_pm(requested_metrics)]
    note = " ".join(filter(None, said)) or None
    return report.model_copy(update={"note": note, "next": following(report.items, body)})


@measurements_v1.read(resource="reports/{request_id}", cached=False)
async def get_measurements_report(
    api: LinearB, request_id: Annotated[str, Field(description="From linearb_create_measurements_report")]
) -> Measurements:
    """The rows of a V1 report, if it is ready. V1 is deprecated since 2023-10-01: prefer linearb_get_measurements."""
    return await _read(api, request_id, await _look(api, request_id))


def _period(before: datetime | None, after: datetime | None, time_ranges: list[TimeRange] | None) -> list[TimeRange]:
    """The periods that are asked for, if any. Raises Refusal where they are given twice or by halves."""
    if time_ranges and (before or after):
        raise Refusal("Nothing was sent: give either before and after, or time_ranges.")
    if bool(before) != bool(after):
        raise Refusal("Nothing was sent: before and after go together.")
    return [TimeRange(after=after, before=before)] if after and before else time_ranges or []


async def _awaited(api: LinearB, request_id: str) -> Measurements:
    """The report, once it is ready. An error on the way names it, since it exists all the same."""
    try:
        return await _read(api, request_id, await _finished(api, request_id))
    except VendorError as error:
        said = f"{error} The report is {request_id}, for linearb_get_measurements_report."
        raise VendorError(said, status=error.status) from error


async def _finished(api: LinearB, request_id: str) -> Reply | None:
    """The answer about a report, waited for within a bound; None where it did not get ready in time."""
    start, longest = anyio.current_time(), api.seconds_to_wait
    with anyio.move_on_after(longest):
        for pause in api.patience.pauses():
            reply = await _look(api, request_id)
            if reply.status != 202:
                return reply
            await api.report(anyio.current_time() - start, longest, f"LinearB is generating report {request_id}")
            await anyio.sleep(pause)
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
