"""Every setting of the server, read once from the environment into one typed model."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, DirectoryPath, Field, FilePath, SecretStr, ValidationError

from server.access import Access, Variable
from server.catalogue import PublishedVendor
from server.errors import ConfigurationError, nearest
from server.hosting import Hosting
from server.sources import FILE, Keyring, find, in_environment

SANDBOX_URL = "http://127.0.0.1"
Layout = Literal["text", "structured", "both"]
"""What an answer is sent as."""


class VendorSettings(BaseModel):
    """The values of one vendor that is on. Prints no value, since most are credentials."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    values: dict[str, SecretStr] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    cache_ttl: float = 60.0
    callers: bool = False
    """Whether these are a caller's own rather than the server's."""

    def get(self, variable: Variable | str) -> str | None:
        """The plain value of a variable, or None where it is not set and has no default.

        Raises KeyError for a name that the vendor does not declare.
        """
        name = variable if isinstance(variable, str) else variable.name
        value = self.values.get(name)
        if value is None and name not in self.names:
            raise KeyError(name)
        return value.get_secret_value() if value else None

    @property
    def place(self) -> str:
        """Which account at which address this is; of its credentials a digest, so that another's are another place."""
        others = [value for name in self.values if name not in self.secret_names and (value := self.get(name))]
        digest = hashlib.sha256("\n".join(self.secrets).encode()).hexdigest()[:12]
        return " ".join([self.base_url, *(value for value in others if value.rstrip("/") != self.base_url), digest])

    @property
    def secrets(self) -> list[str]:
        """The plain values of the credentials that are set, for masking them in text."""
        return [value for name in self.secret_names if (value := self.get(name))]


def _flag(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


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
    sandbox: Annotated[bool, BeforeValidator(_flag)] = Field(
        False,
        alias="DRUMBEAT_SANDBOX",
        description="`1` serves every vendor from built-in stand-ins with made-up data: no credentials, no network.",
    )
    apps: Annotated[bool, BeforeValidator(_flag)] = Field(
        True,
        alias="DRUMBEAT_APPS",
        description="`0` keeps the pages in the chat (MCP Apps) away from clients that could show them.",
    )
    import_dir: DirectoryPath | None = Field(
        None,
        alias="DRUMBEAT_IMPORT_DIR",
        description="The only directory from which a tool may upload a file; unset, none may.",
    )
    allow_http: Annotated[bool, BeforeValidator(_flag)] = Field(
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
    if settings.sandbox:
        if settings.keys == "vault":
            raise ConfigurationError("DRUMBEAT_KEYS=vault has no use in the sandbox, whose vendors take no keys.")
        return sandboxed(settings, vendors)
    given = {name: found.value for name, found in find(environment, names_of(vendors), keyring).items()}
    if settings.callers_bring_keys:
        common = _common(vendors, given, settings)
        offered = _offered(vendors, common) if settings.keys == "vault" else {}
        return settings.model_copy(update={"common": common, "offered": offered})
    on = {vendor.name: on for vendor in vendors if (on := _vendor(vendor, given, settings))}
    return settings.model_copy(update={"vendors": on})


def _refuse_unknown(names: Iterable[str]) -> None:
    """Raises ConfigurationError: a misspelt DRUMBEAT_ACCESS must not grant everything."""
    known = {*OWN_NAMES, *(name + FILE for name in OWN_NAMES), TOKEN_OF_COMMAND}
    for name in sorted(names):
        if name.startswith("DRUMBEAT_") and name not in known:
            near = nearest(name, known, 1)
            raise ConfigurationError(f"{name}: there is no such setting{f'; did you mean {near[0]}' if near else ''}.")


def names_of(vendors: Sequence[PublishedVendor]) -> list[str]:
    """The variables of vendors, those for their caches last."""
    alone = [vendor for vendor in vendors if not vendor.needs]
    return [v.name for vendor in alone for v in vendor.variables] + [cache_variable(vendor.name) for vendor in alone]


def cache_variable(vendor: str) -> str:
    """The variable that says how long a vendor's answers are kept."""
    return f"{vendor.upper()}_CACHE_TTL"


def sandboxed(settings: Settings, vendors: Sequence[PublishedVendor], root_url: str = SANDBOX_URL) -> Settings:
    """The same settings with every vendor on and pointed at its stand-in under `root_url`."""
    on = {}
    for vendor in vendors:
        if vendor.needs:
            continue
        values = {v.name: v.sandbox for v in vendor.variables if v.sandbox is not None}
        values[vendor.base_url_variable] = f"{root_url}/{vendor.name}"
        on[vendor.name] = _vendor(vendor, values, settings)
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
        if own and (on := _vendor(vendor, {**settings.common, **own}, settings)):
            found[vendor.name] = on.model_copy(update={"callers": True})
    return found


def _common(vendors: Sequence[PublishedVendor], given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    variables = [variable for vendor in vendors for variable in vendor.variables if variable.name in given]
    for variable in variables:
        if variable.secret:
            raise ConfigurationError(
                f"{variable.name} is set, but with DRUMBEAT_KEYS={settings.keys} keys are each caller's own."
            )
        _check(variable, given[variable.name], settings.allow_http)
    return {variable.name: given[variable.name] for variable in variables}


def _offered(vendors: Sequence[PublishedVendor], common: Mapping[str, str]) -> dict[str, list[str]]:
    found = {}
    for vendor in vendors:
        given = {*common, *(v.name for v in vendor.variables if v.default is not None)}
        if not vendor.needs and not missing(vendor, given | {v.name for v in vendor.callers_variables}):
            found[vendor.name] = missing(vendor, given)
    return found


def missing(vendor: PublishedVendor, names: set[str]) -> list[str]:
    """What `vendor` still requires when the variables in `names` are set, each in words."""
    groups = [(group,) if isinstance(group, str) else group for group in vendor.requires]
    return [" or ".join(group) for group in groups if not names.intersection(group)]


def _vendor(vendor: PublishedVendor, given: Mapping[str, str], settings: Settings) -> VendorSettings | None:
    mentioned = {v.name: given[v.name] for v in vendor.variables if given.get(v.name, v.default) != v.default}
    if not mentioned:
        return None
    values = {v.name: v.default for v in vendor.variables if v.default is not None} | mentioned
    if lacks := missing(vendor, set(values)):
        raise ConfigurationError(
            f"{vendor.title} is half configured: {', '.join(mentioned)} is set, {' and '.join(lacks)} is missing."
        )
    for variable in vendor.variables:
        _check(variable, values.get(variable.name), settings.allow_http)
    return VendorSettings(
        base_url=values[vendor.base_url_variable].rstrip("/"),
        values={name: SecretStr(value) for name, value in values.items()},
        names=tuple(v.name for v in vendor.variables),
        secret_names=tuple(v.name for v in vendor.variables if v.secret),
        cache_ttl=_seconds(cache_variable(vendor.name), given, settings.cache_ttl),
    )


def _seconds(name: str, given: Mapping[str, str], default: float) -> float:
    try:
        seconds = float(given.get(name, default))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ConfigurationError(f"{name} must be a number of seconds, 0 or more.")
    return seconds


def _check(variable: Variable, value: str | None, allow_http: bool) -> None:
    if value is None:
        return
    if variable.choices and value not in variable.choices:
        raise ConfigurationError(f"{variable.name} must be one of {', '.join(variable.choices)}.")
    if not value.isprintable() or not value.isascii():
        raise ConfigurationError(f"{variable.name} has a character that cannot be sent in a request.")
    if variable.kind != "url":
        return
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 reading it checks it
    except ValueError:
        raise ConfigurationError(f"{variable.name} must be a URL such as https://host/path.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{variable.name} must be a URL such as https://host/path.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"{variable.name} must be a plain URL, without credentials, query or fragment.")
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname)):
        raise ConfigurationError(f"{variable.name} must use https; http is for this machine (DRUMBEAT_ALLOW_HTTP).")


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
