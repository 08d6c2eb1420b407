"""What goes out as JSON, and what comes back as types."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, FailFast, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from server.models import VendorModel, exact


class Exactly(dict[str, Any]):
    """A body, or an object in one, whose nulls are meant: they empty the vendor's fields."""


class Adapter:
    """Makes data into a return type: at once where all of it fits, else as leniently as the models are."""

    def __init__(self, returns: Any) -> None:
        # A long list of the wrong things would make as many errors, of which one is told.
        lenient = TypeAdapter[Any](Annotated[returns, FailFast()] if get_origin(returns) is list else returns)
        self._lenient = lenient.validator
        self._exact = SchemaValidator(exact(lenient.core_schema))

    def validate_python(self, data: Any) -> Any:
        """`data` as the return type. Raises ValidationError."""
        try:
            return self._exact.validate_python(data)
        except ValidationError:
            return self._lenient.validate_python(data)


@cache
def adapter(returns: Any) -> Adapter:
    """The validator of a return type, built once."""
    return Adapter(returns)


def without_none(value: Any) -> Any:
    """`value` with every None left out of its objects, at any depth but in what is sent `Exactly`."""
    if isinstance(value, Exactly):
        return value
    if isinstance(value, Mapping):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_none(item) for item in value]
    return value


def accepted(returns: Any, data: Any) -> Any:
    """`data`, the answer to a write that was done, as near to the type `returns` as it comes.

    What fits no field stays as it came; what is no object at all stands under `answer` in a model.
    """
    if get_origin(returns) is list:
        item = (*get_args(returns), Any)[0]
        return [_accepted(item, one) for one in (data if isinstance(data, list) else [data])]
    return _accepted(returns, data)


def _accepted(returns: Any, data: Any) -> Any:
    try:
        return adapter(returns).validate_python(data)
    except ValidationError:
        if not (isinstance(returns, type) and issubclass(returns, BaseModel)):
            return {"answer": data} if get_origin(returns) is dict or returns is dict else data
    built = returns.model_construct(
        **{name: None for name, field in returns.model_fields.items() if field.is_required()}
    )
    came = data if isinstance(data, Mapping) else {} if data is None else {"answer": data}
    return built.beside(came) if isinstance(built, VendorModel) else built
