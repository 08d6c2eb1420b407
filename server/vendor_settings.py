"""The settings of vendors: which of them are on, with what values, and whether these fit."""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from server.access import Variable
from server.catalogue import PublishedVendor
from server.errors import ConfigurationError
from server.hosting import is_private


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


def names_of(vendors: Sequence[PublishedVendor]) -> list[str]:
    """The variables of vendors, those for their caches last."""
    alone = [vendor for vendor in vendors if not vendor.needs]
    return [v.name for vendor in alone for v in vendor.variables] + [cache_variable(vendor.name) for vendor in alone]


def cache_variable(vendor: str) -> str:
    """The variable that says how long a vendor's answers are kept."""
    return f"{vendor.upper()}_CACHE_TTL"


def vendor_settings(
    vendor: PublishedVendor, given: Mapping[str, str], *, cache_ttl: float, allow_http: bool
) -> VendorSettings | None:
    """The settings of a vendor that `given`, values by variable, switches on; None where it stays off.

    Raises ConfigurationError for a value that does not fit and for a half-configured vendor.
    """
    mentioned = {v.name: given[v.name] for v in vendor.variables if given.get(v.name, v.default) != v.default}
    if not mentioned:
        return None
    values = {v.name: v.default for v in vendor.variables if v.default is not None} | mentioned
    if lacks := vendor.missing(values):
        raise ConfigurationError(
            f"{vendor.title} is half configured: {', '.join(mentioned)} is set, {' and '.join(lacks)} is missing."
        )
    for variable in vendor.variables:
        check(variable, values.get(variable.name), allow_http=allow_http)
    return VendorSettings(
        base_url=values[vendor.base_url_variable].rstrip("/"),
        values={name: SecretStr(value) for name, value in values.items()},
        names=tuple(v.name for v in vendor.variables),
        secret_names=tuple(v.name for v in vendor.variables if v.secret),
        cache_ttl=_seconds(cache_variable(vendor.name), given, cache_ttl),
    )


def _seconds(name: str, given: Mapping[str, str], default: float) -> float:
    try:
        seconds = float(given.get(name, default))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ConfigurationError(f"{name} must be a number of seconds, 0 or more.")
    return seconds


def check(variable: Variable, value: str | None, *, allow_http: bool) -> None:
    """Raises ConfigurationError where a variable has a value, and one that does not fit."""
    if value is None:
        return
    if variable.choices and value not in variable.choices:
        raise ConfigurationError(f"{variable.name} must be one of {', '.join(variable.choices)}.")
    if not value.isprintable() or not value.isascii():
        raise ConfigurationError(f"{variable.name} has a character that cannot be sent in a request.")
    if variable.kind == "url":
        _check_url(variable.name, value, allow_http)


def _check_url(name: str, value: str, allow_http: bool) -> None:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 reading it checks it
    except ValueError:
        raise ConfigurationError(f"{name} must be a URL such as https://host/path.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{name} must be a URL such as https://host/path.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be a plain URL, without credentials, query or fragment.")
    if not (allow_http or is_private(parts)):
        raise ConfigurationError(f"{name} must use https; http is for this machine (DRUMBEAT_ALLOW_HTTP).")
