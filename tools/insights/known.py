"""What can be known without asking a vendor: which are on, and what each metric is at each."""

from pydantic import BaseModel

from server.declare import Apis, Page
from tools.insights.definitions import DEFINITIONS, Metric
from tools.insights.delivery import delivery
from tools.insights.vendors import APIS, TITLES


class VendorRow(BaseModel):
    """A vendor, whether it is configured, and which metrics a delivery report has from it."""

    vendor: str
    configured: bool
    metrics: str | None = None


class DefinitionRow(BaseModel):
    """One metric at one vendor."""

    metric: str
    vendor: str
    definition: str
    unit: str
    aggregation: str
    source: str


@delivery.read(resource="drumbeat://vendors")
async def list_vendors(api: Apis) -> Page[VendorRow]:
    """The vendors, whether each is configured, and which delivery metrics it has."""
    rows = []
    for name, kind in APIS.items():
        metrics = ", ".join(one.metric for one in DEFINITIONS if one.vendor == name)
        rows.append(VendorRow(vendor=TITLES[name], configured=kind in api, metrics=metrics or None))
    return Page(items=rows)


@delivery.read(resource="drumbeat://definitions")
async def list_definitions(api: Apis, metric: Metric | None = None) -> Page[DefinitionRow]:
    """What each delivery metric is at each vendor: definition, unit, aggregation, source."""
    return Page(
        items=[
            DefinitionRow(
                metric=one.metric,
                vendor=TITLES[one.vendor],
                definition=one.words,
                unit=one.unit,
                aggregation=one.aggregation,
                source=one.source,
            )
            for one in sorted(DEFINITIONS, key=lambda one: one.metric)
            if metric in (None, one.metric)
        ]
    )
