"""Incidents, which LinearB's change failure rate and mean time to repair are made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from server.declare import (
    Change,
    Done,
    Exactly,
    Fields,
    Moment,
    Page,
    Preview,
    Refusal,
    changes,
    covering,
    deletes,
    narrowed,
    restores,
    snapshot,
    utc,
)
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.arguments import DateFilter, Direction, Offset, ProviderId, ServiceName, TeamName, UpTo100
from tools.linearb.models import Incident

incidents = linearb.toolset("incidents", "Incidents, the source of change failure rate and time to repair.")

PATH = "/api/v1/incidents/{}"
WRITABLE = ("title", "issued_at", "started_at", "ended_at", "git_ref", "teams", "services", "repository_urls")
CAN_BE_EMPTY = ("started_at", "ended_at", "git_ref")

SHOWN = ("provider_id", "title", "status", "issued_at", "started_at", "ended_at", "teams", "services")

Urls = Annotated[list[str], Field(description="Exactly as LinearB has them")]


class Details(TypedDict, total=False):
    """What an incident may have."""

    started_at: Moment | None
    ended_at: Annotated[Moment | None, Field(description="When it was resolved")]
    git_ref: Annotated[str | None, Field(description="Commit or tag of the release that caused it")]
    teams: Annotated[list[TeamName], Field(min_length=1)]
    services: Annotated[list[ServiceName], Field(min_length=1)]
    repository_urls: Annotated[Urls, Field(min_length=1)]


class IncidentFields(Details, total=False):
    """What can be changed of an incident."""

    title: str
    issued_at: Moment


@incidents.read(resource="incidents")
async def search_incidents(
    api: LinearB,
    repository_urls: Urls | None = None,
    services: list[ServiceName] | None = None,
    teams: list[TeamName] | None = None,
    statuses: list[Literal["open", "in-progress", "closed", "deleted"]] | None = None,
    sort_by: Literal["issued_at", "started_at", "ended_at"] | None = None,
    sort_dir: Direction | None = None,
    issued_at: DateFilter | None = None,
    started_at: DateFilter | None = None,
    ended_at: DateFilter | None = None,
    limit: Annotated[UpTo100 | None, Field(description="Default 25")] = None,
    offset: Offset | None = None,
    fields: Fields | None = None,
) -> Page[Any]:
    """Incidents, latest first. Many carry no repository, so a search by repository may miss them."""
    asked = {"repository_urls": repository_urls, "services": services, "teams": teams, "statuses": statuses}
    periods = {"issued_at": issued_at, "started_at": started_at, "ended_at": ended_at}
    body = {
        **asked,
        "sort_by": sort_by,
        "sort_dir": sort_dir,
        **{name: period and period.wire() for name, period in periods.items()},
        "limit": limit,
        "offset": offset,
    }
    for name, period in periods.items():
        if period:
            api.notes.append(f"{name}: {covering(period.after, period.before)}")
    reply = await api.request("POST", "/api/v1/incidents/search", body=body)
    return narrowed(await api.page(reply, Incident, offset or 0, **asked), SHOWN, fields, api.notes)


@incidents.read(resource="incidents/{provider_id}")
async def get_incident(api: LinearB, provider_id: ProviderId) -> Incident:
    """One incident."""
    return await api.get(PATH, provider_id, returns=Incident)


@incidents.write(undo=deletes("delete_incident"))
async def create_incident(
    api: LinearB,
    provider_id: Annotated[str, Field(description="Its id in your PM tool")],
    http_url: Annotated[str, Field(description="Its page in your PM tool")],
    title: str,
    issued_at: Moment,
    **details: Unpack[Details],
) -> Done:
    """Report an incident, which LinearB counts in its metrics."""
    fields = {"title": title, "issued_at": issued_at, **details}
    await api.post("/api/v1/incidents", body={"provider_id": provider_id, "http_url": http_url, **_sent(fields)})
    return Done(done=f"Incident “{title}” ({provider_id}) created, issued {utc(issued_at)}.")


async def _now(api: LinearB, provider_id: str) -> Preview:
    incident = snapshot(await get_incident(api, provider_id))
    if incident.get("provider_id", provider_id) != provider_id:
        raise Refusal(f"LinearB answered with another incident, {incident['provider_id']}.")
    title = incident.get("title", "without a title")
    before = {"http_url": incident.get("http_url"), "status": incident.get("status"), **_writable(incident)}
    return Preview(what=f"Incident “{title}” ({provider_id})", name=title, before=before)


async def _about_to_go(api: LinearB, provider_id: str) -> Preview:
    now = await _now(api, provider_id)
    status, issued = now.before["status"] or "status unknown", now.before["issued_at"] or "an unknown time"
    return Preview(what=f"{now.what}: {status}, issued {issued}", name=now.name, before=now.before)


@restores({name: name for name in WRITABLE})
async def _put_back(api: LinearB, change: Change, old: dict[str, Any]) -> Done:
    """Puts back the fields that the update replaced; teams, services and repositories that had none keep theirs."""
    provider_id = change.arguments["provider_id"]
    sent = {name: value for name, value in old.items() if value or name in CAN_BE_EMPTY}
    stays = ", ".join(name for name in old if name not in sent)
    if not sent:
        raise Refusal(f"Nothing was sent: {stays} had been empty before, and LinearB cannot empty it.")
    await api.patch(PATH, provider_id, body=Exactly(sent))
    said = f"Incident {provider_id} put back: {_in_words(sent)}."
    return Done(done=said + (f" As changed, since empty before: {stays}." if stays else ""))


@incidents.write(idempotent=True, before=_now, undo=_put_back)
async def update_incident(api: LinearB, provider_id: ProviderId, **fields: Unpack[IncidentFields]) -> Done:
    """Change an incident, for instance set ended_at once it is resolved. A list replaces the one before."""
    body = _sent({**changes(fields)})
    await api.patch(PATH, provider_id, body=Exactly(body))
    return Done(done=f"Incident {provider_id} changed: {_in_words(body)}.")


async def _create_again(api: LinearB, change: Change) -> Done:
    """Reports the incident again under the same id with all its fields; LinearB sets its status anew."""
    provider_id, before = change.arguments["provider_id"], change.before
    fields = {name: before.get(name) for name in ("http_url", *WRITABLE)}
    await api.post("/api/v1/incidents", body={"provider_id": provider_id, **fields})
    return Done(done=f"Incident {provider_id} created again.")


@incidents.destructive(_about_to_go, undo=_create_again)
async def delete_incident(api: LinearB, provider_id: ProviderId) -> Done:
    """Delete an incident, so that it no longer counts in the metrics."""
    await api.delete(PATH, provider_id)
    return Done(done=f"Incident {provider_id} deleted.")


def _sent(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as LinearB takes them: moments in UTC."""
    return {name: utc(value) if isinstance(value, datetime) else value for name, value in fields.items()}


def _in_words(fields: Mapping[str, Any]) -> str:
    """Fields with their values as they are now."""
    said = {name: ", ".join(value) if isinstance(value, list) else value for name, value in fields.items()}
    return "; ".join(f"{name} is now {value or 'empty'}" for name, value in said.items())


def _writable(incident: Mapping[str, Any]) -> dict[str, Any]:
    """An incident as it was read, in the fields that a request takes: names and URLs for objects."""
    fields = {name: incident.get(name) for name in WRITABLE}
    named = {name: _each(incident.get(name), "name") for name in ("teams", "services")}
    return {**fields, **named, "repository_urls": _each(incident.get("repositories"), "http_url", "url")}


def _each(items: Any, *keys: str) -> list[str] | None:
    """The first of `keys` that each item has, or the item where it is text; None for an empty list."""
    found = [
        item if isinstance(item, str) else next((item[k] for k in keys if item.get(k)), None) for item in items or []
    ]
    return [text for text in found if text] or None
