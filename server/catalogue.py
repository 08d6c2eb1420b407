"""The whole surface as data: generated from the declarations by `server.publish`, committed, read at the start.

The server reads `tools/catalogue.json` instead of importing vendors: a tool's module is imported, and its models
built, on its first call.
"""

import importlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools
from server.access import Access, Variable
from server.apps import App

if TYPE_CHECKING:
    from server.spec import Declaration, Vendor

OWN = "drumbeat"
OWN_PACKAGE = "server.builtin"
VENDOR_FACTS = ("name", "title", "about", "variables", "requires", "sandbox", "base_url_variable", "needs", "apps")
FILE = Path(tools.__path__[0]) / "catalogue.json"
ASKS = FILE.with_name("asks.json")


@dataclass(frozen=True, eq=False)
class PublishedTool:
    """One tool as published, compared by identity.

    completes: an argument's list tool and field of its values. offers: values of an argument that are worth offering.
    gateway: that it calls other tools.
    overwrites: that it changes what is there, instead of adding to it. asks: that a call of it may lose something.
    hint: words that people ask for it with, which it does not say of itself.
    """

    name: str
    title: str
    description: str
    vendor: str
    toolset: str
    access: Access
    idempotent: bool
    everyday: bool
    reference: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    resource: str | None = None
    completes: dict[str, tuple[str, str]] = field(default_factory=dict)
    offers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gateway: bool = False
    overwrites: bool = False
    asks: bool = False
    hint: str = ""

    @property
    def can_take_away(self) -> bool:
        """Whether a person may have to agree to a call."""
        return self.asks or self.access is Access.DESTRUCTIVE

    @property
    def deprecated(self) -> bool:
        """Whether the vendor wants another one used, which the description says."""
        return "deprecated" in self.description.lower()

    @cached_property
    def is_routed(self) -> bool:
        """Whether headers of a call must agree with arguments of it."""
        return '"x-mcp-header"' in json.dumps(self.input_schema)

    @cached_property
    def declaration(self) -> "Declaration":
        """The declaration itself; imports the vendor on first use."""
        module, function = self.reference.split(":")
        importlib.import_module(module)
        vendor = vendor_of(OWN_PACKAGE if self.vendor == OWN else f"tools.{self.vendor}")
        return vendor.toolsets[self.toolset].tools[function]


@dataclass(frozen=True)
class PublishedVendor:
    """One vendor as published; `toolsets` maps names to what they are about."""

    name: str
    title: str
    about: str
    variables: tuple[Variable, ...]
    requires: tuple[str | tuple[str, ...], ...]
    base_url_variable: str
    sandbox: str
    toolsets: dict[str, str]
    needs: tuple[str, ...] = ()
    apps: tuple[App, ...] = ()

    @property
    def callers_variables(self) -> tuple[Variable, ...]:
        """What a caller may bring of their own: all but addresses, which are the operator's to set."""
        return tuple(variable for variable in self.variables if variable.kind != "url")

    def missing(self, given: Collection[str] = ()) -> list[str]:
        """What is still required when the variables in `given` are set, each in words."""
        has = {*given, *(variable.name for variable in self.variables if variable.default is not None)}
        groups = [(group,) if isinstance(group, str) else group for group in self.requires]
        return [" or ".join(group) for group in groups if has.isdisjoint(group)]

    @cached_property
    def api(self) -> type[Any]:
        """The vendor's Api class; imports the vendor on first use."""
        return vendor_of(f"tools.{self.name}").api


@dataclass(frozen=True)
class PublishedArgument:
    """An argument of a prompt. default: what stands for it where it is not given; None where it has to be.

    values, completes: what a person is offered: fixed values, or a field of the first of these list tools that is here.
    """

    name: str
    description: str
    default: str | None = None
    values: tuple[str, ...] = ()
    completes: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """Its description and its default, for a person."""
        return self.description if self.default is None else f"{self.description} (default: {self.default})"


@dataclass(frozen=True)
class PublishedPrompt:
    """One prompt as published. file: where its text is, below `tools/`; tools: those of vendors that it names.

    needs: the vendors of which it cannot do without one; none where any will do.
    """

    name: str
    title: str
    description: str
    file: str
    arguments: tuple[PublishedArgument, ...]
    tools: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Every vendor, every tool and every prompt, in the order of their declaration."""

    vendors: tuple[PublishedVendor, ...]
    tools: tuple[PublishedTool, ...]
    prompts: tuple[PublishedPrompt, ...] = ()

    @property
    def for_models(self) -> tuple[PublishedTool, ...]:
        """The tools but for those that only pages in the chat call."""
        return tuple(entry for entry in self.tools if entry.name not in self.for_pages)

    @cached_property
    def for_pages(self) -> frozenset[str]:
        """The names of the tools that only pages in the chat call."""
        return frozenset(
            f"{vendor.name}_{name}" for vendor in self.vendors for app in vendor.apps for name in app.calls
        )


def vendor_of(module: str) -> "Vendor":
    """The Vendor that a vendor's package exports as `VENDOR`."""
    vendor: Vendor = importlib.import_module(module).VENDOR
    return vendor


@cache
def read() -> Catalogue:
    """The committed catalogue, which is read once in a process."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    vendors = []
    for vendor in data["vendors"]:
        variables = tuple(Variable(**{**v, "choices": tuple(v["choices"])}) for v in vendor["variables"])
        apps = tuple(App(**{**app, "calls": tuple(app["calls"])}) for app in vendor["apps"])
        requires = tuple(group if isinstance(group, str) else tuple(group) for group in vendor["requires"])
        lists = {"variables": variables, "requires": requires, "needs": tuple(vendor["needs"]), "apps": apps}
        vendors.append(PublishedVendor(**{**vendor, **lists}))
    return Catalogue(
        tuple(vendors),
        tuple(PublishedTool(**{**t, "access": Access(t["access"])}) for t in data["tools"]),
        tuple(_prompt(prompt) for prompt in data["prompts"]),
    )


def _prompt(facts: dict[str, Any]) -> PublishedPrompt:
    arguments = []
    for each in facts["arguments"]:
        completes = tuple((tool, name) for tool, name in each["completes"])
        arguments.append(PublishedArgument(**{**each, "values": tuple(each["values"]), "completes": completes}))
    several = {name: tuple(facts[name]) for name in ("tools", "needs")}
    return PublishedPrompt(**{**facts, **several, "arguments": tuple(arguments)})


def asks() -> dict[str, list[str]]:
    """What people ask for that each tool is the answer to, by its name. Only a search reads it."""
    return {str(name): list(row) for name, row in json.loads(ASKS.read_text(encoding="utf-8")).items()}
