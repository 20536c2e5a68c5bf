"""The watchlist's page in a real browser, before the real product: added, live, off, removed, undone, tagged."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browsing import make_viewer, noted, sign_in
from tests.running import RunningLivermore, wait_until

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
WATCHLIST = "/api/v1/symbols/watchlist"


class WatchlistPage:
    """The page of one login; nothing may go wrong in it unseen."""

    def __init__(self, browser: Browser, livermore: RunningLivermore, user: str) -> None:
        self.context = browser.new_context(base_url=livermore.base_url, viewport={"width": 1440, "height": 900})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.wrong = noted(self.page)
        sign_in(self.page, livermore, "/admin/watchlist/", user)
        self.is_there()

    def is_there(self) -> None:
        expect(self.page.locator("#connection")).to_have_text("Running")
        expect(self.page.locator("#count")).to_contain_text("symbols")

    def row(self, symbol: str) -> Locator:
        return self.page.locator(f'tr[data-symbol="simulated:{symbol}"]')

    def state(self, symbol: str) -> Locator:
        return self.row(symbol).locator(".state > .pill")

    def is_in_state(self, symbol: str, state: str) -> None:
        expect(self.state(symbol)).to_have_text(state)

    def engine_says(self, symbol: str, text: str) -> None:
        expect(self.row(symbol).locator(".outcome")).to_contain_text(text)

    def notice(self, text: str) -> None:
        expect(self.page.locator(".notices")).to_contain_text(text)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API with this login, as another program would."""
        token = self.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        answer = self.page.request.fetch(path, method=method, data=body, headers={"X-CSRFToken": token})
        assert answer.ok, answer.text()
        return answer.json()


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, livermore_up: RunningLivermore) -> Iterator[WatchlistPage]:
    opened = WatchlistPage(browser, livermore_up, "admin")
    known = "/api/v1/symbols/search?q=UNI-USD"
    wait_until(lambda: opened.page.request.get(known).json()["results"], 30.0, "the exchange's instruments being read")
    yield opened
    opened.context.close()


@pytest.fixture
def watchlist(signed_in: WatchlistPage) -> Iterator[WatchlistPage]:
    """The page, opened anew; nothing may have gone wrong in it unseen."""
    signed_in.page.goto("/admin/watchlist/")
    signed_in.is_there()
    yield signed_in
    assert signed_in.wrong == []


@pytest.mark.stores
def test_an_owner_finds_a_symbol_adds_it_sees_it_live_switches_it_off_removes_it_and_undoes_that(
    watchlist: WatchlistPage,
) -> None:
    page = watchlist.page
    wanted, found = page.get_by_role("combobox", name="Symbol"), page.locator("#found [role=option]")
    wanted.press_sequentially("usd")
    expect(found.nth(2)).to_be_visible()
    expect(found.first).to_have_attribute("aria-selected", "true")
    wanted.press("ArrowDown")
    expect(found.nth(1)).to_have_attribute("aria-selected", "true")
    wanted.fill("uniusd")
    expect(found).to_have_count(1)
    expect(found.first).to_contain_text("UNI-USD")
    preview = page.get_by_role("region", name="What is known of it")
    for text in ("Last price", "Change 24 h", "Volume 24 h", "Traded", "Price step", "invented prices"):
        expect(preview).to_contain_text(text)
    wanted.press("Enter")
    expect(wanted).to_have_value("UNI-USD")
    expect(watchlist.row("UNI-USD")).to_have_count(0)
    wanted.press("Enter")
    watchlist.notice("Added UNI-USD")
    watchlist.engine_says("UNI-USD", "done")
    watchlist.is_in_state("UNI-USD", "Live")
    expect(watchlist.row("UNI-USD").locator(".stage")).not_to_have_text("–")
    expect(watchlist.row("UNI-USD")).to_contain_text("admin, page or API")
    expect(wanted).to_be_focused()

    watchlist.row("UNI-USD").get_by_role("switch").uncheck()
    watchlist.notice("Switched off UNI-USD")
    watchlist.engine_says("UNI-USD", "is switched off")
    watchlist.is_in_state("UNI-USD", "Off")

    remove = watchlist.row("ETH-USD").get_by_role("button", name="Remove ETH-USD")
    remove.click()
    page.get_by_role("dialog", name="Remove ETH-USD?").get_by_role("button", name="Cancel").click()
    expect(watchlist.state("ETH-USD")).to_have_text("Live")
    remove.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    watchlist.notice("Removed ETH-USD")
    watchlist.engine_says("ETH-USD", "done")
    page.locator(".notices").get_by_role("button", name="Undo").click()
    watchlist.notice("Undone: ETH-USD")
    watchlist.is_in_state("ETH-USD", "Live")
    rows = watchlist.ask("GET", WATCHLIST)["results"]
    assert {row["symbol"]: row["enabled"] for row in rows if row["symbol"] in ("ETH-USD", "UNI-USD")} == {
        "ETH-USD": True,
        "UNI-USD": False,
    }


def test_what_cannot_be_added_is_said_with_what_would_be_right_and_stays_in_the_field(watchlist: WatchlistPage) -> None:
    wanted = watchlist.page.get_by_role("combobox", name="Symbol")
    wanted.fill("BTC-USDD")
    expect(watchlist.page.locator("#found-note")).to_contain_text("No known instrument fits “BTC-USDD”")
    wanted.fill("LTCUSD")
    expect(watchlist.page.locator("#found [role=option]")).to_have_count(1)
    wanted.press("Escape")
    expect(watchlist.page.locator("#found")).to_be_hidden()
    wanted.press("Enter")
    watchlist.notice("simulated has no LTCUSD; did you mean LTC-USD?")
    expect(wanted).to_have_value("LTCUSD")


def test_a_switch_stays_where_it_was_put_while_the_watchlist_is_read_again(watchlist: WatchlistPage) -> None:
    page, switch = watchlist.page, watchlist.row("DOT-USD").get_by_role("switch")
    held: list[Route] = []
    page.route(
        f"**{WATCHLIST}", lambda route: held.append(route) if route.request.method == "GET" else route.continue_()
    )
    with page.expect_request(lambda request: request.method == "GET" and request.url.endswith(WATCHLIST)):
        switch.click()
    expect(switch).not_to_be_checked()
    for route in held:
        route.continue_()
    page.unroute(f"**{WATCHLIST}")
    watchlist.notice("Switched off DOT-USD")
    expect(switch).not_to_be_checked()
    switch.check()
    watchlist.notice("Switched on DOT-USD")


@pytest.mark.stores
def test_several_symbols_are_tagged_at_once_and_what_somebody_else_does_leaves_the_choice_alone(
    watchlist: WatchlistPage,
) -> None:
    page = watchlist.page
    page.get_by_role("button", name="Categories …").click()
    dialog = page.get_by_role("dialog", name="Categories")
    dialog.get_by_label("New category").fill("high-cap")
    dialog.locator("#new-category [name=colour]").select_option("blue")
    dialog.get_by_role("button", name="Make").click()
    expect(dialog.locator("#category-list")).to_contain_text("high-cap")
    dialog.get_by_role("button", name="Close").click()

    for symbol in ("ADA-USD", "BTC-USD", "SOL-USD"):
        watchlist.row(symbol).get_by_role("checkbox", name=f"Choose {symbol}").check()
    page.get_by_role("toolbar").get_by_role("button", name="Tag", exact=True).click()
    watchlist.notice("Tagged ADA-USD, BTC-USD, SOL-USD: high-cap.")
    expect(watchlist.row("SOL-USD").locator(".tag-blue")).to_have_text("high-cap")

    watchlist.ask("DELETE", f"{WATCHLIST}?symbol=ADA-USD")
    expect(watchlist.row("ADA-USD")).to_have_count(0)
    expect(page.locator("#chosen")).to_have_text("2 symbols chosen")
    watchlist.ask("POST", WATCHLIST, {"symbol": "ADA-USD"})
    watchlist.engine_says("ADA-USD", "done")

    page.locator("#filters [name=category]").select_option("high-cap")
    expect(page.locator("#count")).to_contain_text("3 of ")
    page.get_by_role("toolbar").get_by_role("button", name="Switch off").click()
    watchlist.notice("Switched off BTC-USD, SOL-USD")
    watchlist.is_in_state("SOL-USD", "Off")
    page.get_by_role("toolbar").get_by_role("button", name="Switch on").click()
    watchlist.is_in_state("BTC-USD", "Live")
    page.locator("#filters [name=state]").select_option("off")
    expect(page.locator("#empty")).to_contain_text("No symbol fits these filters")


def test_a_viewer_sees_the_watchlist_and_is_told_why_it_cannot_be_changed(
    browser: Browser, livermore_up: RunningLivermore
) -> None:
    viewer = make_viewer(livermore_up)
    eve = WatchlistPage(browser, livermore_up, viewer)
    eve.is_in_state("BTC-USD", "Live")
    expect(eve.page.locator(".note")).to_contain_text("To change it takes the role admin; yours is viewer.")
    for role in ("switch", "checkbox"):
        expect(eve.page.get_by_role(role)).to_have_count(0)
    expect(eve.page.get_by_role("combobox", name="Symbol")).to_have_count(0)
    expect(eve.page.locator("#rows [data-act]")).to_have_count(0)
    eve.context.close()
    assert eve.wrong == []


def a_row(number: int) -> dict[str, Any]:
    symbol = f"A{number:04}-USD"
    return {
        **{"symbol": symbol, "qualified": f"simulated:{symbol}", "exchange": "simulated", "exchangeEnabled": True},
        **{"enabled": True, "watched": True, "priority": "normal", "categories": [], "byScanner": False},
        **{"addedAt": None, "addedBy": "", "addedHow": "", "base": f"A{number:04}", "quote": "USD", "tradable": True},
    }


@pytest.mark.long
def test_a_thousand_rows_are_there_at_once_and_an_empty_list_or_an_error_says_what_to_do(
    watchlist: WatchlistPage,
) -> None:
    page = watchlist.page
    told: dict[str, Any] = {"rows": [a_row(number) for number in range(1_000)], "status": 200}

    def answer(route: Route) -> None:
        if told["status"] != 200:
            route.fulfill(status=told["status"], json={"error": "unavailable", "message": "The database is away."})
        else:
            body = {"version": 1_000, "primaryExchange": "simulated", "results": told["rows"], "next": None}
            route.fulfill(json=body)

    page.route(f"**{WATCHLIST}", answer)
    page.reload()
    expect(page.locator("#count")).to_have_text("1000 symbols")
    # What is not on the screen is not laid out: a whole judgement of all rows stays far below what one would notice.
    took = page.evaluate(
        """() => {
          const begun = performance.now();
          document.querySelector("[name=text]").value = "A0999";
          document.querySelector("#filters").dispatchEvent(new Event("input"));
          document.querySelector("#rows").getBoundingClientRect();
          return performance.now() - begun;
        }"""
    )
    expect(page.locator("#count")).to_have_text("1 of 1000 symbols")
    assert took < 1_000
    told["status"] = 503
    page.reload()
    expect(page.locator("#trouble")).to_contain_text("The watchlist can't be read. The database is away.")
    told.update(status=200, rows=[])
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#empty")).to_contain_text("Nothing is tracked yet. Add a symbol above")
    expect(page.locator("#trouble")).to_be_hidden()
    page.unroute(f"**{WATCHLIST}")


NOW = 1_800_000_000_000
MINUTE = 60_000
SEEN: dict[str, Any] = {
    **{"state": "running", "mode": "scalper-macdv", "settingsVersion": 7, "desired": {"paused": False}},
    **{"activeSymbols": ["simulated:A0001-USD"], "staleSeries": []},
    "exchanges": [{"exchange": "simulated", "state": "connected", "lastMessageAt": NOW - 1_000}],
}
FRESH = {"1m": {"openTime": NOW - 2 * MINUTE}, "1d": {"openTime": NOW - 2 * 1_440 * MINUTE}}
OLD = {"1m": {"openTime": NOW - 12 * MINUTE}}
STALE = {"staleSeries": ["simulated:A0001-USD:1m"]}


@pytest.mark.parametrize(
    ("row", "timeframes", "status", "word", "detail"),
    [
        ({}, FRESH, {}, "Live", ""),
        ({}, FRESH, {"desired": {"paused": True}}, "Live", "paused, nothing alerts"),
        ({}, None, {}, "Warming up", "its history is being read"),
        ({}, OLD, STALE, "Stale", "1m: last candle 11 min ago"),
        ({}, OLD, {}, "No new candle", "1m: none for 11 min"),
        (
            {},
            FRESH,
            {"state": "offline", "lastSeenAt": NOW - 90_000},
            "Unknown",
            "engine offline, last heard 1 min ago",
        ),
        ({}, FRESH, {"state": "offline", "lastSeenAt": None}, "Unknown", "no engine has reported yet"),
        ({}, None, {"activeSymbols": []}, "Not watched", "mode scalper-macdv does not watch it"),
        ({}, None, {"activeSymbols": [], "settingsVersion": 6}, "Not watched", "the engine has not taken it over yet"),
        ({"enabled": False}, None, {"activeSymbols": []}, "Off", "switched off"),
        ({"enabled": False}, FRESH, {"settingsVersion": 6}, "Off", "the engine has not let go of it yet"),
        ({"exchangeEnabled": False}, None, {}, "Exchange off", "simulated is not enabled in the settings"),
        (
            *({}, FRESH),
            {"exchanges": [{"exchange": "simulated", "state": "stalled", "lastMessageAt": NOW - 40_000}]},
            *("Disconnected", "simulated: stalled, last heard 40 s ago"),
        ),
    ],
)
def test_what_is_said_of_a_symbol_is_what_may_be_said(
    signed_in: WatchlistPage, row: Any, timeframes: Any, status: Any, word: str, detail: str
) -> None:
    found = signed_in.page.evaluate(
        """async ([row, timeframes, status, now]) => {
          const { digest, standing } = await import("/static/symbols/watchlist/standing.js");
          return standing(row, timeframes ?? undefined, digest(status, 7), now);
        }""",
        [a_row(1) | row, timeframes, SEEN | status, NOW],
    )
    assert (found["word"], found["detail"]) == (word, detail)


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_nothing_of_the_watchlist_is_cut_off_on_any_screen(watchlist: WatchlistPage, width: int, scheme: Any) -> None:
    watchlist.page.set_viewport_size({"width": width, "height": 900})
    watchlist.page.emulate_media(color_scheme=scheme)
    assert watchlist.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
