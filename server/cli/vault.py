"""`drumbeat vault`: which keys a server keeps for us; and where the server runs, all sealed with its first key."""

from argparse import Namespace
from collections.abc import Sequence

import anyio

from server.catalogue import PublishedVendor
from server.cli import screen
from server.cli.remote_vault import RemoteVault
from server.cli.session import settings_of
from server.errors import ConfigurationError, Failure, Refusal, Unreachable
from server.settings import Settings
from server.state.shared import redis_of
from server.web.vault.records import records_of
from server.web.vault.vault import Turned, Vault


def run(options: Namespace) -> int:
    """List the keys of whoever asks, or rotate. Raises Failure and ConfigurationError."""
    if options.action == "list":
        return _list(options)
    settings, catalogue = settings_of()
    if settings.keys != "vault":
        raise ConfigurationError("DRUMBEAT_KEYS is not vault here: run this with the settings of the server.")
    turned = check_seals(settings, catalogue.vendors, reseal=True)
    print(f"{turned.outdated} sealed with the first key now, {turned.current} were already.")
    if turned.unreadable:
        screen.note(f"{turned.unreadable} cannot be read with any key of DRUMBEAT_VAULT_KEYS; keep the older keys.")
    return 1 if turned.unreadable else 0


def check_seals(settings: Settings, vendors: Sequence[PublishedVendor], *, reseal: bool) -> Turned:
    """How many records are sealed with which key; reseal: with the first key, all that are not. Raises Failure."""
    try:
        return anyio.run(_check_seals, settings, vendors, reseal)
    except (Unreachable, Refusal):
        raise Failure("The vault cannot be reached, or not be written.") from None


async def _check_seals(settings: Settings, vendors: Sequence[PublishedVendor], reseal: bool) -> Turned:
    redis = redis_of(settings)
    try:
        return await Vault(settings, vendors, records_of(settings, redis)).rotate(only_look=not reseal)
    finally:
        if redis:
            await redis.aclose()


def _list(options: Namespace) -> int:
    if not options.server:
        raise ConfigurationError("--server is missing: the address of the server whose vault it is.")
    told = RemoteVault.at(options.server).ask("GET")
    rows = [
        {"vendor": slot["vendor"], "kept": ", ".join(slot["kept"]), "needs": " and ".join(slot["needs"])}
        for slot in told["vendors"]
    ]
    if options.json:
        screen.as_json(told)
    else:
        screen.table(rows)
        screen.note(f"You are {told['caller']} there.")
    return 0
