import json
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from server import clean
from server.answers import text as words
from server.answers.budget import Results
from server.answers.derived import beginnings, derived
from server.models import Done, Noise, Page, Text, VendorModel
from server.redaction import Masked
from tests.program import unfolded
from tests.thorough import examples


class Thing(VendorModel):
    """Anything that a vendor may send; fields that are not named here are kept as they are."""

    id: str | None = None
    ratio: float | None = None
    data: Any = None
    key: Masked | None = None
    links: Any = Noise


def shown(result: BaseModel) -> list[str]:
    """The lines of a result's text."""
    return words.text(result, clean.structure(result)).split("\n")


def fit(result: BaseModel) -> dict[str, Any]:
    """What a program is sent."""
    data: dict[str, Any] = unfolded(Results(10_000).fit(result, layout="structured").sent.data)
    return data


def things(*rows: dict[str, Any], **facts: Any) -> Page[Thing]:
    return Page[Thing](items=[Thing.model_validate(row) for row in rows], **facts)


# Shapes.


def test_an_object_is_one_line_a_field_and_an_inner_object_is_indented_unless_it_is_short() -> None:
    thing = Thing.model_validate({"id": "a", "open": True, "team": {"name": "Platform", "lead": {"id": 7, "on": True}}})
    assert shown(thing) == ["id: a", "open: yes", "team:", "  name: Platform", "  lead: id 7, on yes"]
    assert shown(Thing(data={"name": "x" * 90, "n": 1})) == ["data:", f"  name: {'x' * 90}", "  n: 1"]


def test_items_that_are_much_alike_are_a_table() -> None:
    page = things({"id": "a", "team": {"name": "X"}, "n": 1}, {"id": "b", "team": {"name": "Y"}}, total=7)
    assert shown(page) == ["id|team|n", "a|X|1", "b|Y", "◆ 2 of 7 shown"]


def test_what_lies_deeper_is_a_column_too() -> None:
    rows = [{"id": n, "x": {"y": {"z": -n}}, "teams": [{"id": n, "name": "A|B"}]} for n in (1, 2)]
    lines = ["id|x.y.z|teams[id, name]", "1|-1|1, A\\|B", "2|-2|2, A\\|B"]
    assert shown(things(*rows)) == lines


def test_what_all_rows_share_and_what_says_the_same_twice_is_said_once() -> None:
    rows = [{"id": str(n), "kind": "x", "made": n, "changed": n} for n in range(3)]
    lines = ["(all: kind x)", "id = made = changed", "0", "1", "2"]
    assert shown(things(*rows)) == lines
    assert shown(things(*[{"id": "a"}] * 3)) == ["id", "a", "a", "a"]


@pytest.mark.parametrize(
    ("time", "word"),
    [
        ("2026-11-20T09:30:00.000Z", "2026-11-20T09:30Z"),
        ("2026-11-20T09:30:00+02:00", "2026-11-20T09:30+02:00"),
        ("2026-11-20T09:30:07.000Z", "2026-11-20T09:30:07Z"),
        ("2026-11-20T09:30:07.120Z", "2026-11-20T09:30:07Z"),
        ("2026-11-20T09:30:00.33Z", "2026-11-20T09:30Z"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_a_time_loses_fractions_and_seconds_that_are_zero(time: str, word: str) -> None:
    assert shown(Thing(id=time)) == [f"id: {word}"]


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (3487.25, "3487"),
        (157.16666666666666, "157.2"),
        (10.34, "10.34"),
        (2.0, "2"),
        (-0.04567891, "-0.04568"),
        (0.0, "0"),
        (123456.7, "123457"),
        (3487251, "3487251"),
    ],
)
def test_a_number_has_four_digits_in_the_text_and_all_in_the_structure(number: float, word: str) -> None:
    assert shown(Thing(data=number)) == [f"data: {word}"]
    assert fit(Thing(data=number)) == {"data": number}


def test_what_is_listed_is_quoted_where_its_end_could_not_be_seen() -> None:
    assert shown(Thing(data=["a, b", "c", '"d"'])) == ['data: "a, b", c, "\\"d\\""']
    assert shown(Thing(data={"name": "Keller, Mona", "id": "a"})) == ['data: name "Keller, Mona", id a']
    rows = [{"id": n, "teams": [{"id": n, "name": "A; B"}]} for n in (1, 2)]
    assert shown(things(*rows))[1] == '1|1, "A; B"'


def test_neighbouring_objects_that_are_much_alike_are_a_table() -> None:
    metric = {"value": 1, "unit": "minutes", "definition": "x" * 80}
    thing = Thing.model_validate({"a": metric, "b": {**metric, "value": 2}, "c": {**metric, "value": 3}, "id": "z"})
    head = [f"(all: unit minutes; definition {'x' * 80})", "field|value", "a|1", "b|2", "c|3"]
    assert sorted(shown(thing)) == sorted(["id: z", *head])


def test_a_column_that_others_give_is_said_once() -> None:
    rows = [
        {"id": f"n{n}", "by": name, "url": f"https://x/n{n}/of/{name}?"} for n, name in enumerate(["an", "bo", "ci"])
    ]
    lines = ["(all: url https://x/{id}/of/{by}?)", "id|by", "n0|an", "n1|bo", "n2|ci"]
    assert shown(things(*rows)) == lines
    other = [*rows[:2], {**rows[2], "url": "https://y/n2"}]
    assert shown(things(*other))[0] == "id|by|url"


def test_how_all_addresses_of_a_column_begin_is_said_once() -> None:
    rows = [{"id": n, "link": f"https://jira.example/browse/PLA-{n * n}"} for n in range(1, 4)]
    lines = [
        "(all: link https://jira.example/browse/{link} if any)",
        "id|link",
        "1|PLA-1",
        "2|PLA-4",
        "3|PLA-9",
        "4",
    ]
    assert shown(things(*rows, {"id": 4}))[:6] == lines
    assert shown(things(*rows[:2]))[1] == "1|https://jira.example/browse/PLA-1"


@examples(100)
@given(ends=st.lists(st.text("ab/", max_size=4), min_size=1, max_size=5), host=st.sampled_from(["x.example", "y.ex"]))
def test_addresses_can_be_put_together_again(ends: list[str], host: str) -> None:
    cells = tuple(f"https://{host}/{end}" for end in ends)
    for name, beginning in beginnings({"link": cells}, ()).items():
        assert name == "link"
        assert [beginning + cell.removeprefix(beginning) for cell in cells] == list(cells)


def test_columns_of_one_object_name_it_once() -> None:
    rows = [{"id": n, "debt": {"issues": n + 5, "score": {"value": -n, "words": f"{n} h"}}, "x": 1 - n} for n in (1, 2)]
    assert shown(things(*rows))[0] == "id|debt.issues|debt.score.value|.words|x"


@examples(100)
@given(data=st.data())
def test_columns_that_are_left_out_can_be_told_from_the_others(data: st.DataObject) -> None:
    rows = data.draw(st.integers(3, 5))
    cells = st.lists(st.text("ab-", max_size=6), min_size=rows, max_size=rows).map(tuple)
    columns = data.draw(st.dictionaries(st.sampled_from("pqrst"), cells, min_size=1))
    told = derived(columns)
    for column, template in told.items():
        for row, cell in enumerate(columns[column]):
            said = template
            while "{" in said:
                name = said[said.index("{") + 1]
                said = said.replace(f"{{{name}}}", columns[name][row])
            assert said == cell


def votes(*ballots: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": n, "voters": [{"name": who, "vote": own} for who, own in one.items()]} for n, one in enumerate(ballots)
    ]


def test_numbers_of_the_same_names_are_a_column_a_name() -> None:
    rows = votes({"ann": 3, "b|b": 2.5}, {"b|b": 5}, {"b|b": 1, "ann": 8})
    assert shown(things(*rows)) == ["id|vote of ann|of b\\|b", "0|3|2.5", "1||5", "2|8|1"]


@pytest.mark.parametrize(
    "ballots",
    [({"ann": 3}, {"bob": 2}, {"cid": 5}), ({"ann": "3"}, {"ann": "5"}), ({"ann": True}, {"ann": False})],
    ids=["other names each time", "no numbers", "neither yes and no"],
)
def test_other_lists_of_pairs_stay_in_their_cells(ballots: tuple[dict[str, Any], ...]) -> None:
    assert shown(things(*votes(*ballots)))[0].endswith("voters[name, vote]")


def test_a_name_twice_in_one_list_loses_no_number() -> None:
    twice = [{"name": "ann", "vote": 1}, {"name": "ann", "vote": 2}]
    assert shown(things({"id": 1, "voters": twice}, {"id": 2, "voters": twice[:1]}))[1] == "1|ann, 1; ann, 2"


def test_columns_of_days_say_a_year_once() -> None:
    days = ("2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11")
    rows = [{"of": n, "per": {day: n + place for place, day in enumerate(days)}} for n in (1, 2)]
    assert shown(things(*rows))[0] == "of|per.2026-12-21|.12-28|.2027-01-04|.01-11"


def test_a_row_ends_with_its_last_value() -> None:
    rows = ({"id": 1, "by": "ann|", "at": None}, {"id": 2, "by": "bob", "at": "x"}, {"id": 3, "by": "", "at": ""})
    assert shown(things(*rows)) == ["id|by|at", "1|ann\\|", "2|bob|x", "3"]


def test_an_object_that_is_no_more_than_its_name_is_its_name() -> None:
    teams = {"name": "Web Shop", "slug": "web-shop"}, {"name": "Web Shop", "slug": "shop"}
    assert [shown(Thing(data=team)) for team in teams] == [["data: Web Shop"], ["data: name Web Shop, slug shop"]]
    assert shown(things({"id": 1, "team": teams[0]}, {"id": 2, "team": {"name": "X"}}))[0] == "id|team"
    assert shown(things({"id": 1, "team": teams[0]}, {"id": 2, "team": teams[1]})) == [
        "(all: team.name Web Shop)",
        "id|team.slug",
        "1|web-shop",
        "2|shop",
    ]


def test_a_table_stands_inside_an_object_too() -> None:
    thing = Thing(id="a", data=[{"k": 1, "tags": ["x", "y"]}, {"k": 2, "tags": []}])
    assert shown(thing) == ["id: a", "data:", "  k|tags", "  1|x, y", "  2"]


def test_a_field_may_be_a_word_here_and_an_object_there_and_empty_columns_are_left_out() -> None:
    rows: list[dict[str, Any]] = [{"id": "1", "by": "ann", "x": ""}, {"id": "2", "by": {"name": "bob"}, "x": []}]
    assert shown(things(*rows)) == ["id|by|by.name", "1|ann", "2||bob"]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([{"id": "a"}], ["- id: a"]),
        ([{"id": "a", "n": 1}, {"m": 2}, {"k": 3}], ["- id: a", "  n: 1", "- m: 2", "- k: 3"]),
        (
            [{"id": "a", "x": [{"y": [1]}]}, {"id": "b", "x": [{"y": [2]}]}],
            ["- id: a", "  x:", "    - y: 1", "- id: b", "  x:", "    - y: 2"],
        ),
    ],
)
def test_items_that_are_few_unlike_or_deep_are_blocks(rows: list[dict[str, Any]], lines: list[str]) -> None:
    assert shown(things(*rows)) == lines


def test_rows_with_more_fields_than_a_table_can_have_are_blocks() -> None:
    rows = [{"id": "a", "data": {f"k{i}": 1 for i in range(400)}} for _ in range(3)]
    assert shown(things(*rows))[:2] == ["- id: a", "  data:"]


def test_a_page_says_how_to_go_on() -> None:
    last = shown(things({"id": "a"}, total=3, next={"cursor": "x y", "page": 2}))[-1]
    assert last == '◆ 1 of 3 shown; for more, call again with cursor="x y", page=2'


def test_an_empty_page_that_goes_on_says_so() -> None:
    assert shown(things()) == ["Nothing found."]
    assert 'cursor="x"' in "\n".join(shown(things(next={"cursor": "x"})))


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        (Done(done="Retro deleted."), ["Retro deleted."]),
        (Text(text="line one\n\tline two"), ["line one", "\tline two"]),
        (Text(text=""), ["(empty)"]),
        (Text(text="\u200b\n"), ["(empty)"]),
        (Done(done="\u200b"), ["(empty)"]),
        (Thing(), ["(empty)"]),
        (Page[str](items=["a", "b"]), ["a", "b"]),
    ],
)
def test_simple_answers_are_plain(result: BaseModel, lines: list[str]) -> None:
    assert shown(result) == lines


def test_secrets_and_noise_are_not_shown() -> None:
    thing = Thing.model_validate({"id": "a", "key": "hunter2", "links": {"self": "https://x"}})
    assert clean.structure(thing) == {"id": "a", "key": "********"}
    assert shown(thing) == ["id: a", "key: ********"]


# Text of many lines cannot pass for something else.

FORGED = "first\nid: forged\n- id: forged\n(9 shown)"


@pytest.mark.parametrize(
    "result",
    [
        Thing(data=FORGED),
        Thing(data={"inner": FORGED, "id": "b"}),
        Thing(data=[{"text": FORGED, "id": "b"}]),
        Thing(data=[{"text": FORGED, "deep": {"er": {"id": "b"}}}, {"x": 1}]),
        Thing(data=[[FORGED], [FORGED]]),
        Page[str](items=[FORGED, "b"]),
        things({"text": FORGED, "id": "b"}),
        things({"in": {"text": FORGED}, "id": "b"}),
        things({"text": FORGED, "d": {"e": {"f": 1}}}, {"id": "b"}),
    ],
)
def test_further_lines_of_a_text_are_indented_below_their_field(result: BaseModel) -> None:
    lines = shown(result)
    start = next(number for number, line in enumerate(lines) if line.endswith("first"))
    own_depth = len(lines[start]) - len(lines[start].removeprefix("- ").lstrip(" -"))
    for line in lines[start + 1 : start + 4]:
        assert len(line) - len(line.lstrip(" ")) > own_depth, lines


def test_a_cell_stays_in_its_row_and_column() -> None:
    page = things({"id": "a|b", "data": "one\ntwo"}, {"id": "c", "data": "x | y"})
    assert shown(page) == ["id|data", "a\\|b|one\\ntwo", "c|x \\| y"]


# What never comes out.

HIDDEN_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
INVISIBLE = {
    **{f"control {number:02x}": chr(number) for number in (*range(32), *range(127, 160)) if number not in (9, 10)},
    "zero width space": "\u200b",
    "right-to-left override": "\u202e",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "tag letter": "\U000e0041",
    "private use": "\ue000",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "grapheme joiner": "\u034f",
    "variation selector": "\ufe01",
    "variation selector supplement": "\U000e0101",
    "unassigned tag": "\U000e0fff",
    "hangul filler": "\u3164",
    "halfwidth hangul filler": "\uffa0",
    "mongolian variation selector": "\u180b",
}
SEEN_OR_NOT = st.one_of(st.characters(codec=None), st.sampled_from([*INVISIBLE.values(), "\ud83d"]))
TEXTS = st.text(SEEN_OR_NOT, max_size=12)
NAMES = st.text(SEEN_OR_NOT.filter(lambda c: unicodedata.category(c) != "Cs"), max_size=8)
NUMBERS = st.one_of(st.integers(), st.floats())
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=20,
)


def leaves(value: Any) -> Iterator[Any]:
    """Every value and every name in nested data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def assert_clean(result: BaseModel, structure: dict[str, Any]) -> None:
    """That neither the structure nor the text of it has what a reader cannot see or JSON cannot say."""
    text = words.text(result, structure)
    found = list(leaves(structure))
    assert None not in found
    assert json.loads(json.dumps(structure, allow_nan=False)) == structure
    for piece in [text, *(leaf for leaf in found if isinstance(leaf, str))]:
        assert not [c for c in piece if unicodedata.category(c) in HIDDEN_CATEGORIES and c not in "\n\t"]
    assert text.encode()


@examples(100)
@given(data=ANY_JSON)
def test_whatever_a_vendor_sends_comes_out_as_clean_json_and_text(data: Any) -> None:
    for result in (Thing(data=data), things({"data": data}, {"data": data}), Page[Any](items=[data, data])):
        assert_clean(result, clean.structure(result))
    for result in (Thing(data=data), things({"data": data}, {"data": data})):
        assert_clean(result, fit(result))


@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE.keys())
def test_characters_that_nobody_sees_are_taken_out(character: str) -> None:
    hidden = f"a{character}b"
    thing = Thing(id=hidden, data={hidden: [hidden]})
    for result in (thing, things({"id": hidden}), Text(text=hidden), Done(done=hidden)):
        structure = fit(result)
        assert character not in json.dumps(structure, ensure_ascii=False)
        assert character not in words.text(result, structure)
        assert any(leaf in ("ab", "a b", "a\nb") for leaf in leaves(structure))


@pytest.mark.parametrize("text", ["Grüße, 東京, שלום, नमस्ते", "👍🏽 ✓ → €", "tab\tand\nline", "e\u0301"])
def test_text_that_people_write_is_kept(text: str) -> None:
    assert clean.structure(Thing(id=text))["id"] == text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_left_out_and_never_become_text(number: float) -> None:
    result = Thing.model_validate({"id": "a", "ratio": number, "data": [number, {"x": number}], "more": number})
    structure = clean.structure(result)
    assert structure["id"] == "a"
    assert not isinstance(structure.get("ratio"), str)
    json.dumps(structure, allow_nan=False)


# Text and structure say the same.

WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
LISTS = st.lists(WORDS, min_size=1, max_size=3)
FLAT = st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), LISTS), min_size=1, max_size=4)
OBJECTS = st.recursive(
    FLAT,
    lambda inner: st.dictionaries(
        WORDS, st.one_of(WORDS, inner, st.lists(inner, min_size=1, max_size=3)), min_size=1, max_size=4
    ),
    max_leaves=12,
)


@examples(20)
@given(rows=st.lists(OBJECTS, min_size=1, max_size=4))
def test_every_name_and_value_in_the_structure_stands_in_the_text(rows: list[dict[str, Any]]) -> None:
    for result in (Thing(data=rows), things(*({"data": row} for row in rows))):
        structure = clean.structure(result)
        text = words.text(result, structure)
        assert [leaf for row in rows for leaf in leaves(row) if str(leaf) not in text] == []


# What an object says twice.


def test_what_an_object_says_twice_is_said_once() -> None:
    sha = "ecd7570b6ca06496aad7c7c03a53c17641db898e"
    thing = Thing.model_validate(
        {"id": sha, "made": "2026-11-20", "changed": "2026-11-20", "by": {"name": "Mona"}, "author": {"name": "Mona"}}
        | {"url": f"https://x.example/commit/{sha}", "short": "ecd", "also": "ecd"}
    )
    lines = [f"id: {sha}", "made = changed: 2026-11-20", "by = author: Mona"]
    assert shown(thing) == [*lines, "url: https://x.example/commit/{id}", "short: ecd", "also: ecd"]


@examples(100)
@given(
    fields=st.dictionaries(
        st.sampled_from("pqrst"), st.sampled_from(["a" * 24, "b" * 24, f"https://x/{'a' * 24}", f"/{'b' * 24}", "c"])
    )
)
def test_what_is_said_once_can_be_read_for_each_field(fields: dict[str, str]) -> None:
    said: dict[str, str] = {}
    for line in words.text(Thing(), dict(fields)).split("\n") if fields else []:
        names, _, value = line.partition(": ")
        said |= dict.fromkeys(names.split(" = "), value)
    filled = {name: value.format(**{other: said[other] for other in said}) for name, value in said.items()}
    assert filled == fields


def test_a_model_may_say_how_it_reads_in_text_and_its_structure_stays() -> None:
    class Counted(Thing):
        @classmethod
        def as_read(cls, data: dict[str, Any]) -> dict[str, Any]:
            return {"said": f"{data['id']} of many"}

    assert shown(Counted(id="3")) == ["said: 3 of many"]
    assert fit(Counted(id="3")) == {"id": "3"}
