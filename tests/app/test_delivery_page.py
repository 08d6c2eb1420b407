"""The delivery page in a host, as a person meets it."""

import base64
import csv
import re
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from server.apps import page
from tests.app.conftest import REPORT, URI, Show, Shown
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
MOST_BYTES = 150_000


async def test_it_shows_what_the_report_brought(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Delivery: Platform")
        assert "last-7-days" in await shown.said("#subtitle")
        headings = await shown.frame.locator("h2").all_inner_texts()
        assert headings[:2] == ["Lead time", "Deployment frequency"]
        vendors = await shown.frame.locator("section").first.locator("h3").all_inner_texts()
        assert [title.split(",")[0] for title in vendors] == ["Oobeya", "LinearB", "Haystack"]
        assert re.search(r"\d+(\.\d+)? (days|hours)", await shown.said(".value"))
        assert await shown.frame.locator("path.line").count() >= 6
        assert shown.asked == [], "the first picture costs no second call"


async def test_a_host_finds_the_page_of_the_report_and_hides_what_only_the_page_calls(show: Show) -> None:
    async with show() as shown:
        listed = (await shown.client.list_tools()).tools
        tools = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed}
        assert await shown.tab.evaluate("(tool) => host.getToolUiResourceUri(tool)", tools[REPORT]) == URI
        hidden = "(tools) => tools.filter(host.isToolVisibilityAppOnly).map((tool) => tool.name)"
        assert await shown.tab.evaluate(hidden, list(tools.values())) == ["insights_get_delivery_page"]


async def test_another_period_is_asked_for_and_the_model_is_told(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Platform")
        await shown.frame.locator("#period").select_option("last-quarter")
        await shown.until("#subtitle", "last-quarter")
        await shown.frame.locator("#team").select_option(label="Payments")
        await shown.until("h1", "Payments")
        names = [call["name"] for call in shown.asked]
        assert names == ["insights_get_delivery_page"] * 2
        assert shown.asked[1]["arguments"]["period"] == "last-quarter"
        told = (await shown.heard("contexts"))[-1]["content"][0]["text"]
        assert "now looks at Payments, last-quarter" in told
        assert "lead time" in told


async def test_the_arrow_keys_and_the_pointer_read_the_values(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Platform")
        chart = shown.frame.locator(".chart").first
        await chart.focus()
        read = []
        for key in ("End", "ArrowLeft", "Home", "ArrowRight"):
            await chart.press(key)
            read.append(await shown.said(".tip"))
        assert all(re.fullmatch(r"\d+ \w{3} to \d+ \w{3}: [\d.]+ \w+", said) for said in read)
        assert len(set(read)) == 4, "each of its own period"
        first = read[2]
        await chart.locator("svg").hover(position={"x": 36, "y": 20})
        assert await shown.said(".tip") == first


async def test_it_can_be_used_by_keyboard_alone(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Platform")
        await shown.frame.locator("#team").focus()
        reached = ["team"]
        for _ in range(4):
            await shown.tab.keyboard.press("Tab")
            reached.append(await shown.frame.locator(":focus").get_attribute("id"))
        assert reached == ["team", "period", "table-toggle", "csv", "png"]
        await shown.frame.locator("#table-toggle").focus()
        await shown.tab.keyboard.press("Enter")
        assert await shown.frame.locator("#table-toggle").get_attribute("aria-pressed") == "true"
        rows = await shown.frame.locator("tr").count()
        assert rows == 1 + await shown.frame.locator(".card").count()
        assert not await shown.frame.locator("#charts").is_visible()
        await shown.frame.locator("#period").focus()
        await shown.tab.keyboard.press("ArrowDown")
        await shown.until("#subtitle", "last-30-days")


async def test_a_reader_of_the_screen_is_told_what_each_part_is(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Platform")
        label = await shown.frame.locator(".chart").first.get_attribute("aria-label")
        assert label == "Lead time, Oobeya: 7 periods; arrow keys read them"
        roles = shown.frame
        assert await roles.get_by_role("combobox", name="Team").is_visible()
        assert await roles.get_by_role("combobox", name="Period").is_visible()
        assert await roles.get_by_role("region", name="Lead time").is_visible()
        assert await roles.get_by_role("status").inner_text()


async def test_an_error_is_said_and_the_old_numbers_stay(show: Show, vendors: Vendors) -> None:
    async with show(settings=vendors.settings(DRUMBEAT_CACHE_TTL="0")) as shown:
        await shown.until("h1", "Platform")
        whole, vendors.app = vendors.app, broken
        await shown.frame.locator("#period").select_option("last-month")
        await shown.until("#alert", "No vendor could answer")
        assert "Still shown: Platform, last-7-days" in await shown.said("#status")
        assert await shown.said("h1") == "Delivery: Platform"
        assert await shown.frame.locator("#page").get_attribute("aria-busy") == "false"
        vendors.app = whole
        await shown.frame.locator("#period").select_option("last-quarter")
        await shown.until("#subtitle", "last-quarter")
        assert not await shown.frame.locator("#alert").is_visible()


async def test_a_report_that_failed_is_an_error_from_the_first(show: Show) -> None:
    async with show(team="nobody") as shown:
        await shown.until("#alert", "no vendor has a team 'nobody'")
        assert not await shown.frame.locator("#pickers").is_visible()


async def test_a_vendor_that_does_not_answer_is_named(show: Show, vendors: Vendors) -> None:
    whole = vendors.app

    async def without_linearb(scope: Scope, receive: Receive, send: Send) -> None:
        assert whole
        await (broken if scope["path"].startswith("/linearb/") else whole)(scope, receive, send)

    vendors.app = without_linearb
    async with show() as shown:
        await shown.until("#missing", "LinearB")
        titles = await shown.frame.locator("section").first.locator("h3").all_inner_texts()
        assert [title.split(",")[0] for title in titles] == ["Oobeya", "Haystack"]


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 400, "headers": []})
    await send({"type": "http.response.body", "body": b'{"message": "no"}'})


async def colour(shown: Shown, selector: str, property: str = "background-color") -> str:
    read = f"(node) => getComputedStyle(node)['{property}']"
    found: str = await shown.frame.locator(selector).first.evaluate(read)
    return found


async def test_it_wears_the_hosts_colours_and_changes_with_them(show: Show) -> None:
    given = {"--color-background-primary": "light-dark(rgb(250, 250, 250), rgb(1, 2, 3))"}
    async with show(context={"theme": "dark", "styles": {"variables": given}}) as shown:
        await shown.until("h1", "Platform")
        assert await colour(shown, "body") == "rgb(1, 2, 3)"
        assert await colour(shown, "h1", "color") == "rgb(230, 237, 243)"
        assert await colour(shown, "html", "color-scheme") == "normal"
        await shown.tab.evaluate("host.bridge.sendHostContextChange({ theme: 'light' })")
        await shown.tab.wait_for_function("host.bridge")
        await shown.frame.locator(":root[data-theme=light]").wait_for()
        assert await colour(shown, "body") == "rgb(250, 250, 250)"


async def test_the_numbers_can_be_saved_as_a_table(show: Show) -> None:
    async with show() as shown:
        await shown.until("h1", "Platform")
        await shown.frame.locator("#csv").click()
        await shown.until("#status", "delivery-Platform-last-7-days.csv was handed over")
        [file] = await shown.heard("files")
        assert file["resource"]["mimeType"] == "text/csv"
        rows = list(csv.DictReader(file["resource"]["text"].splitlines()))
        assert {row["vendor"] for row in rows} >= {"Oobeya", "LinearB", "Haystack", "Buddy"}
        assert all(row["unit"] and row["aggregation"] and row["period"] for row in rows)


async def test_the_charts_can_be_saved_as_a_picture(show: Show) -> None:
    async with show(context={"theme": "dark"}) as shown:
        await shown.until("h1", "Platform")
        await shown.frame.locator("#png").click()
        await shown.until("#status", "delivery-Platform-last-7-days.png was handed over")
        [file] = await shown.heard("files")
        assert base64.b64decode(file["resource"]["blob"]).startswith(b"\x89PNG")


async def test_a_host_that_can_do_nothing_more_still_shows_the_report(show: Show) -> None:
    async with show(can={}) as shown:
        await shown.until("h1", "Platform")
        await shown.frame.locator("#csv").click()
        await shown.until("#offer pre", "team,vendor,metric,period,value,unit,aggregation")
        await shown.frame.locator("#png").click()
        await shown.frame.locator("#offer img").wait_for()
        assert "copy delivery-Platform-last-7-days.png" in await shown.said("#status")


async def test_where_the_data_are_not_passed_on_the_page_asks_for_them(show: Show) -> None:
    async with show() as shown:
        bare: Any = await shown.client.call_tool(REPORT, {"team": "mobile", "period": "last-7-days"})
        await shown.send(bare.model_copy(update={"meta": None}), team="mobile", period="last-7-days")
        await shown.until("h1", "Mobile")
        assert [call["arguments"] for call in shown.asked] == [{"team": "mobile", "period": "last-7-days"}]


async def test_where_nothing_is_passed_on_the_text_is_shown(show: Show) -> None:
    async with show(can={}) as shown:
        bare: Any = await shown.client.call_tool(REPORT, {"team": "mobile", "period": "last-7-days"})
        await shown.send(bare.model_copy(update={"meta": None}), team="mobile", period="last-7-days")
        await shown.until("#text", "Oobeya")


@pytest.mark.parametrize("wide", [360, 640])
async def test_its_height_is_told_once_and_does_not_grow(show: Show, wide: int) -> None:
    async with show(wide=wide) as shown:
        await shown.until("h1", "Platform")
        await shown.tab.wait_for_function("host.sizes.length && host.sizes.at(-1) > 400")
        heights = await shown.heard("sizes")
        await shown.tab.evaluate("new Promise((done) => setTimeout(done, 400))")
        assert await shown.heard("sizes") == heights
        assert len(heights) <= 3
        overflows = "(node) => node.scrollWidth > document.documentElement.clientWidth"
        assert not await shown.frame.locator("main").evaluate(overflows)


def test_it_is_small_and_reaches_nothing() -> None:
    html = page("tools.insights", "app/delivery.html")
    assert len(html.encode()) < MOST_BYTES
    assert html.count("<script>") == html.count("</script>") == 3
    for word in (
        "<link",
        'src="',
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "color-scheme:",
        "eval(",
    ):
        assert word not in html.replace("(prefers-color-scheme: dark)", "")
    assert set(re.findall(r"https?://[^\s\"']+", html)) == {"http://www.w3.org/2000/svg"}
