"""The whole surface as data: generated from the declarations, committed, read at the start.

`python -m server.catalogue` writes `tools/catalogue.json`, and from it `manifest.json` and
`docs/tools.md`; with `--check` it fails where a file differs from the code. The server reads the file
instead of importing vendors: a tool's module is imported, and its models built, on its first call.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools
from server.access import Access, Variable

if TYPE_CHECKING:
    from server.spec import Declaration, Toolset, Vendor

OWN = "drumbeat"
OWN_PACKAGE = "server.own"
VENDOR_FACTS = ("name", "title", "about", "variables", "requires", "sandbox", "base_url_variable")
FILE = Path(tools.__path__[0]) / "catalogue.json"


@dataclass(frozen=True)
class Entry:
    """One tool as published.

    completes: an argument's list tool and field of its values. passes_on: that it calls other tools.
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
    passes_on: bool = False

    @cached_property
    def declaration(self) -> "Declaration":
        """The declaration itself; imports the vendor on first use."""
        module, function = self.reference.split(":")
        importlib.import_module(module)
        vendor = vendor_of(OWN_PACKAGE if self.vendor == OWN else f"tools.{self.vendor}")
        return vendor.toolsets[self.toolset].tools[function]


@dataclass(frozen=True)
class VendorEntry:
    """One vendor as published; `toolsets` maps names to what they are about."""

    name: str
    title: str
    about: str
    variables: tuple[Variable, ...]
    requires: tuple[str | tuple[str, ...], ...]
    base_url_variable: str
    sandbox: str
    toolsets: dict[str, str]

    @cached_property
    def api(self) -> type[Any]:
        """The vendor's Api class; imports the vendor on first use."""
        return vendor_of(f"tools.{self.name}").api


@dataclass(frozen=True)
class Catalogue:
    """Every vendor and every tool, in the order of their declaration."""

    vendors: tuple[VendorEntry, ...]
    tools: tuple[Entry, ...]


def vendor_of(module: str) -> "Vendor":
    """The Vendor that a vendor's package declares."""
    from server.spec import Vendor

    package = importlib.import_module(module)
    return next(value for value in vars(package).values() if isinstance(value, Vendor))


def build() -> Catalogue:
    """Import every vendor and describe what it declares."""
    vendors, entries = [], []
    for found in sorted(pkgutil.iter_modules(tools.__path__), key=lambda module: module.name):
        if found.ispkg:
            vendor = _import(f"tools.{found.name}")
            toolsets = {toolset.name: toolset.about for toolset in _sorted(vendor)}
            facts = {name: getattr(vendor, name) for name in VENDOR_FACTS}
            vendors.append(VendorEntry(**facts, toolsets=toolsets))
            entries += _entries(vendor)
    return Catalogue(tuple(vendors), tuple(entries + _entries(_import(OWN_PACKAGE))))


def _import(package: str) -> "Vendor":
    """A vendor with all its toolsets' modules imported."""
    vendor = vendor_of(package)
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if not module.name.startswith("sandbox"):
            importlib.import_module(f"{package}.{module.name}")
    return vendor


def _entries(vendor: "Vendor") -> list[Entry]:
    return [_describe(tool) for toolset in _sorted(vendor) for tool in toolset.tools.values()]


def _sorted(vendor: "Vendor") -> "list[Toolset]":
    """The toolsets in an order that does not depend on who imported what first."""
    return [vendor.toolsets[name] for name in sorted(vendor.toolsets)]


def _describe(declaration: "Declaration") -> Entry:
    from server import signature

    vendor = declaration.toolset.vendor.name
    completes = signature.completions(declaration.function)
    return Entry(
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
        output_schema={"type": "object"} if declaration.passes_on else signature.output_schema(declaration.function),
        resource=declaration.resource and f"{vendor}://{declaration.resource}",
        passes_on=declaration.passes_on,
        completes={name: (f"{vendor}_{source.tool}", source.field) for name, source in completes.items()},
    )


def dump(catalogue: Catalogue) -> str:
    """The catalogue as the text of its file: one line a tool, so that a diff shows what changed."""

    def rows(items: Sequence[VendorEntry | Entry]) -> str:
        return ",\n".join(json.dumps(asdict(item), ensure_ascii=False, separators=(",", ":")) for item in items)

    return f'{{"vendors":[\n{rows(catalogue.vendors)}\n],"tools":[\n{rows(catalogue.tools)}\n]}}\n'


def read() -> Catalogue:
    """The committed catalogue."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    vendors = []
    for vendor in data["vendors"]:
        variables = tuple(Variable(**{**v, "choices": tuple(v["choices"])}) for v in vendor["variables"])
        requires = tuple(group if isinstance(group, str) else tuple(group) for group in vendor["requires"])
        vendors.append(VendorEntry(**{**vendor, "variables": variables, "requires": requires}))
    return Catalogue(tuple(vendors), tuple(Entry(**{**t, "access": Access(t["access"])}) for t in data["tools"]))


def main() -> int:
    """Write the generated files, or with `--check` compare them with the code."""
    from server import bundle, reference

    catalogue = build()
    stale = []
    files = {
        FILE: dump(catalogue),
        bundle.FILE: bundle.dump(catalogue),
        reference.FILE: reference.dump(catalogue),
    }
    for file, text in files.items():
        if "--check" not in sys.argv:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(file.name)
    if stale:
        print(f"{', '.join(stale)}: differs from the code. Run `make catalogue` and read the diff.", file=sys.stderr)
    return len(stale)


if __name__ == "__main__":
    raise SystemExit(main())
