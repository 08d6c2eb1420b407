"""Incidents, which LinearB's change failure rate and mean time to repair are made of."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from server.declare import Change, Done, Page, Preview, Refusal, snapshot, utc
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.models import At, DateFilter, Direction, Incident, ProviderId, UpTo100

incidents = linearb.toolset("incidents", "Incidents, the source of change failure rate and time to repair.")

PATH = "/api/v1/incidents/{}"
WRITABLE = ("title", "issued_at", "started_at", "ended_at", "git_ref", "teams", "services", "repository_urls")

GitRef = Annotated[str, Field(description="Commit or tag of the release that caused it")]
Ended = Annotated[At, Field(description="When it was resolved")]


@incidents.read(resource="incidents")
async def search_incidents(
    api: LinearB,
    repository_urls: Annotated[list[str] | None, Field(description="Exactly as LinearB has them")] = None,
    services: list[str] | None = None,
    teams: list[str] | None = None,
    statuses: list[Literal["open", "in-progress", "closed", "deleted"]] | None = None,
    sort_by: Literal["issued_at", "started_at", "ended_at"] | None = None,
    sort_dir: Direction | None = None,
    issued_at: DateFilter | None = None,
    started_at: DateFilter | None = None,
    ended_at: DateFilter | None = None,
    limit: Annotated[UpTo100 | None, Field(description="Default 25")] = None,
    offset: int | None = None,
) -> Page[Incident]:
    """Incidents, latest first. Many carry no repository, so a search by repository may miss them."""
    body = {
        "repository_urls": repository_urls,
        "services": services,
        "teams": teams,
        "statuses": statuses,
        "sort_by": sort_by,
        "sort_dir": sort_dir,
        "issued_at": issued_at and issued_at.wire(),
        "started_at": started_at and started_at.wire(),
        "ended_at": ended_at and ended_at.wire(),
        "limit": limit,
        "offset": offset,
    }
    return api.page(await api.request("POST", "/api/v1/incidents/search", body=body), Incident, offset or 0)


@incidents.read(resource="incidents/{provider_id}")
async def get_incident(api: LinearB, provider_id: ProviderId) -> Incident:
    """One incident."""
    return await api.get(PATH, provider_id, returns=Incident)


@incidents.write()
async def create_incident(
    api: LinearB,
    provider_id: Annotated[str, Field(description="Its id in your PM tool")],
    http_url: Annotated[str, Field(description="Its page in your PM tool")],
    title: str,
    issued_at: At,
    started_at: At | None = None,
    ended_at: Ended | None = None,
    git_ref: GitRef | None = None,
    teams: list[str] | None = None,
    services: list[str] | None = None,
    repository_urls: list[str] | None = None,
) -> Done:
    """Report an incident, which LinearB counts in its metrics."""
    body = {
        "provider_id": provider_id,
        "http_url": http_url,
        "title": title,
        "issued_at": utc(issued_at),
        "started_at": utc(started_at),
        "ended_at": utc(ended_at),
        "git_ref": git_ref,
        "teams": teams,
        "services": services,
        "repository_urls": repository_urls,
    }
    await api.post("/api/v1/incidents", body=body)
    return Done(done=f"Incident {provider_id} created.")


async def _as_it_is(api: LinearB, provider_id: str) -> dict[str, Any]:
    return snapshot(await get_incident(api, provider_id))


async def _put_back(api: LinearB, change: Change) -> Done:
    """Put the changed fields back as they were; one that was empty stays as it is, since LinearB cannot clear it."""
    provider_id = change.arguments["provider_id"]
    changed = [name for name in WRITABLE if change.arguments.get(name) is not None]
    before = {name: value for name, value in _writable(change.before).items() if name in changed and value}
    if not before:
        raise Refusal("Nothing was sent: what was changed had been empty before, and LinearB cannot clear it.")
    await api.patch(PATH, provider_id, body=before)
    stays = ", ".join(name for name in changed if name not in before)
    return Done(
        done=f"Incident {provider_id} put back." + (f" As changed, since empty before: {stays}." if stays else "")
    )


@incidents.write(idempotent=True, before=_as_it_is, undo=_put_back)
async def update_incident(
    api: LinearB,
    provider_id: ProviderId,
    title: str | None = None,
    issued_at: At | None = None,
    started_at: At | None = None,
    ended_at: Ended | None = None,
    git_ref: GitRef | None = None,
    teams: list[str] | None = None,
    services: list[str] | None = None,
    repository_urls: list[str] | None = None,
) -> Done:
    """Change an incident, for instance set ended_at once it is resolved. A list replaces the one before."""
    body = {
        "title": title,
        "issued_at": utc(issued_at),
        "started_at": utc(started_at),
        "ended_at": utc(ended_at),
        "git_ref": git_ref,
        "teams": teams,
        "services": services,
        "repository_urls": repository_urls,
    }
    if not any(body.values()):
        raise Refusal("Nothing was sent: name at least one field to change.")
    await api.patch(PATH, provider_id, body=body)
    return Done(done=f"Incident {provider_id} changed.")


async def _preview(api: LinearB, provider_id: str) -> Preview:
    before = await _as_it_is(api, provider_id)
    title = before.get("title", "without a title")
    status, issued = before.get("status", "status unknown"), before.get("issued_at", "an unknown time")
    return Preview(what=f"Incident “{title}” ({provider_id}): {status}, issued {issued}.", name=title, before=before)


async def _restore(api: LinearB, change: Change) -> Done:
    """Report the incident again under the same id with all its fields; LinearB sets its status anew."""
    provider_id = change.arguments["provider_id"]
    body = {"provider_id": provider_id, "http_url": change.before.get("http_url"), **_writable(change.before)}
    await api.post("/api/v1/incidents", body=body)
    return Done(done=f"Incident {provider_id} created again.")


@incidents.destructive(_preview, undo=_restore)
async def delete_incident(api: LinearB, provider_id: ProviderId) -> Done:
    """Delete an incident, so that it no longer counts in the metrics."""
    await api.delete(PATH, provider_id)
    return Done(done=f"Incident {provider_id} deleted.")


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
