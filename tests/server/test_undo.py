"""The question of an undo names the object, what goes back over what is there now, and whether somebody changed it."""

from typing import Any

import pytest

from server.changes.journal import Record
from server.changes.undo import WayBack, quoted
from server.errors import Refusal, VendorError
from server.models import Done
from server.redaction import MASK
from server.restore import Change, Deletes, Undo, deletes, restores
from server.spec import Preview, Vendor

pytestmark = pytest.mark.anyio
FIELDS = {"text": "text", "owner": "assignee"}


class Store:
    """What the vendor has; an Api as far as these tools need one."""

    def __init__(self, **item: Any) -> None:
        self.item: dict[str, Any] | None = item
        self.sent: list[Any] = []


async def now(api: Store, item_id: str) -> Preview:
    if api.item is None:
        raise VendorError("gone", status=404)
    return Preview(what=f"Item {item_id}", name=item_id, before=api.item)


@restores(FIELDS)
async def put_back(api: Store, change: Change, old: dict[str, Any]) -> Done:
    """Puts the old values back."""
    api.sent.append(old)
    return Done(done="Put back.")


def record(tool: str = "update_item", **facts: Any) -> Record:
    base = {"change_id": "1", "time": "2026-11-20T10:00:00+00:00", "tool": tool, "vendor": "acme", "access": "write"}
    return Record.model_validate({**base, "place": "p", "caller": "local", "arguments": {}, **facts})


def way_back(api: Store, kept: Record, undo: Undo) -> WayBack:
    vendor = Vendor("acme", "Acme", "", (), (), object, "")
    items = vendor.toolset("items", "Items.")

    async def update_item(api: Store, item_id: str) -> Done:
        return Done(done="")

    async def preview(api: Store, item_id: str) -> Preview:
        return await now(api, item_id)

    async def delete_item(api: Store, item_id: str) -> Done:
        api.sent.append(f"DELETE {item_id}")
        return Done(done="Deleted.")

    items.write(before=now, undo=undo)(update_item)
    items.destructive(preview)(delete_item)
    return WayBack(kept, vendor.tool("update_item"), api)


def updated(**facts: Any) -> Record:
    made = {"arguments": {"item_id": "A136", "text": "new"}, "before": {"text": "old", "assignee": "ada"}}
    return record(**{"preview": "Action item A136", **made, **facts})


async def test_an_undo_says_what_it_puts_back_over_what() -> None:
    shown = await way_back(Store(text="new", assignee="ada"), updated(), put_back).preview()
    assert shown.what == "Action item A136: text “new” back to “old”"


async def test_it_says_where_somebody_changed_it_since() -> None:
    shown = await way_back(Store(text="newer"), updated(), put_back).preview()
    assert shown.what == "Action item A136: text “newer” back to “old” (changed by somebody since)"


async def test_the_same_moment_in_another_zone_is_no_change_by_somebody() -> None:
    change = updated(arguments={"item_id": "A136", "text": "2026-11-24T09:30:00+01:00"})
    shown = await way_back(Store(text="2026-11-24T08:30:00Z"), change, put_back).preview()
    assert "changed by somebody" not in shown.what
    later = await way_back(Store(text="2026-11-24T08:31:00Z"), change, put_back).preview()
    assert "changed by somebody" in later.what


async def test_an_object_that_cannot_be_read_any_more_is_shown_as_the_update_left_it() -> None:
    api = Store()
    api.item = None
    shown = await way_back(api, updated(), put_back).preview()
    assert shown.what == "Action item A136: text “new” back to “old”"


async def test_only_what_was_changed_goes_back_and_what_was_empty_is_emptied() -> None:
    api = Store(text="new", assignee="bo")
    change = updated(arguments={"item_id": "A136", "owner": "bo"}, before={"text": "old"})
    assert (await way_back(api, change, put_back).preview()).what.endswith("assignee “bo” back to nothing")
    await way_back(api, change, put_back).run()
    assert api.sent == [{"assignee": None}]


@pytest.mark.parametrize("before", [{"text": MASK}, None])
async def test_what_is_a_secret_or_was_not_read_is_not_put_back(before: dict[str, str] | None) -> None:
    change = updated(before=before)
    with pytest.raises(Refusal, match="is a secret or was not read"):
        await way_back(Store(text="new"), change, put_back).preview()


@pytest.mark.parametrize("undo", [deletes("delete_item", item_id="item.id"), deletes("delete_item")])
async def test_the_undo_of_a_create_is_the_delete_of_what_was_made(undo: Deletes) -> None:
    api = Store(text="new")
    made = updated(arguments={"item_id": "A7", "text": "new"}, result={"item": {"id": "A7"}}, preview=None)
    back = way_back(api, made, undo)
    assert (await back.preview()).what == "Deletes what was made. Item A7"
    await back.run()
    assert api.sent == ["DELETE A7"]


async def test_what_the_vendor_did_not_name_cannot_be_deleted() -> None:
    made = updated(result={"done": "ok"})
    with pytest.raises(Refusal, match="did not say the item_id"):
        await way_back(Store(), made, deletes("delete_item", item_id="item.id")).preview()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ("", "nothing"),
        ([], "nothing"),
        (3, "3"),
        (False, "false"),
        ("a", "“a”"),
        ({"a": MASK}, MASK),
    ],
)
def test_a_value_is_shown_as_one(value: Any, shown: str) -> None:
    assert quoted(value) == shown


def test_a_long_value_is_shown_without_its_middle() -> None:
    assert len(quoted("x" * 5000)) < 70
