"""What is kept: sealed, each person's as theirs alone, in files and in Redis; and keys that are replaced."""

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from server.catalogue import PublishedVendor
from server.errors import ConfigurationError, Refusal, Unreachable
from server.request import Caller
from server.settings import Settings
from server.state.redis import Redis
from server.web.vault import records
from server.web.vault.records import InFiles, InRedis, Records
from server.web.vault.sealing import Sealer, Unreadable
from server.web.vault.vault import Turned, Vault
from tests.replicas.conftest import Server, redis, redis_process
from tests.thorough import examples
from tests.vendors import Vendors
from tests.web.vault.conftest import KEY, LINEARB, OLD_KEY, TEAMOCLOCK, vault_settings

pytestmark = pytest.mark.anyio
__all__ = ["redis", "redis_process"]
ALICE, BOB = "alice https://idp.acme.example", "token bob"


@pytest.fixture
def settings(vendors: Vendors, tmp_path: Path) -> Settings:
    return vault_settings(vendors, tmp_path)


@pytest.fixture
def linearb(vendors: Vendors) -> PublishedVendor:
    return next(vendor for vendor in vendors.catalogue.vendors if vendor.name == "linearb")


def vault_of(settings: Settings, vendors: Vendors, kept: Records, *keys: str) -> Vault:
    settings = settings.model_copy(update={"vault_keys": tuple(map(SecretStr, keys or (KEY,)))})
    return Vault(settings, vendors.catalogue.vendors, kept)


@pytest.fixture(params=["files", "redis"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    """Both places, empty."""
    if request.param == "files":
        yield InFiles(tmp_path / "vault")
        return
    server: Server = request.getfixturevalue("redis")
    client = Redis(server.url)
    yield InRedis(client)
    await client.aclose()


@examples(100)
@given(st.text(max_size=50), st.dictionaries(st.text(max_size=10), st.text(max_size=50), max_size=5))
def test_what_is_sealed_is_opened_by_any_key_and_named_as_nothing_else(person: str, values: dict[str, str]) -> None:
    try:
        record = Sealer([OLD_KEY]).seal(person, values)
    except UnicodeEncodeError:
        return
    opened = Sealer([KEY, OLD_KEY]).open(person, record)
    assert (opened.values, opened.outdated) == (values, True)
    for sealer, reader in ((Sealer([KEY]), person), (Sealer([OLD_KEY]), person + "x")):
        with pytest.raises(Unreadable):
            sealer.open(reader, record)


@examples(200)
@given(st.data())
def test_a_record_that_was_touched_anywhere_is_not_read(data: st.DataObject) -> None:
    record = bytearray(Sealer([KEY]).seal(ALICE, LINEARB).encode())
    at = data.draw(st.integers(0, len(record) - 1))
    record[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != record[at]))
    try:
        assert Sealer([KEY]).open(ALICE, record.decode("latin-1")).values == LINEARB
    except Unreadable:
        return
    # Bits of base64 that stand for nothing, and blanks between the parts.
    assert chr(record[at]) in " \t\n\r=" or chr(record[at]).isalnum() or chr(record[at]) in "+/"


@pytest.mark.parametrize("record", ["", "{", "[]", "1", '{"person": 1}', '{"sealed": "x"}', f'{{"person": "{BOB}"}}'])
def test_what_is_no_record_is_not_read(record: str) -> None:
    with pytest.raises(Unreadable):
        Sealer([KEY]).open(BOB, record)


async def test_keys_are_kept_replaced_and_forgotten(
    kept: Records, settings: Settings, vendors: Vendors, linearb: PublishedVendor
) -> None:
    vault = vault_of(settings, vendors, kept)
    teamoclock = next(vendor for vendor in vendors.catalogue.vendors if vendor.name == "teamoclock")
    await vault.keep(ALICE, linearb, LINEARB)
    await vault.keep(ALICE, teamoclock, TEAMOCLOCK)
    await vault.keep(ALICE, linearb, {"LINEARB_AUTH": "bearer"})
    another = vault_of(settings, vendors, kept)
    assert await another.values(ALICE) == {**LINEARB, **TEAMOCLOCK, "LINEARB_AUTH": "bearer"}
    assert await another.values(BOB) == {}
    assert len(await kept.names()) == 1
    await another.forget(ALICE, linearb)
    assert await vault.values(ALICE) == TEAMOCLOCK
    await vault.forget(ALICE, teamoclock)
    assert await kept.names() == []


async def test_two_who_change_the_same_keys_at_once_lose_nothing(
    kept: Records, settings: Settings, vendors: Vendors
) -> None:
    vaults = [vault_of(settings, vendors, kept) for _ in range(2)]
    names = {"linearb": LINEARB, "teamoclock": TEAMOCLOCK, "haystack": {"HAYSTACK_API_TOKEN": "h"}}
    known = {vendor.name: vendor for vendor in vendors.catalogue.vendors}
    async with anyio.create_task_group() as tasks:
        for number, (name, values) in enumerate(names.items()):
            tasks.start_soon(vaults[number % 2].keep, ALICE, known[name], values)
    assert await vaults[0].values(ALICE) == {**LINEARB, **TEAMOCLOCK, "HAYSTACK_API_TOKEN": "h"}


async def test_an_old_key_reads_and_the_first_seals_anew(
    kept: Records, settings: Settings, vendors: Vendors, linearb: PublishedVendor
) -> None:
    old = vault_of(settings, vendors, kept, OLD_KEY)
    for person in (ALICE, BOB, "token carol"):
        await old.keep(person, linearb, LINEARB)
    both = vault_of(settings, vendors, kept, KEY, OLD_KEY)
    assert await both.values(ALICE) == LINEARB
    new = vault_of(settings, vendors, kept, KEY)
    assert await new.values(ALICE) == LINEARB
    with pytest.raises(Unreadable, match="no key of DRUMBEAT_VAULT_KEYS"):
        await new.values(BOB)
    assert await new.rotate() == Turned(outdated=0, current=1, unreadable=2)
    assert await both.rotate() == Turned(outdated=2, current=1, unreadable=0)
    assert await new.rotate() == Turned(outdated=0, current=3, unreadable=0)
    assert await new.values("token carol") == LINEARB


async def test_a_record_that_was_moved_to_another_is_nobodys(
    kept: Records, settings: Settings, vendors: Vendors, linearb: PublishedVendor, caplog: pytest.LogCaptureFixture
) -> None:
    vault = vault_of(settings, vendors, kept)
    await vault.keep(ALICE, linearb, LINEARB)
    (alices,) = await kept.names()
    await vault.keep(BOB, linearb, {"LINEARB_API_KEY": "bobs"})
    (bobs,) = set(await kept.names()) - {alices}
    stolen = await kept.get(alices)
    assert stolen
    await kept.replace(bobs, await kept.get(bobs), stolen)
    caller = await vault.admit(Caller(BOB, person=BOB))
    assert caller.vendors == {}
    assert "it is another's" in caplog.text
    renamed = json.dumps({**json.loads(stolen), "person": BOB})
    await kept.replace(bobs, stolen, renamed)
    assert (await vault.admit(Caller(BOB, person=BOB))).vendors == {}
    assert (await vault.rotate()).unreadable == 1
    # What they enter anew replaces it.
    await vault.keep(BOB, linearb, {"LINEARB_API_KEY": "mine"})
    assert await vault.values(BOB) == {"LINEARB_API_KEY": "mine"}


async def test_there_is_room_for_so_many_callers(
    kept: Records, settings: Settings, vendors: Vendors, linearb: PublishedVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST", 2)
    vault = vault_of(settings, vendors, kept)
    await vault.keep(ALICE, linearb, LINEARB)
    await vault.keep(BOB, linearb, LINEARB)
    with pytest.raises(Refusal, match="room for no more"):
        await vault.keep("token carol", linearb, LINEARB)
    await vault.keep(BOB, linearb, {"LINEARB_API_KEY": "another"})
    await vault.forget(ALICE, linearb)
    await vault.keep("token carol", linearb, LINEARB)


async def test_what_the_operator_changes_makes_only_the_vendor_useless_that_it_concerns(
    settings: Settings, vendors: Vendors, tmp_path: Path
) -> None:
    kept, known = InFiles(tmp_path / "vault"), {vendor.name: vendor for vendor in vendors.catalogue.vendors}
    vault = vault_of(settings, vendors, kept)
    await vault.keep(ALICE, known["oobeya"], {"OOBEYA_API_KEY": "o"})
    await vault.keep(ALICE, known["linearb"], LINEARB)
    without = vault_of(vault_settings(vendors, tmp_path, OOBEYA_BASE_URL=""), vendors, kept)
    assert set((await without.admit(Caller(ALICE, person=ALICE))).vendors or ()) == {"linearb"}
    with_common = vault_settings(vendors, tmp_path, TEAMOCLOCK_ORGANIZATION="acme")
    assert with_common.offered["teamoclock"] == ["TEAMOCLOCK_API_KEY"]
    await vault_of(with_common, vendors, kept).keep(ALICE, known["teamoclock"], {"TEAMOCLOCK_API_KEY": "k"})
    with pytest.raises(ConfigurationError, match="half configured"):
        await vault.keep(BOB, known["teamoclock"], {"TEAMOCLOCK_API_KEY": "k"})


async def test_files_are_their_owners_alone_and_a_crash_leaves_none_in_halves(
    settings: Settings, vendors: Vendors, linearb: PublishedVendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "vault"
    vault = vault_of(settings, vendors, InFiles(folder))
    await vault.keep(ALICE, linearb, LINEARB)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Refusal, match="cannot be written now"):
        await vault.keep(ALICE, linearb, {"LINEARB_API_KEY": "another"})
    assert await vault.values(ALICE) == LINEARB
    assert not list(folder.glob("new-*"))


async def test_reading_goes_on_while_redis_is_away_and_nothing_is_changed(
    redis: Server, settings: Settings, vendors: Vendors, linearb: PublishedVendor
) -> None:
    client = Redis(redis.url)
    vault = vault_of(settings, vendors, InRedis(client))
    await vault.keep(ALICE, linearb, LINEARB)
    assert await vault.values(ALICE) == LINEARB
    redis.stop()
    assert await vault.values(ALICE) == LINEARB
    with pytest.raises(Unreachable):
        await vault.values(BOB)
    with pytest.raises(Refusal, match="Nothing was changed"):
        await vault.forget(ALICE, linearb)
    await client.aclose()
