"""`drumbeat install` and `uninstall`: Drumbeat's entry in a client's configuration."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.catalogue import read
from server.cli import files, launch, screen
from server.cli.clients import ADDRESSES, CLIENTS, OTHER, Client, System, flat
from server.cli.documents import DOCUMENTS
from server.cli.entry_settings import EntrySettings, Keeping, Workstation, gather, usual_keeping
from server.cli.session import environment, keyring
from server.errors import ConfigurationError, Failure

NAME = "drumbeat"
SANDBOX = "DRUMBEAT_SANDBOX"


def run(options: Namespace) -> int:
    """Install, print or uninstall, as the options say. Raises Failure and ConfigurationError."""
    client = CLIENTS.get(options.client, OTHER)
    file = _file(client, project=options.project)
    if options.command == "uninstall":
        return _uninstall(client, file)
    if client is OTHER and not options.print:
        raise Failure("Only --print knows other clients: it shows an entry to paste.")
    return _install(client, file, options)


def _file(client: Client, *, project: bool) -> Path:
    if not project:
        return client.file(System.here())
    if client.project is None:
        raise Failure(f"{client.title} has no file for a project; leave --project out.")
    return Path.cwd() / client.project


def _install(client: Client, file: Path, options: Namespace) -> int:
    text = "" if client is OTHER else files.read(file)
    old = old_entry(client, file, text)
    env, referred = split(client, old)
    given = {name: value for name, value, _ in options.set}
    if options.sandbox:
        given[SANDBOX] = "1"
    here = Workstation(Path.home(), {**_without_sandbox(env), **environment(), **given}, read().vendors, keyring())
    keeping = _keeping(client, here, options)
    made = gather(here, keeping, options.vendor, referred)
    kept = {name: value for name, value in env.items() if _is_others(name, here)}
    new = _new_entry(client, old, {**kept, **made.env}, made.referred)
    changed = _put(client, file, text, new, made.referred)
    if options.print:
        print(_put(client, file, "", new, made.referred), end="")
        _tell_where_it_belongs(client, file, {name: here.secret_file(name) for name in made.secrets})
        return 0
    here.keep(made.secrets, keeping)
    if changed == text:
        print(f"{file} has this entry already; nothing was changed.")
    else:
        _tell(client, file, files.write(file, changed), made, keeping)
    return 0


def _keeping(client: Client, here: Workstation, options: Namespace) -> Keeping:
    """The place of secrets. Raises ConfigurationError where the client cannot do what the options say."""
    keeping: Keeping = options.secrets or ("client" if options.print else usual_keeping(client, here.keyring))
    if keeping != "client" or client.refers:
        return keeping
    if options.secrets:
        raise ConfigurationError(f"{client.title} cannot refer to a variable; choose keyring or file.")
    return "file"


def _new_entry(client: Client, old: Mapping[str, Any], env: Mapping[str, str], referred: list[str]) -> dict[str, Any]:
    """The entry as it shall be; what its owner added to the old one stays."""
    if client.reference:
        env = {**env, **{name: client.reference.format(name) for name in referred}}
    new = client.entry(launch.command(), env, [] if client.reference else referred)
    if any(name in old for name in ADDRESSES):
        return new  # it went to a server elsewhere; nothing of that fits one that is started here
    return {**{key: value for key, value in old.items() if key not in client.shape}, **new}


def old_entry(client: Client, file: Path, text: str) -> dict[str, Any]:
    """Drumbeat's entry as the file has it, empty where it has none. Raises Failure where the file cannot be read."""
    try:
        servers = (DOCUMENTS[client.format].value_of(text) or {}).get(client.servers) or {}
        return flat(servers.get(NAME) or {})
    except (ValueError, AttributeError, TypeError) as error:
        raise Failure(f"{file} cannot be understood, so nothing was changed. {_sentence(error)}") from None


def split(client: Client, entry: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """An entry's variables: those with a value, and those that the client resolves."""
    held = client.part(entry, "{env}")
    env = {str(name): str(value) for name, value in held.items()} if isinstance(held, Mapping) else {}
    pattern = client.reference
    referred = [name for name, value in env.items() if pattern and value == pattern.format(name)]
    names = client.part(entry, "{names}") or [] if client.passes_names else []
    return {n: v for n, v in env.items() if n not in referred}, [*referred, *map(str, names)]


def _is_others(name: str, here: Workstation) -> bool:
    """Whether a variable is none of Drumbeat's own, such as a proxy, and so stays in the entry as it is."""
    known = {v.name for vendor in here.vendors for v in vendor.variables}
    return not name.startswith("DRUMBEAT_") and name.removesuffix("_FILE") not in known


def _without_sandbox(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name != SANDBOX}


def _put(client: Client, file: Path, text: str, entry: Mapping[str, Any], referred: list[str]) -> str:
    document = DOCUMENTS[client.format]
    try:
        text = document.put(text, [client.servers, NAME], entry)
        if client.inputs and referred:
            asked = [_input(name) for name in referred]
            others = [each for each in _inputs(client, text) if each.get("id") not in {a["id"] for a in asked}]
            text = document.put(text, [client.inputs], [*others, *asked])
    except (ValueError, TypeError) as error:
        raise Failure(f"{file} cannot be understood, so nothing was changed. {_sentence(error)}") from None
    return text


def _input(name: str) -> dict[str, Any]:
    return {"type": "promptString", "id": f"{NAME}-{name}", "description": f"Drumbeat: {name}", "password": True}


def _inputs(client: Client, text: str) -> list[dict[str, Any]]:
    inputs = DOCUMENTS[client.format].value_of(text).get(client.inputs) or []
    return [each for each in inputs if isinstance(each, dict)]


def _uninstall(client: Client, file: Path) -> int:
    text = files.read(file)
    if not old_entry(client, file, text):
        screen.note(f"{file} has no entry for Drumbeat; nothing was changed.")
        return 0
    document = DOCUMENTS[client.format]
    left = document.drop(text, [client.servers, NAME])
    if client.inputs and (inputs := _inputs(client, left)):
        others = [each for each in inputs if not str(each.get("id")).startswith(f"{NAME}-")]
        left = document.put(left, [client.inputs], others) if others else document.drop(left, [client.inputs])
    backup = files.write(file, left)
    print(f"Drumbeat is out of {file}; the file as it was is {backup}.")
    screen.note(f"{client.restart} Keys that `drumbeat login` or install kept are forgotten by `drumbeat logout`.")
    return 0


def _tell_where_it_belongs(client: Client, file: Path, secret_files: Mapping[str, Path]) -> None:
    screen.note(f"It belongs into {file}." if client is not OTHER else "The key of the servers may differ.")
    for name, secret_file in secret_files.items():
        screen.note(f"Put the value of {name} into {secret_file}, or run `drumbeat login`.")


def _tell(client: Client, file: Path, backup: Path | None, made: EntrySettings, keeping: Keeping) -> None:
    print(f"Drumbeat is in {file}." + (f" The file as it was is {backup}." if backup else ""))
    where = {"keyring": "in the system's keyring", "file": "in files that only you can read"}
    if made.secrets:
        screen.note(f"Kept {where[keeping]}: {', '.join(made.secrets)}.")
    if made.referred:
        screen.note(f"{client.title} {client.resolves}: {', '.join(made.referred)}.")
    screen.note(f"{client.restart} `drumbeat doctor` says whether all is well.")


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
