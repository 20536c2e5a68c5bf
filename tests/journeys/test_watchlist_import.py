"""The import's whole way: a pasted list with mistakes, put right, imported and watched, undone; and a dropped file."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import active_symbols, noted, sign_in
from tests.running import RunningLivermore, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.stores]

PATIENCE_MS = 20_000
PASTED = """symbol,enabled,priority,categories
UNI-USD,yes,,meme
uniusd
BTC-USD
B\u0422C-USD
bchusd,,sparse
QQQ-USD
"""
DROP = """
(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "list.json", { type: "application/json" }));
  for (const name of ["dragenter", "dragover", "drop"]) {
    document.getElementById("drop").dispatchEvent(
      new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}
"""


def test_a_list_with_mistakes_is_put_right_imported_and_undone(
    browser: Browser, livermore_up: RunningLivermore
) -> None:
    page = browser.new_context(base_url=livermore_up.base_url).new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong = noted(page)

    def tracked() -> dict[str, Any]:
        rows = page.request.get("/api/v1/symbols/watchlist").json()["results"]
        return {row["symbol"]: row for row in rows}

    sign_in(page, livermore_up, "/admin/watchlist/import/")
    expect(page.locator("#text")).to_be_visible(timeout=PATIENCE_MS)
    wait_until(
        lambda: page.request.get("/api/v1/symbols/scanner").json()["instruments"] == 30,
        what="the exchange's instruments being read",
    )
    before = tracked()
    outcome, counts, rows = page.locator("#outcome"), page.locator("#counts"), page.locator("#rows tr")
    taking = page.locator("#import")

    # Each line has its verdict; nothing is imported while one is wrong, and the button says why.
    page.fill("#text", PASTED)
    page.get_by_role("button", name="Check").click()
    expect(counts).to_have_text("6 lines: 1 new, 1 already there, 3 unknown, 1 invalid.", timeout=PATIENCE_MS)
    expect(page.locator("#notes")).to_have_text("New categories are made: meme.", timeout=PATIENCE_MS)
    expect(rows.nth(3)).to_contain_text(
        "Character 2 is U+0422 CYRILLIC CAPITAL LETTER TE, which looks like T.", timeout=PATIENCE_MS
    )
    expect(taking).to_be_disabled(timeout=PATIENCE_MS)
    expect(page.locator("#reason")).to_have_text("4 lines must be put right, or left out, first.", timeout=PATIENCE_MS)
    page.get_by_label("Only problems").check()
    expect(rows).to_have_count(4, timeout=PATIENCE_MS)

    # One suggestion by itself, the others together, and what is left is left out.
    page.get_by_role("button", name="Line 6: take BCH-USD").click()
    expect(counts).to_contain_text("2 new", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Take all 2 suggestions").click()
    expect(counts).to_have_text("6 lines: 2 new, 3 already there, 1 unknown.", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Leave out 1 bad line").click()
    expect(counts).to_have_text("5 lines: 2 new, 3 already there. 1 line left out.", timeout=PATIENCE_MS)
    assert tracked() == before

    page.get_by_role("button", name="Import 2 symbols").click()
    expect(outcome).to_contain_text("Imported 2 symbols, saved as version 2.", timeout=PATIENCE_MS)
    after = tracked()
    assert (after["UNI-USD"]["categories"], after["BCH-USD"]["priority"]) == (["meme"], "sparse")
    wait_until(lambda: "simulated:UNI-USD" in active_symbols(page), what="the imported symbol being watched")
    outcome.get_by_role("button", name="Undo").click()
    expect(outcome).to_have_text("Undone: the settings are at version 3.", timeout=PATIENCE_MS)
    assert tracked() == before
    wait_until(lambda: "simulated:UNI-USD" not in active_symbols(page), what="the symbol being dropped again")

    # A file that is dropped is checked at once.
    page.evaluate(DROP, '["UNI-USD", {"symbol": "BTC-USD", "enabled": false}]')
    expect(counts).to_have_text("2 lines: 1 new, 1 already there.", timeout=PATIENCE_MS)
    expect(rows.nth(1)).to_contain_text("It is switched off", ignore_case=True, timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Import 2 symbols")).to_be_enabled(timeout=PATIENCE_MS)
    page.evaluate(DROP, '["UNI-USD",')
    expect(outcome).to_contain_text("The file can't be read: line 1: not JSON", timeout=PATIENCE_MS)
    expect(page.locator("#checked")).to_be_hidden(timeout=PATIENCE_MS)
    page.context.close()
    assert wrong == []
