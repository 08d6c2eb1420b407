"""Every setting of the server, read once from the environment into one typed model."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, DirectoryPath, Field, FilePath, SecretStr, ValidationError

from server.access import Access
from server.catalogue import PublishedVendor
from server.errors import ConfigurationError, nearest
from server.hosting import Hosting
from server.sources import FILE, Keyring, find, in_environment
from server.vendor_settings import VendorSettings, check, names_of, vendor_settings

SANDBOX_URL = "http://127.0.0.1"
Layout = Literal["text", "structured", "both"]
"""What an answer is sent as."""


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (KeyError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Europe/Berlin") from None


class Settings(Hosting):
    """Drumbeat's own variables, and the vendors that are on."""

    access: Access = Field(
        Access.DESTRUCTIVE,
        alias="DRUMBEAT_ACCESS",
        description="What may be done at all: `read`, `write` or `destructive`. Tools above it do not exist.",
    )
    confirm: Literal["ask", "two-step", "never"] = Field(
        "ask",
        alias="DRUMBEAT_CONFIRM",
        description="How a person agrees to a destructive call: `ask` (in the client), `two-step` (token) or `never`.",
    )
    toolsets: str = Field(
        "default",
        alias="DRUMBEAT_TOOLSETS",
        description="Tools to list: `default`, `all`, vendors, `vendor.toolset`s, single tools; `-name` leaves out.",
    )
    sandbox: bool = Field(
        False,
        alias="DRUMBEAT_SANDBOX",
        description="`1` serves every vendor from built-in stand-ins with made-up data: no credentials, no network.",
    )
    apps: bool = Field(
        True,
        alias="DRUMBEAT_APPS",
        description="`0` keeps the pages in the chat (MCP Apps) away from clients that could show them.",
    )
    import_dir: DirectoryPath | None = Field(
        None,
        alias="DRUMBEAT_IMPORT_DIR",
        description="The only directory from which a tool may upload a file; unset, none may.",
    )
    allow_http: bool = Field(
        False,
        alias="DRUMBEAT_ALLOW_HTTP",
        description="`1` allows `http` base URLs beyond this machine.",
    )
    journal: str | None = Field(
        None,
        alias="DRUMBEAT_JOURNAL",
        description="Directory of the journal, `stdout`, or `redis` (the default where `DRUMBEAT_REDIS_URL` is set); "
        "else the user's state directory.",
    )
    journal_kept: int = Field(
        10_000,
        ge=0,
        alias="DRUMBEAT_JOURNAL_KEPT",
        description="Destructive changes, newest first, that the journal keeps on when newer lines push others out.",
    )
    journal_days: int = Field(
        365, ge=1, le=36_500, alias="DRUMBEAT_JOURNAL_DAYS", description="Days that it keeps them on."
    )
    result_tokens: int = Field(
        5500,
        ge=200,
        alias="DRUMBEAT_RESULT_TOKENS",
        description="Tokens (estimated) that what is sent may have; what is beyond is cut and can be read on demand.",
    )
    answers: Layout = Field(
        "text",
        alias="DRUMBEAT_ANSWERS",
        description="What answers are sent as: `text` (for models), `structured` (JSON, for programs) or `both`.",
    )
    cache_ttl: float = Field(
        60.0,
        ge=0,
        alias="DRUMBEAT_CACHE_TTL",
        description="Seconds that a read is answered from memory; `0` turns it off. `<VENDOR>_CACHE_TTL` sets one.",
    )
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        ZoneInfo("UTC"),
        alias="DRUMBEAT_TIMEZONE",
        description="Zone (`Europe/Berlin`) of days, and of times that are given without an offset.",
    )
    config: FilePath | None = Field(
        None,
        alias="DRUMBEAT_CONFIG",
        description="Who a team is at each vendor; by default `drumbeat.toml` in the user's configuration directory.",
    )
    ca_file: FilePath | None = Field(
        None, alias="DRUMBEAT_CA_FILE", description="Certificates (PEM) to trust beside the system's own."
    )
    client_cert: FilePath | None = Field(
        None, alias="DRUMBEAT_CLIENT_CERT", description="Client certificate (PEM) for mutual TLS."
    )
    client_key: FilePath | None = Field(
        None, alias="DRUMBEAT_CLIENT_KEY", description="Its key, where the certificate's file does not hold it."
    )
    destructive_per_minute: int = Field(
        10,
        ge=1,
        alias="DRUMBEAT_DESTRUCTIVE_PER_MINUTE",
        description="Destructive actions that a client may take in a minute.",
    )
    destructive_per_session: int = Field(
        50,
        ge=1,
        alias="DRUMBEAT_DESTRUCTIVE_PER_SESSION",
        description="Destructive actions that a client may take in twelve hours.",
    )
    vendors: dict[str, VendorSettings] = Field(default_factory=dict)
    common: dict[str, str] = Field(default_factory=dict)
    """Where callers bring keys of their own: the vendors' variables that are the same for all."""
    offered: dict[str, list[str]] = Field(default_factory=dict)
    """With the vault: the vendors that a caller's keys switch on, each with what it takes, in words."""


def _holds_secret(hint: Any) -> bool:
    return hint is SecretStr or any(map(_holds_secret, get_args(hint)))


def _is_path(hint: Any) -> bool:
    return hint is Path or any(map(_is_path, get_args(hint)))


OWN_NAMES = tuple(str(info.alias) for info in Settings.model_fields.values() if info.alias)
OWN_PATHS = tuple(str(info.alias) for info in Settings.model_fields.values() if _is_path(info.annotation))
OWN_SECRETS = tuple(str(info.alias) for info in Settings.model_fields.values() if _holds_secret(info.annotation))


TOKEN_OF_COMMAND = "DRUMBEAT_SERVER_TOKEN"  # noqa: S105 the variable's name
"""With which the command goes to a server: no setting of one."""


def load(
    environment: Mapping[str, str], vendors: Sequence[PublishedVendor], keyring: Keyring | None = None
) -> Settings:
    """Read the settings from `environment`, the files that it names, and the `keyring`.

    Raises ConfigurationError for a value that does not fit and for a half-configured vendor.
    """
    settings = _own(environment)
    if settings.sandbox:
        return sandboxed(settings, vendors)
    given = {name: found.value for name, found in find(environment, names_of(vendors), keyring).items()}
    if settings.callers_bring_keys:
        common = _common(vendors, given, settings)
        offered = _offered(vendors, common) if settings.keys == "vault" else {}
        return settings.model_copy(update={"common": common, "offered": offered})
    on = {vendor.name: on for vendor in vendors if (on := _of_vendor(vendor, given, settings))}
    return settings.model_copy(update={"vendors": on})


def _own(environment: Mapping[str, str]) -> Settings:
    """Drumbeat's own settings, without any vendor's. Raises ConfigurationError where they do not add up."""
    _refuse_unknown({name for name in environment if in_environment(environment, name)})
    try:
        own = {name: found.value for name, found in find(environment, OWN_NAMES).items()}
        settings = Settings.model_validate(own)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ConfigurationError(f"{first['loc'][0]}: {first['msg']}.") from None
    if settings.journal == "redis" and settings.redis_url is None:
        raise ConfigurationError("DRUMBEAT_JOURNAL: redis needs DRUMBEAT_REDIS_URL.")
    if lacks := settings.vault_lacks:
        raise ConfigurationError(lacks)
    if settings.sandbox and settings.keys == "vault":
        raise ConfigurationError("DRUMBEAT_KEYS=vault has no use in the sandbox, whose vendors take no keys.")
    return settings


def _refuse_unknown(names: Iterable[str]) -> None:
    """Raises ConfigurationError: a misspelt DRUMBEAT_ACCESS must not grant everything."""
    known = {*OWN_NAMES, *(name + FILE for name in OWN_NAMES), TOKEN_OF_COMMAND}
    for name in sorted(names):
        if name.startswith("DRUMBEAT_") and name not in known:
            near = nearest(name, known, 1)
            raise ConfigurationError(f"{name}: there is no such setting{f'; did you mean {near[0]}' if near else ''}.")


def sandboxed(settings: Settings, vendors: Sequence[PublishedVendor], root_url: str = SANDBOX_URL) -> Settings:
    """The same settings with every vendor on and pointed at its stand-in under `root_url`."""
    on = {}
    for vendor in vendors:
        if not vendor.needs:
            values = {v.name: v.sandbox for v in vendor.variables if v.sandbox is not None}
            values[vendor.base_url_variable] = f"{root_url}/{vendor.name}"
            on[vendor.name] = _of_vendor(vendor, values, settings)
    return settings.model_copy(update={"vendors": on, "sandbox": True})


def of_caller(
    settings: Settings, vendors: Sequence[PublishedVendor], keys: Mapping[str, str]
) -> dict[str, VendorSettings]:
    """The vendors that a caller's own `keys`, by variable, switch on.

    Raises ConfigurationError for a value that does not fit and for a half-configured vendor.
    """
    found = {}
    for vendor in vendors:
        own = {v.name: keys[v.name] for v in vendor.variables if in_environment(keys, v.name)}
        if own and (on := _of_vendor(vendor, {**settings.common, **own}, settings)):
            found[vendor.name] = on.model_copy(update={"callers": True})
    return found


def _of_vendor(vendor: PublishedVendor, given: Mapping[str, str], settings: Settings) -> VendorSettings | None:
    return vendor_settings(vendor, given, cache_ttl=settings.cache_ttl, allow_http=settings.allow_http)


def _common(vendors: Sequence[PublishedVendor], given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    variables = [variable for vendor in vendors for variable in vendor.variables if variable.name in given]
    for variable in variables:
        if variable.secret:
            raise ConfigurationError(
                f"{variable.name} is set, but with DRUMBEAT_KEYS={settings.keys} keys are each caller's own."
            )
        check(variable, given[variable.name], allow_http=settings.allow_http)
    return {variable.name: given[variable.name] for variable in variables}


def _offered(vendors: Sequence[PublishedVendor], common: Mapping[str, str]) -> dict[str, list[str]]:
    found = {}
    for vendor in vendors:
        if not vendor.needs and not vendor.missing([*common, *(v.name for v in vendor.callers_variables)]):
            found[vendor.name] = vendor.missing(common)
    return found
