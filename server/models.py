"""The shapes that vendor models and tool results are built from.

What a vendor sends is parsed leniently: every field optional, numbers accepted where text is
documented, unknown fields kept. What a tool returns is small: no nulls, noise left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from server.redaction import redact

T = TypeVar("T")

Noise = Field(default=None, exclude=True)
"""A documented field that no reader needs (a link to itself, an avatar): parsed, then left out."""

JsonObject = Annotated[dict[str, Any], Field(json_schema_extra=lambda schema: schema.pop("additionalProperties", None))]
"""An object whose inside is the vendor's own business."""


class VendorModel(BaseModel):
    """Base of all response models. Declare every field as `X | None = None`.

    One value that does not fit its field does not cost the record: the field is None, and the value is shown as it
    came, unless the field is one that hides its value.
    """

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, populate_by_name=True, frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_what_does_not_fit(cls, data: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return validate(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            places = [fault["loc"] for fault in error.errors(include_url=False, include_context=False)]
            misfits = {str(place[0]) for place in places if place} & data.keys()
            if not misfits:
                raise
        return validate({key: value for key, value in data.items() if key not in misfits}).beside(
            {key: data[key] for key in misfits}
        )

    def came(self, field: str) -> Any:
        """A field's value; where it did not fit, what came instead."""
        value = getattr(self, field)
        return value if value is not None else (self.model_extra or {}).get(field)

    @classmethod
    def as_read(cls, data: dict[str, Any]) -> dict[str, Any]:
        """`data`, an object of this model as it is sent or what was left of it, as it reads best in text."""
        return data

    def beside(self, values: Mapping[str, Any]) -> Self:
        """This object, with `values` shown beside its own by the vendor's names, without the secrets among them."""
        fields = type(self).model_fields
        hidden = {name for key, f in fields.items() if f.exclude or _is_masked(f.annotation) for name in (key, f.alias)}
        shown = redact({key: value for key, value in values.items() if key not in hidden})
        object.__setattr__(self, "__pydantic_extra__", {**(self.model_extra or {}), **shown})
        return self


def exact(schema: Any) -> Any:
    """A core schema whose models are not lenient, which costs a call of Python for each object.

    Unions stay, since there leniency may decide.
    """
    if isinstance(schema, list):
        return [exact(part) for part in schema]
    if not isinstance(schema, dict) or schema.get("type") in ("union", "tagged-union"):
        return schema
    wrapping = schema["function"]["function"] if schema.get("type") == "function-wrap" else None
    if getattr(wrapping, "__name__", "") == VendorModel._keep_what_does_not_fit.__name__:
        return {**exact(schema["schema"]), **({"ref": schema["ref"]} if "ref" in schema else {})}
    return {key: exact(part) for key, part in schema.items()}


def _is_masked(hint: Any) -> bool:
    return isinstance(hint, PlainSerializer) or any(map(_is_masked, getattr(hint, "__metadata__", get_args(hint))))


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


class Rehearsal(BaseModel):
    """The request that a dry run would have sent; `body` is its JSON to the letter, with secrets masked."""

    would_send: str
    body: str | None = None


class Text(BaseModel):
    """A document that is not JSON: a log, a patch, a file."""

    text: str


@dataclass(frozen=True)
class Image:
    """A picture beside an answer, which says the same for whoever is shown none."""

    data: bytes
    mime_type: str = "image/png"
