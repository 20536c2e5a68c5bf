"""The scanner's whole way: criteria, a scan, a part of it approved and watched by the engine, and the undo."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import active_symbols, noted, sign_in
from tests.running import RunningLivermore, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.stores]

PATIENCE_MS = 20_000


def test_an_owner_edits_criteria_scans_approves_a_part_and_undoes_it(
    browser: Browser, livermore_up: RunningLivermore
) -> None:
    page = browser.new_context(base_url=livermore_up.base_url).new_page()
    page.set_default_timeout(PATIENCE_MS)
    wrong = noted(page)

    def settings() -> dict[str, Any]:
        body: dict[str, Any] = page.request.get("/api/v1/settings").json()
        return body

    sign_in(page, livermore_up, "/admin/scanner/")
    expect(page.locator("#standing")).to_be_visible(timeout=PATIENCE_MS)
    wait_until(
        lambda: page.request.get("/api/v1/symbols/scanner").json()["instruments"] == 30,
        what="the exchange's instruments being read",
    )
    page.reload()
    outcome, matches = page.locator("#outcome"), page.locator("#matches")

    # What would fit is counted before anything is saved, and what can't be is told under its field.
    expect(matches).to_have_text("29 of 30 instruments of simulated fit.", timeout=PATIENCE_MS)
    page.get_by_label("Volume of 24 hours at least (USD)").fill("-1")
    expect(page.locator("#problem-min_volume_usd_24h")).to_have_text("is at least 0", timeout=PATIENCE_MS)
    page.get_by_label("Volume of 24 hours at least (USD)").fill("15000000")
    expect(matches).to_have_text("11 of 30 instruments of simulated fit.", timeout=PATIENCE_MS)
    assert settings()["version"] == 1
    page.get_by_label("Volume of 24 hours at least (USD)").fill("13000000")
    page.get_by_role("button", name="Save criteria").click()
    expect(outcome).to_have_text("Saved version 2.", timeout=PATIENCE_MS)

    page.get_by_role("button", name="Scan now").click()
    expect(outcome).to_have_text("Scanned simulated: 2 to add, 0 to remove, 10 kept.", timeout=PATIENCE_MS)
    expect(page.locator("#proposal")).to_contain_text("It can be approved until", timeout=PATIENCE_MS)
    page.get_by_label("add BCH-USD").uncheck()
    page.get_by_role("button", name="Approve 1").click()
    expect(outcome).to_have_text(
        "Approved: 1 added, 0 removed, saved as version 3. It counts at once.", timeout=PATIENCE_MS
    )
    expect(page.locator("tr", has_text="UNI-USD")).to_contain_text("approved", timeout=PATIENCE_MS)
    assert settings()["settings"]["scanner_symbols"] == ["UNI-USD"]
    wait_until(lambda: "simulated:UNI-USD" in active_symbols(page), what="the approved symbol being watched")

    page.get_by_role("button", name="Undo this approval").click()
    expect(outcome).to_have_text("Undone, saved as version 4.", timeout=PATIENCE_MS)
    wait_until(lambda: "simulated:UNI-USD" not in active_symbols(page), what="the symbol being dropped again")
    assert settings()["settings"]["scanner_symbols"] == []
    page.context.close()
    assert wrong == []
