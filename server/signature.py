"""A tool's function read as a contract: its argument model, its input schema, its output schema.

Schemas are made for models and for picky clients: no titles, no `$ref`, no `anyOf` with null where
the argument can simply be left out, unknown arguments refused.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    NotRequired,
    Required,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from server.models import VendorModel
from server.redaction import names_secret
from server.spec import Completes, Offers, Sensitive
from server.times import Bound

MOST_FAULTS, LONGEST_PLACE = 6, 80
M = TypeVar("M")


class _Lean(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        result = super().default_schema(schema)
        if result.get("default") is None:
            result.pop("default", None)
        return result


class Arguments(BaseModel):
    """Base of the models of a tool's arguments."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, protected_namespaces=())
    fields_passed_on: ClassVar[frozenset[str]] = frozenset()
    nullable: ClassVar[frozenset[str]] = frozenset()
    bounds: ClassVar[Mapping[bool, str]] = {}

    def values(self) -> dict[str, Any]:
        """The arguments by name, as the tool's function takes them; of fields passed on, those that were given."""
        passed_over = self.fields_passed_on - self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name not in passed_over}

    def said(self) -> dict[str, Any]:
        """The arguments as plain data, for the journal, nulls that empty a field among them."""
        plain = self.model_dump(mode="json")
        meant = self.nullable & self.model_fields_set
        return {name: plain[name] for name in self.values() if plain[name] is not None or name in meant}

    @model_validator(mode="before")
    @classmethod
    def _check_kinds(cls, given: Any) -> Any:
        for name, value in given.items() if isinstance(given, dict) else ():
            kinds = _kinds(cls.model_fields[name].annotation) if name in cls.model_fields else set()
            if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
                raise ValueError(f"{name!r} is a number, not {str(value).lower()}")
            if not isinstance(value, bool | None) and kinds == {bool}:
                raise ValueError(f"{name!r} is true or false")
        return given

    @model_validator(mode="after")
    def _check_period(self) -> Self:
        first, last = (getattr(self, self.bounds[end], None) if end in self.bounds else None for end in (True, False))
        if first is not None and last is not None and first > last:
            raise ValueError(f"{self.bounds[True]!r} must not be after {self.bounds[False]!r}")
        return self


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that a value may have, out of unions and annotations."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        parts = get_args(annotation)
        return set().union(*(_kinds(part) for part in (parts[:1] if get_origin(annotation) is Annotated else parts)))
    return {annotation} - {type(None)}


@cache
def arguments(function: Callable[..., Any]) -> type[Arguments]:
    """The model of a tool's arguments: its parameters after the first, which is the Api.

    `**fields: Unpack[Fields]`, Fields being a TypedDict, stands for fields that the tool passes on: those that are
    not given are not there, and null is a value of those that are declared with None.
    """
    hints = hints_of(function)
    fields: dict[str, Any] = {}
    passed_on: dict[str, Any] = {}
    for p in list(inspect.signature(function).parameters.values())[1:]:
        if p.kind is inspect.Parameter.VAR_KEYWORD:
            declared = get_args(get_type_hints(function, include_extras=True)[p.name])[0]
            passed_on = _fields_of(declared)
            fields |= {n: (hints[n], ... if n in declared.__required_keys__ else None) for n in passed_on}
        else:
            fields[p.name] = (hints[p.name], ... if p.default is inspect.Parameter.empty else p.default)
    model = create_model(function.__name__, __base__=Arguments, **fields)
    model.fields_passed_on = frozenset(passed_on)
    model.nullable = frozenset(name for name, hint in passed_on.items() if _takes_none(hint))
    model.bounds = {bound.first: name for name, bound in _marked(function, Bound)}
    return model


@cache
def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of a tool's arguments by name, those of fields that it passes on among them, and of its `return`."""
    hints = get_type_hints(function, include_extras=True)
    for p in inspect.signature(function).parameters.values():
        if p.kind is inspect.Parameter.VAR_KEYWORD:
            hints |= _fields_of(get_args(hints.pop(p.name))[0])
    return hints


def _fields_of(declared: type) -> dict[str, Any]:
    """A TypedDict's fields and their types, without Required and NotRequired."""
    hints = get_type_hints(declared, include_extras=True)
    return {
        name: get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint for name, hint in hints.items()
    }


def _takes_none(hint: Any) -> bool:
    return type(None) in get_args(hint) or (get_origin(hint) is Annotated and _takes_none(get_args(hint)[0]))


def input_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments."""
    return _inline(arguments(function).model_json_schema(schema_generator=_Lean))


def output_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The top-level shape of a tool's structured answer; what is nested stays open."""
    returned = get_type_hints(function)["return"]
    if not (isinstance(returned, type) and issubclass(returned, BaseModel)):
        raise TypeError(f"{function.__name__} must return a model, not {returned}")
    schema = _inline(returned.model_json_schema(schema_generator=_Lean, mode="serialization"))
    shape: dict[str, Any] = {"type": "object"}
    # What a vendor sends in another type than documented is shown as it came, and clients check what they are given.
    as_it_came = issubclass(returned, VendorModel)
    fields = schema.get("properties", {}).items()
    if properties := {name: {} if as_it_came else _shallow(inner) for name, inner in fields}:
        shape["properties"] = properties
    return shape


@cache
def completions(function: Callable[..., Any]) -> Mapping[str, Completes]:
    """The arguments whose values can be completed, and from where."""
    return MappingProxyType(dict(_marked(function, Completes)))


@cache
def offers(function: Callable[..., Any]) -> Mapping[str, tuple[str, ...]]:
    """The arguments of which some values are worth offering, and these values."""
    return MappingProxyType({name: offered.values for name, offered in _marked(function, Offers)})


@cache
def sensitive(function: Callable[..., Any]) -> frozenset[str]:
    """The arguments that are or carry secrets, by their mark or by their name."""
    named = {name for name in arguments(function).model_fields if names_secret(name)}
    return frozenset(named.union(name for name, _ in _marked(function, Sensitive)))


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong with a call's arguments, and which there are, without repeating their values."""
    faults = []
    found = error.errors(include_input=False, include_url=False)
    for fault in found[:MOST_FAULTS]:
        where = ".".join(map(str, fault["loc"]))[:LONGEST_PLACE]
        words = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            faults.append(f"there is no argument {where!r}")
        elif fault["type"] == "missing":
            faults.append(f"{where!r} is required")
        else:
            faults.append(f"{where!r}: {words}" if where else words)
    if len(found) > MOST_FAULTS:
        faults.append(f"and {len(found) - MOST_FAULTS} more")
    known = [name + (" (required)" if field.is_required() else "") for name, field in model.model_fields.items()]
    return f"Nothing was sent: {'; '.join(faults)}. Arguments: {', '.join(known) or 'none'}."


def _marked(function: Callable[..., Any], mark: type[M]) -> Iterator[tuple[str, M]]:
    for name, hint in hints_of(function).items():
        if name != "return" and (found := next(_marks(hint, mark), None)):
            yield name, found


def _marks(hint: Any, mark: type[M]) -> Iterator[M]:
    for part in get_args(hint):
        if isinstance(part, mark):
            yield part
        else:
            yield from _marks(part, mark)


def _shallow(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    # A list of objects is sent as columns and rows.
    return {"type": kind} if kind and kind != "array" else {}


def _inline(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.pop("$defs", {})

    def walk(node: Any, inside: frozenset[str] = frozenset()) -> Any:
        if isinstance(node, list):
            return [walk(item, inside) for item in node]
        if not isinstance(node, dict):
            return node
        if reference := node.get("$ref"):
            if reference in inside:
                return {"type": "object"}
            rest = {key: value for key, value in node.items() if key != "$ref"}
            # What a definition says of itself is its class's docstring, which is for us.
            definition = {**definitions[reference.rsplit("/", 1)[-1]]}
            definition.pop("description", None)
            return walk({**definition, **rest}, inside | {reference})
        node = {key: walk(value, inside) for key, value in node.items()}
        if isinstance(node.get("title"), str):
            del node["title"]
        # Two hosts check it themselves, and then tell the model nothing of use; we check it too, and say what is wrong.
        if node.get("additionalProperties") is False:
            del node["additionalProperties"]
        return node

    # A model that contains itself is a reference at its own top.
    own = schema.get("$ref")
    clean: dict[str, Any] = walk(definitions[own.rsplit("/", 1)[-1]], frozenset({own})) if own else walk(schema)
    clean.pop("description", None)
    return clean
