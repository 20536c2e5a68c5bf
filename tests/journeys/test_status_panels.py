"""Symbols, exchanges, errors and drift on the live pages of the real server; a test changes what its engine says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from settingsapp.schema.vocabulary import TIMEFRAMES
from tests.browsing import noted
from tests.running import RunningLivermore, wait_until

pytestmark = pytest.mark.browser

READINGS = "**/api/v1/runtime/readings"
STAGES = ("oversold", "rebounding", "rallying", "overbought", "retracing", "reversing", "ranging")
MINUTE = 60_000
MANY = 1_000


class Told:
    """What a page is told: the engine's own status, but for what a test changes in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.changes: dict[str, Any] = {}
        self.errors: list[dict[str, Any]] | None = None
        self.now = 0
        """The server's clock, ms, as last told."""
        page.route_web_socket("**/ws/runtime/**", self._join)

    def _join(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda text: route.send(self._changed(str(text))))

    def _changed(self, text: str) -> str:
        message = json.loads(text)
        status = {"snapshot": message.get("status"), "status": message}.get(message["type"])
        if status is not None:
            self.now = status["observedAt"]
            status.update(self.changes)
        if message["type"] == "snapshot" and self.errors is not None:
            message["errors"] = self.errors
        return json.dumps(message)


@pytest.fixture
def told(browser: Browser, livermore_up: RunningLivermore, signed_in: Any) -> Iterator[Told]:
    """A page that is not open yet; nothing may go wrong in it unseen."""
    context = browser.new_context(base_url=livermore_up.base_url, storage_state=signed_in)
    page = context.new_page()
    wrong = noted(page)
    yield Told(page)
    context.close()
    assert wrong == []


def is_live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)


class ManySymbols:
    """A thousand symbols: what the status says of them, and what is answered to who asks for their values."""

    def __init__(self, told: Told) -> None:
        self.asked = 0
        self.open_time = 1_772_971_200_000
        self.results: list[dict[str, Any]] = [
            {
                "symbol": f"simulated:COIN{number}-USD",
                "timeframes": {
                    timeframe: {
                        "openTime": self.open_time,
                        "macdv": (number * 7 + place * 31) % 400 - 200 + number / 10_000,
                        "signal": 1.5,
                        "histogram": 0.5,
                        "stage": STAGES[(number + place) % len(STAGES)],
                    }
                    for place, timeframe in enumerate(TIMEFRAMES)
                },
            }
            for number in range(MANY)
        ]
        self.results[3]["timeframes"]["1d"] = {}
        self.told = told
        told.changes |= {
            "activeSymbols": [one["symbol"] for one in self.results],
            "staleSeries": ["simulated:COIN5-USD:1h"],
            "readingsAt": 1,
        }
        told.page.route(READINGS, self._answer)

    def _answer(self, route: Route) -> None:
        self.asked += 1
        body = json.dumps({"state": "running", "results": self.results, "next": None})
        route.fulfill(body=body, content_type="application/json", headers={"ETag": f'"{self.asked}"'})


def names(page: Page) -> list[str]:
    return page.locator("#readings-rows th strong").all_inner_texts()


def test_a_thousand_symbols_are_sorted_filtered_and_read_again_without_the_page_being_rebuilt(told: Told) -> None:
    page, many = told.page, ManySymbols(told)
    page.goto("/")
    is_live(page)
    rows = page.locator("#readings-rows tr")
    count = page.locator("#symbol-count")
    expect(count).to_have_text(str(MANY))
    expect(rows.first).to_contain_text("COIN0-USD")
    expect(rows.first.locator("td").first).to_have_text("−200.0 oversold")
    # Only those in view exist, and a screen reader is told of all.
    assert rows.count() < 60
    expect(page.get_by_role("table", name="Active symbols")).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert "price" not in page.locator("#readings").inner_text().lower()

    head = page.get_by_role("columnheader", name="MACD-V on 1h")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    highest = max(many.results, key=lambda one: one["timeframes"]["1h"]["macdv"])["symbol"]
    expect(rows.first).to_have_attribute("data-symbol", highest)
    page.get_by_role("columnheader", name="MACD-V on 1d").get_by_role("button").click()
    page.locator("#readings-scroll").evaluate("scroll => { scroll.scrollTop = scroll.scrollHeight; }")
    # What has no value stands last.
    expect(rows.last).to_contain_text("COIN3-USD")
    expect(rows.last).to_have_attribute("aria-rowindex", str(MANY + 1))
    page.get_by_role("columnheader", name="Symbol").get_by_role("button").click()
    expect(rows.first).to_contain_text("COIN0-USD")
    assert names(page)[:12] == [f"COIN{number}-USD" for number in range(12)]

    page.get_by_role("searchbox", name="Symbol").fill("coin99")
    expect(count).to_have_text(f"11 of {MANY}")
    page.get_by_label("Stage", exact=True).select_option("rallying")
    page.get_by_label("Timeframe of stage and staleness").select_option("1m")
    expect(rows.locator("td[data-timeframe='1m'] .stage").first).to_have_text("rallying")
    page.get_by_role("searchbox", name="Symbol").fill("nothing like it")
    expect(page.locator("#no-matches")).to_have_text("None of the 1000 symbols is like that.")
    page.get_by_role("button", name="Show all").click()
    expect(count).to_have_text(str(MANY))
    page.get_by_label("stale only").check()
    expect(rows).to_have_count(1)
    cell = rows.first.locator("td[data-timeframe='1h']")
    expect(cell).to_have_class("stale")
    expect(cell).to_contain_text("since 2026-03-08")
    assert "Stale since 2026-03-08 13:00:00 UTC" in str(cell.get_attribute("title"))
    link = rows.first.get_by_role("link")
    expect(link).to_have_attribute("href", "/admin/chart/?symbol=simulated%3ACOIN5-USD&timeframe=1h")
    page.get_by_role("button", name="Show all").click()

    page.evaluate(
        """() => {
            window.changed = new Set();
            window.jumps = 0;
            const rows = document.getElementById("readings-rows");
            new MutationObserver((all) => {
                for (const { target } of all) if (target !== rows) window.changed.add(target.closest("td") ?? target);
            }).observe(rows, { childList: true, subtree: true, characterData: true, attributes: true });
            const table = document.getElementById("readings");
            new PerformanceObserver((list) => {
                for (const { sources, value } of list.getEntries())
                    if (sources.some(({ node }) => table.contains(node))) window.jumps += value;
            }).observe({ type: "layout-shift" });
        }"""
    )
    asked = many.asked
    many.results[0]["timeframes"]["5m"] |= {"macdv": 77.7, "stage": "rallying"}
    told.changes["readingsAt"] = 2
    expect(rows.first.locator("td[data-timeframe='5m']")).to_have_text("+77.7 rallying", timeout=30_000)
    assert many.asked == asked + 1
    assert page.evaluate("[window.changed.size, window.jumps]") == [1, 0]


@pytest.mark.long
def test_values_are_not_asked_for_before_they_change_nor_by_a_page_that_nobody_looks_at(told: Told) -> None:
    page = told.page
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    told.changes["readingsAt"] = 1
    page.route(READINGS, note)
    with page.expect_response(READINGS):
        page.goto("/")
    is_live(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    told.changes["readingsAt"] = 2
    started = told.now
    wait_until(lambda: page.evaluate("1") and told.now > started + 3_500, 30, "the time after which a page asks again")
    assert len(asked) == 1
    with page.expect_request(READINGS, timeout=15_000):
        page.evaluate("delete document.hidden")
    page.unroute(READINGS)
    page.route(READINGS, lambda route: route.fulfill(status=503, body="{}"))
    told.changes["readingsAt"] = 3
    expect(page.locator("#readings-note")).to_have_text("Values can't be read: the server answered 503", timeout=15_000)
    expect(page.locator("#readings-rows .macdv").first).to_be_visible()
    page.unroute(READINGS)
    expect(page.locator("#readings-note")).to_have_text("", timeout=30_000)


def test_every_state_is_shown_with_what_there_is_to_say_about_it(told: Told) -> None:
    page = told.page
    page.goto("/")
    is_live(page)
    word, sentence = page.locator("#state-word"), page.locator("#state-sentence")
    told.changes = {"state": "warming", "warmup": {"done": 3, "total": 12}, "checkedShare": 0.25}
    expect(word).to_have_text("Warming up")
    expect(page.locator("#warmup-text")).to_have_text("3 of 12 series")
    expect(page.get_by_role("progressbar", name="Series with enough history")).to_have_attribute("value", "3")
    expect(page.locator("#confirmed")).to_have_text("25 % confirmed")
    told.changes = {"state": "paused", "desired": {"paused": True, "pausedUntil": None, "mode": "scalper-macdv"}}
    expect(word).to_have_text("Paused")
    expect(sentence).to_contain_text("nothing alerts")
    stalled = {
        **{"exchange": "kraken", "state": "stalled", "latencyMs": 1_234.0, "restLatencyMs": 88.0, "reconnects": 7},
        **{"lastMessageAt": told.now - 45_000, "connectedSince": told.now - 7_200_000, "checkedShare": 0.999},
        "message": "silent although there is trading",
    }
    told.changes = {
        "state": "degraded",
        "exchanges": [stalled],
        "staleSeries": ["kraken:BTC/USD:1m", "kraken:BTC/USD:5m", "simulated:ETH-USD:1m"],
        "cache": {"keys": 1_200, "memoryBytes": 5_000_000, "hits": 3, "misses": 1},
    }
    expect(word).to_have_text("Degraded")
    expect(sentence).to_contain_text("kraken is not connected. 3 series wait for missing candles.")
    card = page.locator("[data-exchange='kraken']")
    for text in ("stalled", "since 2 h ago", "1,234 ms", "88 ms", "99 % confirmed", "silent although there is trading"):
        expect(card).to_contain_text(text)
    expect(card.locator("dt:has-text('Reconnects') + dd")).to_have_text("7")
    expect(card.locator("dt:has-text('Stale series') + dd")).to_have_text("2")
    expect(card.get_by_role("img", name=re.compile("Websocket latency since"))).to_be_visible()
    expect(card.locator(".sparkline path")).to_have_attribute("d", re.compile(r"^M[\d.]+ [\d.]+L"), timeout=10_000)
    expect(page.locator("[data-exchange='simulated']")).to_have_count(0)
    expect(page.locator("#cache-memory")).to_have_text("5.0 MB")
    expect(page.locator("#cache-rate")).to_have_text("75.0 %")
    told.changes = {"state": "offline", "lastSeenAt": told.now - 60_000, "trouble": ""}
    expect(word).to_have_text("Offline")
    expect(sentence).to_contain_text("last heard 1 min ago")
    expect(page.locator("#readings-rows tr").first).to_be_visible()


def test_errors_are_counted_and_shown_by_level(told: Told) -> None:
    page = told.page
    told.errors = [
        {
            "type": "error",
            "seq": f"{9 - n}-0",
            "level": level,
            "origin": "feed",
            "message": f"{level} {n}",
            "timestamp": n,
        }
        for n, level in enumerate(("error", "warning", "warning"))
    ]
    page.goto("/")
    is_live(page)
    levels, items = page.get_by_role("group", name="Show errors of one level"), page.locator("#errors li")
    expect(levels.get_by_role("button", name="All 3")).to_have_attribute("aria-pressed", "true")
    expect(items).to_have_count(3)
    levels.get_by_role("button", name="Warnings 2").click()
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("warning 1")
    levels.get_by_role("button", name="Errors 1").click()
    expect(items).to_have_text([re.compile("error 0")])
    told.errors = [one for one in told.errors if one["level"] == "warning"]
    page.reload()
    is_live(page)
    levels.get_by_role("button", name="Errors 0").click()
    expect(page.locator("#no-errors")).to_have_text("No errors among the last 2.")


def test_drift_is_explained_by_what_differs_since_when_and_what_it_waits_for(told: Told) -> None:
    page = told.page
    page.goto("/admin/control/")
    is_live(page)
    expect(page.locator("#drift")).to_be_hidden()
    status = page.evaluate(
        """async () => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const headers = { "Content-Type": "application/merge-patch+json", "X-CSRFToken": token };
            const body = JSON.stringify({ position_refresh_hours: 7, livermore_runtime: { auto_start: false } });
            return (await fetch("/api/v1/settings", { method: "PATCH", headers, body })).status;
        }"""
    )
    assert status == 200
    since = told.now - 3_600_000
    told.changes = {
        "settingsVersion": 1,
        "savedSettingsVersion": 2,
        "settingsProblem": "version 2 can't be applied: no exchange is enabled",
        "drift": [
            {"what": "mode", "desired": "position-monitor", "actual": "scalper-macdv", "since": since},
            {"what": "settingsVersion", "desired": 2, "actual": 1, "since": since},
        ],
    }
    drift = page.locator("#drift")
    expect(drift).to_contain_text("Mode: position-monitor is wanted, it works in scalper-macdv.")
    expect(drift).to_contain_text("Settings: version 2 is saved, version 1 runs.")
    expect(drift).to_contain_text("Version 2 can't be applied: no exchange is enabled. Version 1 stays in force until")
    expect(drift.locator("#drift-list .end").first).to_contain_text("since ")
    expect(drift).to_contain_text("Version 2 differs from version 1 in 2 fields:")
    expect(drift).to_contain_text("position_refresh_hours: 24.0 → 7.0")
    expect(drift).to_contain_text("livermore_runtime.auto_start: yes → no")
    expect(drift).to_contain_text("counts from the engine's next start")
    told.changes |= {"state": "offline", "lastSeenAt": told.now - 60_000}
    expect(drift).to_contain_text("It waits for an engine: none is there now.")
    told.changes = {"drift": []}
    expect(drift).to_be_hidden()


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", "/admin/control/"])
def test_on_a_telephone_and_in_the_dark_nothing_is_cut_off_and_all_timeframes_are_there(told: Told, path: str) -> None:
    page = told.page
    ManySymbols(told)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(path)
    is_live(page)
    first = page.locator("#readings-rows tr").first
    expect(first.locator(".macdv")).to_have_count(len(TIMEFRAMES))
    for cell in first.locator("td").all():
        assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator("#readings-rows tr").count() < 40
