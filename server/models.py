"""The shapes that vendor models and tool results are built from.

What a vendor sends is parsed leniently: every field optional, numbers accepted where text is
documented, unknown fields kept. What a tool returns is small: no nulls, noise left out.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from server.redaction import Masked

T = TypeVar("T")

Noise = Field(default=None, exclude=True)
"""A documented field that no reader needs (a link to itself, an avatar): parsed, then left out."""

JsonObject = Annotated[dict[str, Any], Field(json_schema_extra=lambda schema: schema.pop("additionalProperties", None))]
"""An object whose inside is the vendor's own business."""


class VendorModel(BaseModel):
    """Base of all response models. Declare every field as `X | None = None`."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, populate_by_name=True, frozen=True)


def snapshot(model: BaseModel) -> dict[str, Any]:
    """An object as it is now, in the vendor's own names, for the journal and for undo."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


class Page(BaseModel, Generic[T]):
    """A list, or a part of one.

    next: the arguments which, given to the same tool, fetch what follows; absent on the last page.
    """

    items: list[T]
    total: int | None = None
    next: dict[str, Any] | None = None


class Done(BaseModel):
    """The answer of a call for which the vendor has nothing to say: one sentence of what happened."""

    done: str


class Text(BaseModel):
    """A document that is not JSON: a log, a patch, a file."""

    text: str


__all__ = ["Done", "JsonObject", "Masked", "Noise", "Page", "Text", "VendorModel", "snapshot"]
