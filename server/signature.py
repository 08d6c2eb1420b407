"""A tool's function read as a contract: its argument model, its input schema, its output schema.

Schemas are made for models and for picky clients: no titles, no `$ref`, no `anyOf` with null where
the argument can simply be left out, unknown arguments refused.
"""

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from server.redaction import SECRET
from server.spec import Completes, Sensitive

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


@cache
def arguments(function: Callable[..., Any]) -> type[BaseModel]:
    """The model of a tool's arguments: its parameters after the first, which is the Api."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is inspect.Parameter.empty else p.default) for p in parameters
    }
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    return create_model(function.__name__, __config__=config, **fields)


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
    if properties := {name: _shallow(inner) for name, inner in schema.get("properties", {}).items()}:
        shape["properties"] = properties
    return shape


def completions(function: Callable[..., Any]) -> dict[str, Completes]:
    """The arguments whose values can be completed, and from where."""
    return dict(_marked(function, Completes))


@cache
def sensitive(function: Callable[..., Any]) -> frozenset[str]:
    """The arguments that are or carry secrets, by their mark or by their name."""
    named = {name for name in arguments(function).model_fields if SECRET.search(name)}
    return frozenset(named.union(name for name, _ in _marked(function, Sensitive)))


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong with a call's arguments, and which there are, without repeating their values."""
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        where = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            faults.append(f"there is no argument {where!r}")
        elif fault["type"] == "missing":
            faults.append(f"{where!r} is required")
        else:
            faults.append(f"{where!r}: {fault['msg'].removeprefix('Value error, ')}")
    known = [name + (" (required)" if field.is_required() else "") for name, field in model.model_fields.items()]
    return f"Nothing was sent: {'; '.join(faults)}. Arguments: {', '.join(known) or 'none'}."


def _marked(function: Callable[..., Any], mark: type[M]) -> Iterator[tuple[str, M]]:
    for name, hint in get_type_hints(function, include_extras=True).items():
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
    # The SDK's client checks every answer row by row, and a rule for the rows nearly doubles what that costs.
    return {"type": kind, **({"items": {}} if kind == "array" else {})} if kind else {}


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
        return node

    # A model that contains itself is a reference at its own top.
    own = schema.get("$ref")
    clean: dict[str, Any] = walk(definitions[own.rsplit("/", 1)[-1]], frozenset({own})) if own else walk(schema)
    clean.pop("description", None)
    return clean
