"""Building the catalogue from the declarations, and writing it."""

import importlib
import inspect
import json
import pkgutil
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import tools
from server import signature
from server.catalogue import (
    OWN,
    OWN_PACKAGE,
    VENDOR_FACTS,
    Catalogue,
    PublishedPrompt,
    PublishedTool,
    PublishedVendor,
    vendor_of,
)
from server.publish.hints import hints
from server.publish.prompts import prompts
from server.spec import Declaration, Toolset, Vendor

Rows = Sequence[PublishedVendor | PublishedTool | PublishedPrompt]


def build() -> Catalogue:
    """Import every vendor and describe what it declares."""
    vendors, entries = [], []
    for found in sorted(pkgutil.iter_modules(tools.__path__), key=lambda module: module.name):
        if found.ispkg:
            vendor = _import(f"tools.{found.name}")
            toolsets = {toolset.name: toolset.about for toolset in _sorted(vendor)}
            facts = {name: getattr(vendor, name) for name in VENDOR_FACTS}
            vendors.append(PublishedVendor(**facts, toolsets=toolsets))
            entries += _entries(vendor)
    built = Catalogue(tuple(vendors), tuple(entries + _entries(_import(OWN_PACKAGE))))
    words = hints(built, asks(built))
    tools_found = tuple(replace(entry, hint=words[entry.name]) for entry in built.tools)
    return replace(built, tools=tools_found, prompts=prompts(vendor.name for vendor in built.vendors))


def _import(package: str) -> Vendor:
    """A vendor with all its toolsets' modules imported."""
    vendor = vendor_of(package)
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if module.name != "sandbox":
            importlib.import_module(f"{package}.{module.name}")
    return vendor


def _entries(vendor: Vendor) -> list[PublishedTool]:
    return [
        _describe(tool)
        for toolset in _sorted(vendor)
        for tool in sorted(toolset.tools.values(), key=lambda tool: tool.function.__module__)
    ]


def _sorted(vendor: Vendor) -> list[Toolset]:
    """The toolsets in an order that does not depend on who imported what first."""
    return [vendor.toolsets[name] for name in sorted(vendor.toolsets)]


def _describe(declaration: Declaration) -> PublishedTool:
    vendor = declaration.toolset.vendor.name
    completes = signature.completions(declaration.function)
    return PublishedTool(
        name=declaration.name,
        title=declaration.title,
        description=" ".join((inspect.getdoc(declaration.function) or "").split()),
        vendor=vendor,
        toolset=declaration.toolset.name,
        access=declaration.access,
        idempotent=declaration.idempotent,
        everyday=declaration.everyday,
        reference=declaration.reference,
        input_schema=signature.input_schema(declaration.function),
        output_schema={"type": "object"} if declaration.gateway else signature.output_schema(declaration.function),
        resource=_uri(declaration),
        gateway=declaration.gateway,
        overwrites=declaration.before is not None or declaration.asks is not None,
        asks=declaration.asks is not None,
        offers=dict(signature.offers(declaration.function)),
        completes={name: (f"{vendor}_{source.tool}", source.field) for name, source in completes.items()},
    )


def _uri(declaration: Declaration) -> str | None:
    """A resource's address: a path is under its vendor's scheme, what has a scheme is one already."""
    path = declaration.resource
    return path if path is None or "://" in path else f"{declaration.toolset.vendor.name}://{path}"


def dump(catalogue: Catalogue) -> str:
    """The catalogue as the text of its file: one line a tool, so that a diff shows what changed."""

    def rows(items: Rows) -> str:
        return ",\n".join(json.dumps(asdict(item), ensure_ascii=False, separators=(",", ":")) for item in items)

    parts: dict[str, Rows] = {"vendors": catalogue.vendors, "tools": catalogue.tools, "prompts": catalogue.prompts}
    return "{" + ",".join(f'"{name}":[\n{rows(items)}\n]' for name, items in parts.items()) + "}\n"


def asks(catalogue: Catalogue) -> dict[str, list[str]]:
    """The asks beside every vendor's tools, by the tools' names. Raises ValueError for a tool that does not exist."""
    found: dict[str, list[str]] = {}
    for vendor in [*(vendor.name for vendor in catalogue.vendors), OWN]:
        package = importlib.import_module(OWN_PACKAGE if vendor == OWN else f"tools.{vendor}")
        file = Path(package.__path__[0]) / "asks.toml"
        rows = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        found |= {f"{vendor}_{name}": row for name, row in rows.items()}
    if unknown := found.keys() - {entry.name for entry in catalogue.tools}:
        raise ValueError(f"asks.toml: there is no tool {', '.join(sorted(unknown))}")
    return {entry.name: found[entry.name] for entry in catalogue.tools if entry.name in found}


def dump_asks(asks: dict[str, list[str]]) -> str:
    """The asks as the text of their file: one line a tool."""
    rows = (f"{json.dumps(name)}:{json.dumps(row, ensure_ascii=False)}" for name, row in asks.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"
