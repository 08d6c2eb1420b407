import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, Required, Unpack

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from server import signature
from server.models import Noise, Page, VendorModel
from server.redaction import Masked
from server.spec import Completes
from server.times import LOOSE, WEEKDAYS, Day, Moment, iso, utc
from tests.conftest import Connect
from tests.thorough import examples
from tests.vendors import Vendors


class Place(BaseModel):
    """Where something stands."""

    title: str
    floor: int | None = None


class Column(BaseModel):
    name: str
    place: Place | None = None


class Anvil(VendorModel):
    """An anvil."""

    id: str | None = None
    weight: float | None = None
    forged: date | None = None
    serial: str | int | None = None
    place: Place | None = None
    columns: list[Column] | None = None
    key: Masked | None = None
    links: Any = Noise
    avatar: Place | None = Noise


class Tree(VendorModel):
    """Something with more of itself inside."""

    name: str | None = None
    parts: list["Tree"] | None = None


Team = Annotated[str, Completes("list_teams", "slug")]


async def forge(
    api: object,
    name: str,
    day: Day,
    team: Team | None = None,
    note: Annotated[str | None, Field(description="What to engrave")] = None,
    kind: Literal["light", "heavy"] = "light",
    since: Moment | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 20,
    hot: bool = False,
    tags: Annotated[list[str] | None, Field(max_length=3)] = None,
    columns: list[Column] | None = None,
    code: Annotated[str | None, Field(pattern="^[a-z]+$")] = None,
) -> Anvil:
    """Forge an anvil."""
    raise NotImplementedError


async def list_anvils(api: object) -> Page[Anvil]:
    raise NotImplementedError


async def get_tree(api: object) -> Tree:
    raise NotImplementedError


async def get_bare(api: object) -> dict[str, Any]:
    raise NotImplementedError


MODEL = signature.arguments(forge)
SCHEMA = signature.input_schema(forge)
WHOLE: dict[str, Any] = {"name": "n", "day": "2026-11-20"}
once = examples(150)


def read(**arguments: Any) -> Any:
    return MODEL.model_validate({**WHOLE, **arguments})


def refused(arguments: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        MODEL.model_validate(arguments)
    return signature.explain(caught.value, MODEL)


def keywords(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every keyword of a schema with its value, names of properties left out."""
    for key, value in schema.items():
        yield key, value
        inner = list(value.values()) if key == "properties" else value if isinstance(value, list) else [value]
        for part in inner:
            if isinstance(part, dict):
                yield from keywords(part)


def test_an_input_schema_has_only_what_every_client_takes() -> None:
    found = list(keywords(SCHEMA))
    assert {"title", "$ref", "$defs", "anyOf", "oneOf", "allOf"} & {key for key, _ in found} == set()
    assert ("default", None) not in found
    assert ("type", "null") not in found
    assert SCHEMA["type"] == "object"
    assert "additionalProperties" not in SCHEMA
    assert SCHEMA["required"] == ["name", "day"]
    assert "description" not in SCHEMA
    assert "api" not in SCHEMA["properties"]


def test_arguments_say_what_they_take() -> None:
    properties = SCHEMA["properties"]
    assert properties["note"] == {"type": "string", "description": "What to engrave"}
    assert properties["kind"] == {"type": "string", "enum": ["light", "heavy"], "default": "light"}
    assert properties["limit"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 20}
    assert properties["hot"] == {"type": "boolean", "default": False}
    assert properties["day"] == {"type": "string", "description": "Day"}
    assert properties["since"]["type"] == "string"
    assert properties["team"] == {"type": "string"}


def test_nested_models_are_inlined_and_a_property_called_title_survives() -> None:
    column = SCHEMA["properties"]["columns"]["items"]
    assert column["properties"]["name"] == {"type": "string"}
    assert column["properties"]["place"]["properties"]["title"] == {"type": "string"}
    assert column["properties"]["place"]["required"] == ["title"]


def test_the_source_of_completions_is_found_through_an_optional() -> None:
    assert signature.completions(forge) == {"team": Completes("list_teams", "slug")}


def test_an_unknown_argument_is_refused_with_the_valid_ones() -> None:
    message = refused({**WHOLE, "nmae": "x", "api": 1})
    assert "Nothing was sent" in message
    assert "no argument 'nmae'" in message
    assert "no argument 'api'" in message
    listed = message.split("Arguments: ")[1].rstrip(".").split(", ")
    assert listed == [f"{name} (required)" if name in WHOLE else name for name in SCHEMA["properties"]]


def test_every_missing_argument_is_named() -> None:
    message = refused({})
    assert "'name' is required" in message
    assert "'day' is required" in message


ECHO = "SeKrEt-4711"


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("name", [ECHO]),
        ("name", {"x": ECHO}),
        ("day", ECHO),
        ("since", ECHO),
        ("kind", ECHO),
        ("limit", ECHO),
        ("hot", ECHO),
        ("code", ECHO),
        ("tags", ECHO),
        ("tags", [ECHO, {"a": ECHO}]),
        ("tags", [ECHO] * 4),
        ("columns", [{"name": "a", "place": ECHO}]),
        ("columns", [{"place": {"title": ECHO}}]),
        ("unheard_of", ECHO),
    ],
)
def test_a_wrong_value_is_named_by_its_argument_and_never_repeated(argument: str, value: Any) -> None:
    message = refused({**WHOLE, argument: value})
    assert argument in message.split("Arguments: ")[0]
    assert ECHO not in message
    assert "pydantic" not in message
    assert "\n" not in message


@pytest.mark.parametrize("value", ["null", "[1]", '{"a": 1}', '"quoted"', "true", "12", "", " ", "None"])
def test_text_that_looks_like_json_stays_text(value: str) -> None:
    given = read(name=value, note=value, tags=[value])
    assert (given.name, given.note, given.tags) == (value, value, [value])


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["null", "[1]", '{"a": 1}', "12"])
async def test_text_that_looks_like_json_reaches_the_vendor_as_text(
    value: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        await client.call_tool("teamoclock_create_action_item", {"team": "platform", "text": value})
    assert vendors.requests[-1].body["data"]["text"] == value


@pytest.mark.parametrize("name", ["team", "note", "since", "tags", "columns", "code"])
def test_null_for_an_optional_argument_is_the_same_as_leaving_it_out(name: str) -> None:
    assert read(**{name: None}) == read()


def test_null_for_a_required_argument_is_refused() -> None:
    assert "'name'" in refused({**WHOLE, "name": None})


@pytest.mark.parametrize(("value", "text"), [(12, "12"), (0, "0"), (1.5, "1.5"), (10**20, "1" + "0" * 20)])
def test_a_number_is_accepted_where_text_is_wanted(value: float, text: str) -> None:
    given = read(name=value, note=value, tags=[value])
    assert (given.name, given.note, given.tags) == (text, text, [text])


@pytest.mark.parametrize("value", ["Light", "", "medium", 1, None])
def test_an_enum_is_closed_and_names_its_values(value: Any) -> None:
    message = refused({**WHOLE, "kind": value})
    assert "'light' or 'heavy'" in message


@pytest.mark.parametrize("value", [0, 201, -1, 1.5, "many", "1e400"])
def test_bounds_hold(value: Any) -> None:
    assert "'limit'" in refused({**WHOLE, "limit": value})


# Times.


@once
@given(day=st.dates())
def test_a_day_round_trips(day: date) -> None:
    given = read(day=day.isoformat()).day
    assert (given, iso(given)) == (day, day.isoformat())


@once
@given(moment=st.datetimes(timezones=st.one_of(st.none(), st.timezones(), st.just(UTC))))
def test_a_day_is_the_date_part_of_any_time_as_it_was_written(moment: datetime) -> None:
    assert read(day=f" {moment.isoformat()} ").day == moment.date()


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@once
@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))
def test_a_moment_is_the_same_instant_whatever_its_offset(moment: datetime) -> None:
    given = read(since=moment.isoformat()).since
    assert given == moment
    assert given.utcoffset() == moment.utcoffset()
    sent = utc(given)
    assert sent is not None
    assert sent.endswith("Z")
    assert datetime.fromisoformat(sent) == moment.astimezone(UTC).replace(microsecond=0)
    assert read(since=sent).since == datetime.fromisoformat(sent)


@once
@given(moment=st.datetimes())
def test_a_moment_without_an_offset_is_utc(moment: datetime) -> None:
    assert read(since=moment.isoformat()).since == moment.replace(tzinfo=UTC)
    assert read(since=moment.date().isoformat()).since == datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


@once
@given(text=st.text(max_size=30))
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    # What tests/server/test_times.py says is one: a day in words, and a date with a month of one digit.
    words = set(text.lower().replace("-", " ").split())
    assume(
        words.isdisjoint({"today", "yesterday", "tomorrow", "now", "ago", *WEEKDAYS}) and not LOOSE.match(text.strip())
    )
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        message = refused({**WHOLE, "day": text, "since": text})
        assert message.count("2026-11-20") == 4
    else:
        assume(False)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_outside_of_the_calendar_is_refused_as_an_argument(text: str) -> None:
    assert "'since'" in refused({**WHOLE, "since": text})


# Output.


def test_an_output_schema_is_shallow_and_without_what_is_left_out() -> None:
    assert signature.output_schema(forge) == {
        "type": "object",
        "properties": {
            "id": {},
            "weight": {},
            "forged": {},
            "serial": {},
            "place": {},
            "columns": {},
            "key": {},
        },
    }


def test_a_page_says_that_it_has_items() -> None:
    properties = signature.output_schema(list_anvils)["properties"]
    assert properties["items"] == {}
    assert properties["total"] == {"type": "integer"}
    assert properties["next"] == {"type": "object"}


def test_a_model_that_contains_itself_has_a_shallow_schema_too() -> None:
    properties = signature.output_schema(get_tree)["properties"]
    assert properties == {"name": {}, "parts": {}}


def test_a_tool_that_returns_no_model_is_a_mistake_of_its_author() -> None:
    with pytest.raises(TypeError, match="get_bare"):
        signature.output_schema(get_bare)


def test_the_committed_schemas_keep_these_rules(vendors: Vendors) -> None:
    for entry in vendors.catalogue.tools:
        found = list(keywords(entry.input_schema)) + list(keywords(entry.output_schema))
        assert {"title", "$ref", "$defs"} & {key for key, _ in found} == set(), entry.name
        assert ("default", None) not in found, entry.name
        assert ("type", "null") not in found, entry.name
        assert "additionalProperties" not in json.dumps(entry.input_schema), entry.name
        assert json.dumps(entry.output_schema).count("properties") <= 1, entry.name


class AnvilFields(TypedDict, total=False):
    """What an anvil has."""

    name: Required[Annotated[str, Field(description="What it is called")]]
    note: Annotated[str | None, Field(description="null empties it")]
    weight: float


async def change_anvil(api: object, anvil_id: str, heavy: bool = False, **fields: Unpack[AnvilFields]) -> Anvil:
    return Anvil.model_validate(fields)


def test_fields_that_a_tool_passes_on_are_arguments_like_others() -> None:
    schema = signature.input_schema(change_anvil)
    assert list(schema["properties"]) == ["anvil_id", "heavy", "name", "note", "weight"]
    assert schema["required"] == ["anvil_id", "name"]
    assert schema["properties"]["note"] == {"type": "string", "description": "null empties it"}


def test_of_fields_passed_on_only_those_given_arrive_and_null_is_a_value_where_it_may_be() -> None:
    model = signature.arguments(change_anvil)
    given = model.model_validate({"anvil_id": "7", "name": "Old"})
    assert given.values() == {"anvil_id": "7", "heavy": False, "name": "Old"}
    emptied = model.model_validate({"anvil_id": "7", "name": "Old", "note": None})
    assert emptied.values()["note"] is None
    assert emptied.said() == {"anvil_id": "7", "heavy": False, "name": "Old", "note": None}
    assert model.nullable == {"note"}


@pytest.mark.parametrize("wrong", [{"weight": True}, {"heavy": 0}, {"heavy": "yes"}, {"heavy": 1}])
def test_true_is_no_number_and_a_number_is_not_true(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"is a number, not true|is true or false"):
        signature.arguments(change_anvil).model_validate({"anvil_id": "7", "name": "Old", **wrong})
