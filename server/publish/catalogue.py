"""Building the catalogue from the declarations, and writing it."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Sequence
from dataclasses import asdict

import tools
from server import signature
from server.catalogue import OWN_PACKAGE, VENDOR_FACTS, Catalogue, PublishedTool, PublishedVendor, vendor_of
from server.spec import Declaration, Toolset, Vendor


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
    return Catalogue(tuple(vendors), tuple(entries + _entries(_import(OWN_PACKAGE))))


def _import(package: str) -> Vendor:
    """A vendor with all its toolsets' modules imported."""
    vendor = vendor_of(package)
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if module.name != "sandbox":
            importlib.import_module(f"{package}.{module.name}")
    return vendor


def _entries(vendor: Vendor) -> list[PublishedTool]:
    return [_describe(tool) for toolset in _sorted(vendor) for tool in toolset.tools.values()]


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
        resource=declaration.resource and f"{vendor}://{declaration.resource}",
        gateway=declaration.gateway,
        overwrites=declaration.before is not None or declaration.asks is not None,
        asks=declaration.asks is not None,
        completes={name: (f"{vendor}_{source.tool}", source.field) for name, source in completes.items()},
    )


def dump(catalogue: Catalogue) -> str:
    """The catalogue as the text of its file: one line a tool, so that a diff shows what changed."""

    def rows(items: Sequence[PublishedVendor | PublishedTool]) -> str:
        return ",\n".join(json.dumps(asdict(item), ensure_ascii=False, separators=(",", ":")) for item in items)

    return f'{{"vendors":[\n{rows(catalogue.vendors)}\n],"tools":[\n{rows(catalogue.tools)}\n]}}\n'
