"""The pictures as text: axes, units, zero, words for who does not see them, colours that can be told apart."""

import itertools
import math
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.insights.pictures import (
    Bar,
    Bars,
    Panel,
    Series,
    Stack,
    breakdown,
    comparison,
    sparkline,
    svg,
    trend,
)
from tools.insights.pictures.numbers import number, ticks
from tools.insights.pictures.png import png

DAYS = [date(2026, 11, 2) + timedelta(days=3 * step) for step in range(5)]
LEAD = Series("Platform", "days", tuple(zip(DAYS, (2.1, 2.4, None, 3.2, 1.4), strict=True)), (1.6, 2.3), 2.4)
SVG = "{http://www.w3.org/2000/svg}"
texts = st.text(max_size=40)
values = st.none() | st.floats(allow_nan=True, allow_infinity=True)


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text")]


def of_class(picture: str, kind: str) -> list[ET.Element]:
    return [node for node in ET.fromstring(picture).iter() if node.get("class") == kind]


def picture_of(*series: Series, heading: str = "Oobeya: median") -> str:
    return trend(("Lead time", "October"), [Panel(heading, series)])


def test_an_axis_begins_at_zero_and_names_its_unit() -> None:
    shown = words(picture_of(LEAD))
    assert {"0", "4", "days", "2 Nov", "14 Nov"} <= set(shown)


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    lines = of_class(picture_of(LEAD), "line-series0")
    assert [line.get("d", "").count("L") for line in lines] == [1, 1, 1]  # two pieces, and the sample beside the name


def test_the_usual_band_and_the_period_before_are_drawn_and_named() -> None:
    picture = picture_of(LEAD)
    assert {"usual 1.6–2.3", "2.4 before", "1.4 Platform"} <= set(words(picture))
    assert len(of_class(picture, "usual")) == 2
    assert of_class(picture, "line-muted")


def test_several_lines_are_told_apart_by_colour_dashes_and_names() -> None:
    lines = [Series(name, "days", LEAD.points) for name in ("Web", "Mobile", "Data")]
    picture = picture_of(*lines)
    assert {"1.4 Web", "1.4 Mobile", "1.4 Data"} <= set(words(picture))
    assert not of_class(picture, "usual")
    dashes = {of_class(picture, f"line-series{at}")[0].get("stroke-dasharray") for at in range(3)}
    assert len(dashes) == 3


def test_vendors_have_panels_and_axes_of_their_own() -> None:
    hours = Series("Platform", "hours", ((DAYS[0], 50.0), (DAYS[1], 61.0)))
    shown = words(
        trend(("Lead time", "October"), [Panel("Oobeya: median", (LEAD,)), Panel("Haystack: average", (hours,))])
    )
    assert {"Oobeya: median", "days", "Haystack: average", "hours", "80"} <= set(shown)


def test_nothing_to_draw_says_so() -> None:
    assert "No data in this period" in words(picture_of(Series("Platform", "days", ())))
    assert "no data" in words(comparison(("Cycle time", "October"), [Bars("LinearB", "hours", (Bar("Web", None),))]))
    assert "no data" in words(breakdown(("Cycle time", "October"), [Stack("Oobeya", "days", (("review", None),))]))


def test_a_reader_who_sees_nothing_is_told_the_numbers() -> None:
    root = ET.fromstring(picture_of(LEAD))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == "Lead time"
    assert root.findtext(f"{SVG}desc") == (
        "October. Oobeya: median: Platform: from 2.1 days on 2 Nov to 1.4 days on 14 Nov, usually 1.6 to 2.3 days."
    )


def test_too_little_data_is_marked_and_said() -> None:
    few = Series("Platform", "days", LEAD.points, few=True)
    assert {"1.4* Platform", svg.FEW} <= set(words(picture_of(few)))
    bars = Bars("LinearB", "hours", (Bar("Web", 2.0, few=True), Bar("Data", 3.0)))
    assert {"2 hours*", "3 hours", svg.FEW} <= set(words(comparison(("Cycle time", "October"), [bars])))
    assert svg.FEW not in words(picture_of(LEAD))


def test_a_long_title_does_not_cost_the_period() -> None:
    shown = words(trend(("Lead time: " + "Platform, " * 20, "2026-10-01 to 2026-10-31"), []))
    assert shown[0].endswith("…")
    assert shown[1] == "2026-10-01 to 2026-10-31"


def test_bars_begin_at_zero_and_are_as_long_as_their_value() -> None:
    bars = (Bar("Platform", 20.0, before=30.0, usual=(10.0, 25.0)), Bar("Web", 10.0))
    picture = comparison(("Cycle time", "October"), [Bars("LinearB: average", "hours", bars)])
    first, second = of_class(picture, "series0")
    assert first.get("x") == second.get("x")
    assert float(first.get("width", "")) == pytest.approx(2 * float(second.get("width", "")), abs=0.2)
    assert {"20 hours", "10 hours", "0", "30 hours", "period before", "usual"} <= set(words(picture))


def test_a_whole_is_shown_in_its_parts_and_what_is_missing_is_named() -> None:
    parts = (("coding", 12.0), ("pickup", 9.5), ("review", 20.0), ("deploy", None))
    picture = breakdown(("Where time goes", "October"), [Stack("LinearB", "hours", parts)])
    assert {"12", "9.5", "20", "41.5 hours", "not available: deploy", "coding", "deploy"} <= set(words(picture))
    assert "LinearB, review: 20 hours, 48%" in picture


def test_stacks_in_other_units_have_axes_of_their_own() -> None:
    stacks = [Stack("LinearB", "hours", (("review", 20.0),)), Stack("Oobeya", "days", (("review", 1.0),))]
    assert {"20 hours", "1 days"} <= set(words(breakdown(("Where time goes", "October"), stacks)))


def test_auto_follows_the_reader_and_a_fixed_theme_does_not() -> None:
    auto, dark = picture_of(LEAD), trend(("t", ""), [Panel("p", (LEAD,))], "dark")
    assert "prefers-color-scheme:dark" in auto
    assert "prefers-color-scheme" not in dark
    assert svg.COLOURS["dark"]["ground"] in dark
    assert svg.COLOURS["light"]["ground"] not in dark


def test_pictures_of_one_page_share_no_id_and_leave_the_page_alone() -> None:
    picture = picture_of(LEAD)
    root = ET.fromstring(picture)
    assert not [node for node in root.iter() if node.get("id")]
    rules = (root.findtext(f"{SVG}style") or "").replace("@media (prefers-color-scheme:dark){", "").split("}")
    assert all(rule.startswith(".picture-auto ") for rule in rules if rule)


@given(texts, texts, st.lists(st.tuples(st.dates(), values), max_size=12), st.tuples(values, values))
def test_any_text_and_any_number_make_a_whole_picture(
    title: str, label: str, points: list[tuple[date, float | None]], two: tuple[float | None, float | None]
) -> None:
    series = Series(label, label, tuple(points), None, two[0])
    parts = tuple((label, value) for value in two)
    for picture in (
        trend((title, label), [Panel(label, (series, series))]),
        comparison((title, label), [Bars(label, label, (Bar(label, two[0], two[1]),))]),
        breakdown((title, label), [Stack(label, label, parts)]),
    ):
        root = ET.fromstring(picture)
        assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
            *("svg", "title", "desc", "style", "rect", "text", "path", "circle")
        }
        assert "nan" not in picture.split("</style>")[1].replace(svg.escape(label), "").replace(svg.escape(title), "")


@given(st.lists(values, max_size=40))
def test_a_sparkline_has_a_character_a_value(series: list[float | None]) -> None:
    assert len(sparkline(series)) in (0, len(series))


def test_a_sparkline_rises_from_zero_with_gaps() -> None:
    assert sparkline([0, 1, None, 2]) == "▁▅·█"
    assert sparkline([1.9, 2.0, 2.1]) == "▇██"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([None]) == ""


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_ticks_are_few_and_reach_the_highest(highest: float) -> None:
    marks = ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest * (1 - 1e-6)
    assert 2 <= len(marks) <= 6


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.034, "0.034"), (0.426, "0.43"), (1.9, "1.9"), (23.46, "23.5"), (1240.2, "1,240")]
)
def test_numbers_are_rounded_to_what_a_reader_needs(value: float, shown: str) -> None:
    assert number(value) == shown


# Machado, Oliveira and Fernandes 2009: how people with each colour blindness see linear RGB.
SEEN = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
# From linear RGB to Oklab, in which a distance is about how different two colours look.
LMS = ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
LAB = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))
Triple = tuple[float, ...]


def linear(colour: str) -> Triple:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def times(matrix: tuple[Triple, ...], colour: Triple) -> Triple:
    return tuple(sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)


def contrast(one: str, other: str) -> float:
    low, high = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def difference(one: str, other: str, eye: str) -> float:
    def lab(colour: str) -> Triple:
        seen = [min(1.0, max(0.0, part)) for part in times(SEEN[eye], linear(colour))]
        return times(LAB, tuple(part ** (1 / 3) for part in times(LMS, tuple(seen))))

    return math.dist(lab(one), lab(other))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart_and_read_by_all(scheme: str) -> None:
    colours = svg.COLOURS[scheme]
    series = [colours[f"series{at}"] for at in range(svg.MOST_SERIES)]
    assert all(difference(a, b, eye) > 0.1 for a, b in itertools.combinations(series, 2) for eye in SEEN)
    assert all(contrast(colour, colours["ground"]) >= 3 for colour in series)
    assert all(contrast(colours[name], colours["ground"]) >= 4.5 for name in ("text", "muted"))
    assert all(contrast(colours[f"on{at}"], colour) >= 4.5 for at, colour in enumerate(series))


@pytest.mark.anyio
async def test_a_png_is_made_with_the_font_that_lies_beside() -> None:
    made = await png(trend(("Çağrı and Łódź", "October"), [Panel("p", (LEAD,))], "light"))
    assert made.startswith(b"\x89PNG")
    assert len(made) < 60_000
