"""API keys of the organization."""

from datetime import datetime
from typing import Annotated, Any

from server.declare import MASK, Completes, Done, Moment, Page, Preview, deletes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import ids, wire
from tools.oobeya.models import ApiKey, NewApiKey

KEYS = "/apis/v1/api-keys"

api_keys = oobeya.toolset("api_keys", "The organization's API keys; secrets are never listed.")
ApiKeyId = Annotated[str, Completes("list_api_keys", "id", names=("name",), ids=ids("key"), kind="API key")]


@api_keys.read(title="List API keys")
async def list_api_keys(api: Oobeya) -> Page[ApiKey]:
    """API keys with name and expiry; their tokens are masked."""
    return await api.all(KEYS, ApiKey)


async def _new_key(api: Oobeya, name: str, expire_date: datetime | None) -> Preview:
    expires = expire_date.date().isoformat() if expire_date else "never"
    return Preview(what=f"A new API key “{name}”, expires {expires}", name=name)


async def _hands_out(api: Oobeya, now: Any) -> str:
    return "the secrecy of its token: it is shown in this chat, and opens Oobeya to whoever has seen it"


@api_keys.write(
    title="Create API key", before=_new_key, asks=_hands_out, undo=deletes("delete_api_key", api_key_id="id")
)
async def create_api_key(api: Oobeya, name: str, expire_date: Moment | None = None) -> NewApiKey:
    """Create an API key. Its token is shown in this answer only."""
    return await api.post(KEYS, body=wire({"name": name, "expire_date": expire_date}), returns=NewApiKey)


async def _preview(api: Oobeya, api_key_id: str) -> Preview:
    keys = (await list_api_keys(api)).items
    key = next((key for key in keys if key.id == api_key_id), None)
    if key is None:
        raise unknown("API key with the id", api_key_id)
    own = " Drumbeat itself uses it." if key.token == MASK else ""
    return Preview(
        what=f"API key “{key.name or 'without a name'}” ({api_key_id}), expires {key.expire_date or 'never'}.{own}",
        name=key.name or api_key_id,
        lost="the key; whatever uses it stops working",
        before=snapshot(key),
    )


@api_keys.destructive(_preview, type_the_name=True, title="Delete API key")
async def delete_api_key(api: Oobeya, api_key_id: ApiKeyId) -> Done:
    """Delete an API key; whatever uses it stops working."""
    await api.act("DELETE", KEYS + "/{}", api_key_id)
    return Done(done=f"API key {api_key_id} deleted.")
