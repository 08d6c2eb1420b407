from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access import Access, Variable
from server.catalogue import Catalogue, PublishedTool, PublishedVendor
from server.errors import ConfigurationError
from server.selection import select
from server.settings import Settings, load
from tests.conftest import Connect
from tests.thorough import examples
from tests.tools.test_requests import ROWS
from tests.vendors import Vendors


def vendor(name: str) -> PublishedVendor:
    variables = (
        Variable(f"{name.upper()}_KEY", "Key", secret=True),
        Variable(f"{name.upper()}_BASE_URL", "Address", default=f"https://{name}.test", kind="url"),
    )
    key, address = (variable.name for variable in variables)
    return PublishedVendor(name, name.title(), "", variables, (key,), address, "nowhere:Nothing", {})


def entry(name: str, toolset: str, access: Access, *, everyday: bool = False) -> PublishedTool:
    owner = name.split("_")[0]
    return PublishedTool(name, name, "", owner, toolset, access, True, everyday, "nowhere:nothing", {}, {})


SMALL = Catalogue(
    vendors=(vendor("acme"), vendor("bolt")),
    tools=(
        entry("acme_list_anvils", "anvils", Access.READ, everyday=True),
        entry("acme_forge_anvil", "anvils", Access.WRITE, everyday=True),
        entry("acme_melt_anvil", "anvils", Access.DESTRUCTIVE),
        entry("acme_list_springs", "springs", Access.READ),
        entry("bolt_list_nuts", "nuts", Access.READ, everyday=True),
        entry("bolt_drop_nut", "nuts", Access.DESTRUCTIVE, everyday=True),
        entry("drumbeat_find_tools", "discovery", Access.READ, everyday=True),
        entry("drumbeat_list_changes", "changes", Access.READ),
        entry("drumbeat_undo_change", "changes", Access.DESTRUCTIVE, everyday=True),
    ),
)
EVERY = [tool.name for tool in SMALL.tools]
WORDS = [
    "all",
    "default",
    "acme",
    "bolt",
    "drumbeat",
    "acme.anvils",
    "acme.springs",
    "bolt.nuts",
    "drumbeat.discovery",
    *EVERY,
]
TOOLSETS = st.lists(st.builds(str.__add__, st.sampled_from(["", "-"]), st.sampled_from(WORDS)), max_size=6)


def configured(**environment: str) -> Settings:
    return load({"ACME_KEY": "a", "BOLT_KEY": "b", **environment}, SMALL.vendors)


def listed(toolsets: str, **environment: str) -> list[str]:
    return list(select(SMALL, configured(DRUMBEAT_TOOLSETS=toolsets, **environment)).listed)


def callable_(toolsets: str, **environment: str) -> list[str]:
    return list(select(SMALL, configured(DRUMBEAT_TOOLSETS=toolsets, **environment)).callable)


EVERYDAY = [tool.name for tool in SMALL.tools if tool.everyday]


@pytest.mark.parametrize(
    ("toolsets", "expected"),
    [
        ("all", EVERY),
        ("default", EVERYDAY),
        ("", EVERYDAY),
        (" , ", EVERYDAY),
        ("bolt", ["bolt_list_nuts", "bolt_drop_nut"]),
        ("acme.springs", ["acme_list_springs"]),
        ("drumbeat", ["drumbeat_find_tools", "drumbeat_list_changes", "drumbeat_undo_change"]),
        ("bolt_drop_nut", ["bolt_drop_nut"]),
        ("bolt_drop_nut,acme.springs", ["acme_list_springs", "bolt_drop_nut"]),
        (" bolt.nuts ,, acme_list_springs, ", ["acme_list_springs", "bolt_list_nuts", "bolt_drop_nut"]),
        ("default,acme.springs,-bolt,-drumbeat", ["acme_list_anvils", "acme_forge_anvil", "acme_list_springs"]),
        ("acme,-acme.anvils", ["acme_list_springs"]),
        ("-acme.anvils,acme", ["acme_list_springs"]),
        ("-acme,-drumbeat", ["bolt_list_nuts", "bolt_drop_nut"]),
        ("bolt,-all", []),
    ],
)
def test_toolsets_list_by_vendor_toolset_tool_and_exclusion(toolsets: str, expected: list[str]) -> None:
    assert listed(toolsets) == expected


@pytest.mark.parametrize(
    ("toolsets", "expected"),
    [
        ("default", EVERY),
        ("drumbeat_find_tools", EVERY),
        ("default,-acme", [name for name in EVERY if not name.startswith("acme_")]),
        ("-acme.anvils", [name for name in EVERY if "anvil" not in name]),
        ("acme.springs", ["acme_list_springs"]),
        ("all,-drumbeat", [name for name in EVERY if not name.startswith("drumbeat_")]),
    ],
)
def test_what_is_not_listed_can_be_called_only_where_it_can_be_found(toolsets: str, expected: list[str]) -> None:
    assert callable_(toolsets) == expected


@pytest.mark.parametrize(
    ("toolsets", "wrong", "nearest"),
    [
        ("acmee", "'acmee'", "acme"),
        ("bolt.nut", "'bolt.nut'", "bolt.nuts"),
        ("acme,acme_list_anvil", "'acme_list_anvil'", "acme_list_anvils"),
        ("all,-bolt_drop_nuts", "'bolt_drop_nuts'", "bolt_drop_nut"),
        ("defaults", "'defaults'", "default"),
        ("Acme", "'Acme'", "acme"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest(toolsets: str, wrong: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        listed(toolsets)
    message = str(caught.value)
    assert message.startswith("DRUMBEAT_TOOLSETS")
    assert wrong in message
    assert nearest in message.split("nearest are ")[1].rstrip(".").split(", ")
    assert "\n" not in message


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(ConfigurationError, match="there is no 'qqqqqqqq'"):
        listed("qqqqqqqq")


def test_a_vendor_that_is_off_may_be_named_but_has_no_tools() -> None:
    selection = select(SMALL, load({"ACME_KEY": "a", "DRUMBEAT_TOOLSETS": "all,bolt"}, SMALL.vendors))
    assert "acme_list_springs" in selection.listed
    assert [name for name in selection.callable if name.startswith("bolt_")] == []


@pytest.mark.parametrize(
    ("access", "allowed"),
    [
        ("read", {Access.READ}),
        ("write", {Access.READ, Access.WRITE}),
        ("destructive", {Access.READ, Access.WRITE, Access.DESTRUCTIVE}),
    ],
)
@examples(60)
@given(words=TOOLSETS)
def test_the_access_level_beats_every_choice_of_toolsets(access: str, allowed: set[Access], words: list[str]) -> None:
    selection = select(SMALL, configured(DRUMBEAT_ACCESS=access, DRUMBEAT_TOOLSETS=",".join(words)))
    assert {tool.access for tool in selection.callable.values()} <= allowed
    assert selection.listed.items() <= selection.callable.items()
    everything = select(SMALL, configured(DRUMBEAT_ACCESS=access, DRUMBEAT_TOOLSETS="all"))
    assert {tool.access for tool in everything.listed.values()} == allowed


@examples(100)
@given(words=TOOLSETS, excluded=st.sampled_from(EVERY))
def test_an_exclusion_takes_out_exactly_what_it_names_wherever_it_stands(words: list[str], excluded: str) -> None:
    expected = [name for name in listed(",".join(words)) if name != excluded]
    for toolsets in ([*words, f"-{excluded}"], [f"-{excluded}", *words]):
        assert listed(",".join(toolsets)) == expected
        assert excluded not in callable_(",".join(toolsets))


# What a client sees of it.

HIDDEN = [
    ({"DRUMBEAT_ACCESS": "read"}, "teamoclock_create_retro", {"team": "platform"}),
    ({"DRUMBEAT_ACCESS": "read"}, "teamoclock_delete_retro", {"retro_id": "r204c36ysi7z01"}),
    ({"DRUMBEAT_ACCESS": "write"}, "teamoclock_delete_retro", {"retro_id": "r204c36ysi7z01"}),
    (
        {"DRUMBEAT_ACCESS": "read", "DRUMBEAT_TOOLSETS": "all,teamoclock_create_retro"},
        "teamoclock_create_retro",
        {"team": "platform"},
    ),
    ({"DRUMBEAT_ACCESS": "read", "DRUMBEAT_CONFIRM": "never"}, "drumbeat_undo_change", {"change_id": "x"}),
    ({"DRUMBEAT_TOOLSETS": "all,-teamoclock_delete_retro"}, "teamoclock_delete_retro", {"retro_id": "r204c36ysi7z01"}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("environment", "tool", "arguments"), HIDDEN)
async def test_what_is_not_permitted_is_neither_listed_nor_callable(
    environment: dict[str, str], tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    async with connect(vendors.settings(**environment)) as client:
        names = [one.name for one in (await client.list_tools()).tools]
        assert tool not in names
        routes = [(tool, arguments)]
        routes += [(caller, {"tool": tool, "arguments": arguments}) for caller in ("drumbeat_read", "drumbeat_act")]
        for name, given_arguments in routes:
            result = await client.call_tool(name, given_arguments)
            assert result.is_error
            assert result.structured_content is None
    assert vendors.sent() == []


@pytest.mark.anyio
@pytest.mark.parametrize("level", ["read", "write", "destructive"])
async def test_the_annotations_of_what_is_listed_fit_the_access_level(
    level: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect(vendors.settings(DRUMBEAT_ACCESS=level, DRUMBEAT_TOOLSETS="all")) as client:
        hints = [tool.annotations for tool in (await client.list_tools()).tools]
    assert all(hint is not None for hint in hints)
    found = {(hint.read_only_hint, hint.destructive_hint) for hint in hints if hint}
    # What overwrites is destructive to the letter of the protocol, at the level of writes too.
    assert found == {(True, False), *([] if level == "read" else [(False, False), (False, True)])}


@pytest.mark.anyio
async def test_a_server_that_may_only_read_sends_no_change_whatever_tool_is_named(
    connect: Connect, vendors: Vendors
) -> None:
    access = {tool.name: tool.access for tool in vendors.catalogue.tools}
    calls = [(tool, arguments) for _, tool, arguments in HIDDEN] + [(row.tool, row.arguments) for row in ROWS]
    async with connect(vendors.settings(DRUMBEAT_ACCESS="read", DRUMBEAT_CONFIRM="never")) as client:
        for tool, arguments in calls:
            if access[tool] is not Access.READ:
                assert (await client.call_tool(tool, arguments)).is_error, tool
    assert vendors.sent() == []
