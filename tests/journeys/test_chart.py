"""The chart in a real browser, before the real product: recorded candles are played, ten minutes in a second."""

import gzip
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib
from playwright.sync_api import Browser, Locator, Page, Route, WebSocketRoute, expect

from tests.browsing import noted, signed_in_state
from tests.running import RunningLivermore, an_installation

pytestmark = pytest.mark.browser

CHART = "/admin/chart/"
BAR_MS = 300_000
START = 1_767_225_600_000
HISTORY, BARS = 750, 4_000
SILENT = slice(720, 725)
"""In these bars nobody traded."""
CLOSES = 1_000 + np.cumsum(np.random.default_rng(11).normal(size=BARS) * 4)
CLOSES[SILENT] = CLOSES[SILENT.start - 1]
BEFORE = np.concatenate([CLOSES[:1], CLOSES[:-1]])
HIGHS, LOWS = np.maximum(BEFORE, CLOSES) + 1, np.minimum(BEFORE, CLOSES) - 1


def record(directory: Path) -> Path:
    path = directory / "BTC_USD-5m.csv.gz"
    times = START + np.arange(BARS) * BAR_MS
    rows = np.column_stack([times, BEFORE, HIGHS, LOWS, CLOSES, np.full(BARS, 2)])
    with gzip.open(path, "wt", newline="") as file:
        file.write("open_time_ms,open,high,low,close,volume\n")
        file.writelines(
            f"{int(row[0])},{','.join(map(str, row[1:]))}\n" for row in np.delete(rows, SILENT, axis=0).tolist()
        )
    return path


def macdv() -> Any:
    """What TA-Lib says of each bar: silent ones count for the averages and not for the range."""
    traded = np.ones(BARS, dtype=bool)
    traded[SILENT] = False
    ranges = np.full(BARS, np.nan)
    ranges[traded] = talib.ATR(HIGHS[traded], LOWS[traded], CLOSES[traded], 26)
    return (talib.EMA(CLOSES, 12) - talib.EMA(CLOSES, 26)) / ranges * 100


@pytest.fixture(scope="module")
def livermore() -> Iterator[RunningLivermore]:
    with (
        tempfile.TemporaryDirectory() as place,
        an_installation("--play", str(record(Path(place))), "--speed", "600") as installation,
    ):
        yield installation.start()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, livermore: RunningLivermore) -> Any:
    return signed_in_state(browser, livermore)


@pytest.fixture
def page(browser: Browser, livermore: RunningLivermore, signed_in: Any) -> Iterator[Page]:
    """A page of who is signed in; nothing may go wrong in it unseen."""
    context = browser.new_context(base_url=livermore.base_url, storage_state=signed_in)
    page = context.new_page()
    wrong = noted(page)
    yield page
    context.close()
    assert wrong == []


def opened(page: Page, symbol: str = "simulated:BTC-USD", timeframe: str = "5m") -> Locator:
    """Open a series and wait until its picture is there."""
    page.goto(f"{CHART}?symbol={symbol}&timeframe={timeframe}")
    expect(page.locator("#cover")).to_be_hidden(timeout=10_000)
    return page.get_by_role("slider", name=re.compile(f"of {symbol}, {timeframe}"))


def drawn(page: Page) -> int:
    """How many candles are in the picture."""
    paths = [page.locator(f".plot path.{name}").get_attribute("d") or "" for name in ("rising", "falling", "synthetic")]
    return len(re.findall("z", paths[0] + paths[1])) + paths[2].count("M")


def test_the_newest_bars_come_in_by_themselves_with_the_values_that_talib_has(page: Page) -> None:
    plot = opened(page)
    expected = macdv()
    plot.press("End")
    told = []
    for _ in range(2):
        said = plot.get_attribute("aria-valuetext") or ""
        found = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d):00 UTC; .* MACD-V (\S+), signal", said)
        assert found, said
        told.append(found[1])
        number = (int(np.datetime64(found[1].replace(" ", "T")).astype("datetime64[ms]").astype(int)) - START) // BAR_MS
        assert float(found[2].replace("−", "-")) == pytest.approx(expected[number], abs=0.006)
        assert number >= HISTORY - 1
        plot.press("Escape")
        expect(page.locator("#read-time")).not_to_contain_text(found[1], timeout=10_000)
        plot.press("End")
    assert told[0] < told[1]
    for name in ("line-macdv", "line-signal", "histogram-up", "rising", "falling"):
        assert page.locator(f".plot path.{name}").get_attribute("d"), name
    expect(page.locator(".plot .stage-name").first).to_be_attached()
    expect(page.locator("#summary")).to_contain_text("its signal line at")


@pytest.mark.long
def test_one_moves_by_wheel_mouse_keys_and_buttons(page: Page) -> None:
    plot = opened(page)
    box = plot.bounding_box()
    assert box is not None
    before = drawn(page)
    rising = page.locator(".plot path.rising").get_attribute("d")
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.wheel(0, -400)
    expect(page.locator(".plot path.rising")).not_to_have_attribute("d", str(rising))
    assert drawn(page) < before
    closer = page.locator("#read-time").text_content() or ""
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 110, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    expect(page.locator("#read-time")).not_to_have_text(closer)
    assert (page.locator("#read-time").text_content() or "") < closer
    expect(page.locator(".plot .tag-cursor")).to_have_count(2)

    plot.press("End")
    last = plot.get_attribute("aria-valuetext") or ""
    plot.press("ArrowLeft")
    one = plot.get_attribute("aria-valuetext") or ""
    plot.press("Shift+ArrowLeft")
    eleven = plot.get_attribute("aria-valuetext") or ""
    assert eleven[:16] < one[:16] < last[:16]
    plot.press("Home")
    expect(page.locator("#read-note")).to_contain_text("not enough bars yet: MACD-V needs 200 before it")
    expect(page.locator(".plot path.few")).not_to_have_attribute("d", "")
    page.get_by_role("button", name="Newest").click()
    page.get_by_role("button", name="Fewer bars").click()
    expect(page.locator(".plot path.few")).to_have_attribute("d", "")
    page.get_by_text("Last bars as a table").click()
    expect(page.locator("#bars tr")).to_have_count(20)


def test_alerts_are_marked_told_on_focus_and_lead_from_the_status_page_to_their_bar(page: Page) -> None:
    opened(page)
    marks = page.get_by_role("toolbar", name="Alerts in view").get_by_role("button")
    expect(marks.first).to_be_visible(timeout=20_000)
    page.get_by_role("slider").focus()
    page.keyboard.press("Tab")
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("MACD-V")
    page.keyboard.press("Enter")
    expect(page.locator("#alerts details[open]").first).to_contain_text("settings version")
    expect(page.locator("#read-note")).not_to_have_text("")

    page.goto("/")
    newest = page.locator("#alerts li").filter(has=page.locator(".timeframe", has_text=re.compile("^5m$"))).first
    # By its name: others may come on top meanwhile.
    row = page.locator(f"#alerts li[data-id='{newest.get_attribute('data-id')}']")
    row.locator("summary").click()
    link = row.get_by_role("link", name="Chart")
    at = int((link.get_attribute("href") or "").rpartition("at=")[2])
    link.click()
    expect(page.locator("#cover")).to_be_hidden()
    expect(page.locator("#read-time")).to_contain_text(str(np.datetime64(at, "ms")).replace("T", " ")[:16])
    expect(page.locator("#read-note")).not_to_have_text("")


def test_another_series_shows_none_of_the_alerts_of_the_one_before(page: Page) -> None:
    opened(page)
    alerts, none = page.locator("#alerts li"), page.locator("#no-alerts")
    expect(alerts.first).to_be_visible(timeout=20_000)
    page.route("**/candles?*timeframe=1h*", lambda route: route.abort())
    timeframes = page.get_by_role("navigation", name="Timeframe")
    timeframes.get_by_role("link", name="1h", exact=True).click()
    expect(alerts).to_have_count(0)
    expect(page.locator("#alert-count")).to_have_text("0")
    expect(none).to_be_visible()
    timeframes.get_by_role("link", name="5m", exact=True).click()
    expect(alerts.first).to_be_visible()
    expect(none).to_be_hidden()


@pytest.mark.long
def test_alerts_that_came_late_or_were_withdrawn_look_and_read_that_way(page: Page) -> None:
    def told(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        bars = [body["results"][place]["openTime"] for place in (10, 30)]
        alert = {
            **{"exchange": "simulated", "symbol": "BTC-USD", "timeframe": "5m", "mode": "scalper-macdv"},
            **{"settingsVersion": 1, "firstBar": START, "indicators": {"direction": "up", "macdv": 12.5}},
        }
        body["alerts"] = [
            alert | {"id": "one", "kind": "crossover", "openTime": bars[0], "late": True},
            alert | {"id": "two", "kind": "level", "level": -200, "openTime": bars[1], "withdrawnAt": bars[0]},
        ]
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/runtime/candles*", told)
    opened(page)
    marks = page.get_by_role("toolbar", name="Alerts in view").get_by_role("button")
    expect(marks).to_have_count(2)
    expect(marks.nth(0)).to_have_class(re.compile("withdrawn"))
    expect(marks.nth(0)).to_have_accessible_name(re.compile("MACD-V passed −200, withdrawn"))
    expect(marks.nth(1)).to_have_class(re.compile("late"))
    marks.nth(1).hover()
    expect(page.get_by_role("tooltip")).to_contain_text("MACD-V crossed above its signal line")
    expect(page.get_by_role("tooltip")).to_contain_text("late")


def test_a_stale_series_and_an_engine_that_is_silent_say_so_and_since_when(page: Page) -> None:
    changes: dict[str, Any] = {"staleSeries": ["simulated:BTC-USD:5m"]}

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def otherwise(text: str | bytes) -> None:
            message = json.loads(text)
            status = message.get("status", message)
            if "staleSeries" in status:
                status.update(changes)
            socket.send(json.dumps(message))

        server.on_message(otherwise)

    page.route_web_socket("**/ws/runtime/**", relay)
    plot = opened(page)
    notices = page.locator("#chart-notices")
    expect(notices).to_contain_text(
        re.compile("Stale: this series waits .* Its last bar closed at 2026-.* UTC, .* ago")
    )
    changes |= {"state": "offline", "lastSeenAt": START}
    expect(notices).to_contain_text(re.compile("The engine was last heard .* d ago; this is what it had kept then"))
    expect(page.locator("#state")).to_have_text("Offline")
    plot.press("End")
    assert "MACD-V" in (plot.get_attribute("aria-valuetext") or "")
    changes.clear()
    expect(notices).to_be_empty()


def test_another_timeframe_opens_in_place_and_what_is_too_short_says_so(page: Page) -> None:
    opened(page)
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="4h").click()
    expect(page.locator("#summary")).to_contain_text("Not enough bars yet for MACD-V")
    expect(page.locator("#read-note")).to_contain_text("not enough bars yet")
    expect(page.locator(".plot path.line-macdv")).to_have_attribute("d", "")
    assert page.url.endswith("timeframe=4h")
    page.get_by_role("link", name="5m", exact=True).click()
    expect(page.locator("#summary")).to_contain_text("In 5 bars nothing was traded.")
    page.go_back()
    expect(page.get_by_role("link", name="4h")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("link", name="5m", exact=True)).to_have_attribute("aria-current", "true")
    assert page.evaluate("window.stayed")


@pytest.mark.long
def test_what_is_not_watched_or_has_no_candles_is_said_where_the_picture_would_be(page: Page) -> None:
    page.goto(f"{CHART}?symbol=simulated:NOPE-USD&timeframe=5m")
    expect(page.locator("#cover")).to_contain_text("simulated:NOPE-USD is not watched; watched are")
    page.get_by_label("Symbol", exact=True).fill("btc-usd")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BTC-USD simulated")
    page.get_by_role("link", name="1m", exact=True).click()
    expect(page.locator("#cover")).to_contain_text("No candle of simulated:BTC-USD in 1m is kept")


def test_while_the_server_cannot_be_reached_what_was_read_stays_and_says_so(page: Page) -> None:
    opened(page)
    page.route("**/api/v1/runtime/candles*", lambda route: route.abort())
    notices = page.locator("#chart-notices")
    expect(notices).to_contain_text("This page can't reach the server. What is shown was read before", timeout=10_000)
    assert drawn(page) > 10
    page.unroute("**/api/v1/runtime/candles*")
    expect(notices).not_to_contain_text("can't reach", timeout=10_000)


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_nothing_is_cut_off_on_any_screen_and_no_update_moves_anything(page: Page, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    plot = opened(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    before = plot.bounding_box()
    shown = page.locator("#read-time").text_content() or ""
    expect(page.locator("#read-time")).not_to_have_text(shown, timeout=10_000)
    plot.press("Home")
    assert plot.bounding_box() == before


def test_the_scripts_places_hold(page: Page) -> None:
    page.goto(f"{CHART}?symbol=simulated:BTC-USD&timeframe=5m")
    found = page.evaluate(
        """async () => {
            const at = (name) => import(`/static/runtime/chart/${name}.js`);
            const [spans, scale, { timeTicks }, { clustered }, { Course }, { Presentation }] = await Promise.all([
                at("span"), at("scale"), at("calendar"), at("markers"), at("course"),
                import("/static/runtime/presentation.js"),
            ]);
            const body = JSON.parse(document.getElementById("initial").textContent).status.presentation;
            const berlin = new Presentation({ ...body, timezone: "Europe/Berlin", timeFormat: "hh:mm A" });
            const bar = (openTime) => ({ openTime, settled: true });
            /* Around the night in which the clocks go forward: 2026-03-29 at 01:00 UTC. */
            const hours = Array.from({ length: 48 }, (_, n) => bar(Date.UTC(2026, 2, 28, 12) + n * 3_600_000));
            const course = new Course("x:Y", "1h");
            const alerts = [{ openTime: hours[9].openTime }];
            course.begin({ results: hours.slice(0, 10).reverse(), alerts, next: null });
            const corrected = { ...hours[8], close: 7 };
            const went = course.goOn({ results: [hours[12], hours[9], corrected], alerts: [] });
            const far = course.goOn({ results: [hours[40]], alerts: [] });
            const marks = [3, 1, 2, 99].map((openTime) => ({ openTime }));
            const prices = [scale.ticks(58_494, 59_920, 4), scale.ticks(0.000012, 0.000019, 4)];
            const places = { 1: 10, 2: 20, 3: 200 };
            const utc = (place) => new Date(hours[place].openTime).toISOString().slice(5, 13);
            return {
                zoomed: spans.zoomed({ first: 100, count: 50 }, 2, 0.5, 400),
                whole: spans.zoomed({ first: 100, count: 50 }, 100, 0.5, 400),
                fewest: spans.zoomed({ first: 100, count: 50 }, 0.001, 0, 400),
                moved: [-20, 999].map((bars) => spans.moved({ first: 5, count: 50 }, bars, 400).first),
                short: spans.newest(90, 3),
                ticks: prices.map((one) => [one.values.length, scale.placesOf(one.step)]),
                times: timeTicks(hours, 0, 48, 6, 3_600_000, berlin).map((one) => [one.text, utc(one.index)]),
                clusters: clustered(marks, (t) => places[t] ?? null).map((one) => one.alerts.length),
                course: [went, far, course.bars.length, course.bars[8].close, course.alerts.length],
                places: [course.missingBefore(10), course.indexOf(hours[8].openTime + 1), course.indexOf(0)],
            };
        }"""
    )
    assert found == {
        "zoomed": {"first": 75, "count": 100},
        "whole": {"first": 0, "count": 400},
        "fewest": {"first": 100, "count": 12},
        "moved": [0, 350],
        "short": {"first": 0, "count": 3},
        "ticks": [[3, 0], [4, 6]],
        "times": [
            ["06:00 PM", "03-28T17"],
            ["2026-03-29", "03-28T23"],
            ["06:00 AM", "03-29T04"],
            ["12:00 PM", "03-29T10"],
            ["06:00 PM", "03-29T16"],
            ["2026-03-30", "03-29T22"],
            ["06:00 AM", "03-30T04"],
            ["12:00 PM", "03-30T10"],
        ],
        "clusters": [2, 1],
        "course": [True, False, 11, 7, 0],
        "places": [2, 8, -1],
    }, json.dumps(found, indent=1)
