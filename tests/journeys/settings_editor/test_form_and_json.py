"""Form and JSON side by side: each follows the other, and what is wrong is told in both."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.benchmarks.settings_document import large_document
from tests.journeys.settings_editor.editor_tab import PHONE, PROFILE, EditorTab
from tests.settingsapp.secret_samples import MARKER, SECRETS

pytestmark = pytest.mark.browser


def test_the_json_follows_the_form(desk: EditorTab) -> None:
    desk.open().field(f"{PROFILE}public_name").fill("Jesse")
    desk.until_text("JSON.parse(text).perseus_profile.public_name === 'Jesse'")
    desk.unsaved(yes=True)
    desk.field("rjf§symbols").fill("BTC-USD\n\n ETH-USD \n")
    desk.until_text('JSON.stringify(JSON.parse(text).symbols) === \'["BTC-USD","ETH-USD"]\'')
    expect(desk.field("rjf§symbols")).to_have_value("BTC-USD\n\n ETH-USD \n")
    reversal = desk.field("rjf§modes§scalper-macdv§alertThresholds§reversal")
    reversal.select_option("no")
    desk.until_text("JSON.parse(text).modes['scalper-macdv'].alertThresholds.reversal === false")
    reversal.select_option("open")
    desk.until_text("JSON.parse(text).modes['scalper-macdv'].alertThresholds.reversal === null")
    desk.untroubled()


def test_the_form_follows_the_json_and_the_cursor_stays_where_it_was(desk: EditorTab) -> None:
    before = desk.open().saved()["settings"]["perseus_profile"]["currency"]
    desk.write(f'"currency": "{before}"', '"currency": "EUR"')
    expect(desk.field(f"{PROFILE}currency")).to_have_value("EUR")
    cursor = desk.page.evaluate("ace.edit('json-text').getCursorPosition()")
    desk.page.keyboard.type(" ")
    after = desk.page.evaluate("ace.edit('json-text').getCursorPosition()")
    assert after == {"row": cursor["row"], "column": cursor["column"] + 1}
    desk.field(f"{PROFILE}description").press_sequentially("typed on")
    expect(desk.field(f"{PROFILE}description")).to_be_focused()
    desk.until_text("JSON.parse(text).perseus_profile.description.endsWith('typed on')")
    desk.page.evaluate("while (ace.edit('json-text').session.getUndoManager().canUndo()) ace.edit('json-text').undo()")
    expect(desk.field(f"{PROFILE}currency")).to_have_value(before)
    desk.unsaved(yes=False)
    desk.untroubled()


def test_broken_json_is_told_at_its_line_and_never_reaches_the_form(desk: EditorTab) -> None:
    desk.open().write('"currency":', '"currency"')
    problems = desk.page.locator("#problems")
    line = desk.text[: desk.text.index('"currency"')].count("\n") + 1
    expect(problems).to_have_text(f'1 problem: line {line}, a colon is expected after "currency"; here stands "\\""')
    expect(desk.page.locator("#form-note")).to_contain_text(f"line {line} of the JSON")
    marked = desk.page.evaluate("ace.edit('json-text').session.getAnnotations()")
    assert [(one["row"] + 1, one["type"]) for one in marked] == [(line, "error")]
    expect(desk.field(f"{PROFILE}currency")).to_have_value(desk.saved()["settings"]["perseus_profile"]["currency"])
    desk.save()
    desk.refused("Not saved: there is 1 problem.")
    desk.page.evaluate("ace.edit('json-text').undo()")
    expect(problems).to_be_hidden()
    expect(desk.page.locator("#form-note")).to_be_hidden()
    desk.untroubled()


def test_json_of_the_wrong_shape_is_told_and_the_form_comes_back_with_the_right_one(desk: EditorTab) -> None:
    desk.open().write('"exchanges": {', '"exchanges": [], "more": {')
    expect(desk.page.locator("#form-note")).to_contain_text("(exchanges) – is an object")
    expect(desk.field("rjf§exchanges§simulated§enabled")).to_be_attached()
    desk.page.evaluate("ace.edit('json-text').undo()")
    expect(desk.page.locator("#form-note")).to_be_hidden()
    desk.field(f"{PROFILE}public_name").fill("still works")
    desk.until_text("text.includes('still works')")
    desk.untroubled()


def test_what_is_wrong_is_told_while_typing_under_the_field_and_at_the_line(desk: EditorTab) -> None:
    desk.open().field(f"{PROFILE}timezone").fill("Mars/Olympus")
    wrong = desk.row_of(f"{PROFILE}timezone")
    expect(wrong.locator(".rjf-error-text")).to_contain_text("is not a time zone")
    expect(desk.field(f"{PROFILE}timezone")).to_have_attribute("aria-invalid", "true")
    line = desk.text[: desk.text.index('"timezone"')].count("\n") + 1
    expect(desk.page.locator("#problems")).to_contain_text(f"line {line}, perseus_profile.timezone")
    desk.field("rjf§symbols").fill("BTC-USD\neth usd")
    symbols = desk.row_of("rjf§symbols").locator(".rjf-error-text")
    expect(symbols).to_contain_text("line 2: a symbol is written as its exchange writes it")
    expect(desk.page.locator("#problems")).to_contain_text("2 problems")
    desk.field(f"{PROFILE}timezone").fill("America/New_York")
    expect(wrong.locator(".rjf-error-text")).to_have_count(0)
    desk.page.locator("#problems").click()
    assert desk.page.evaluate("ace.edit('json-text').isFocused()")
    desk.untroubled()


def test_a_pasted_secret_is_refused_while_typing_and_kept_nowhere(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    description = desk.field(f"{PROFILE}description")
    description.fill("harmless")
    kept = "() => Object.keys(localStorage).some((key) => localStorage[key].includes('harmless'))"
    desk.page.wait_for_function(kept)
    for secret in list(SECRETS.values())[::8]:
        described = json.dumps(secret, ensure_ascii=False)
        desk.write('"harmless"', described)
        expect(desk.row_of(f"{PROFILE}description").locator(".rjf-error-text")).to_contain_text("looks like a secret")
        assert MARKER not in desk.page.locator("#problems").inner_text()
        assert MARKER not in str(desk.page.evaluate("JSON.stringify({...localStorage})"))
        desk.page.evaluate("ace.edit('json-text').undo()")
        expect(description).to_have_value("harmless")
        desk.page.wait_for_function(kept)
    description.fill(SECRETS["Bybit API key"])
    desk.save()
    desk.refused("looks like a secret")
    assert MARKER not in desk.page.locator(".toasts").inner_text()
    assert desk.saved()["version"] == version
    desk.untroubled()


def test_fifty_exchanges_and_a_thousand_symbols_are_opened_edited_and_saved(desk: EditorTab) -> None:
    version = desk.saved()["version"]
    large = large_document()
    # Switched off, so that the engine of the other tests goes on with what it knows.
    large["exchanges"]["simulated"] = {"enabled": False}
    desk.patch(large)
    try:
        desk.open()
        shown = desk.page.locator("[name^='rjf§exchanges§'][name$='§enabled']").count()
        assert shown == len(desk.saved()["settings"]["exchanges"]) >= 50
        stop = desk.field("rjf§exchanges§exchange_49§trade_settings§stop_loss_percentage")
        stop.fill("2.5")
        desk.until_text("JSON.parse(text).exchanges.exchange_49.trade_settings.stop_loss_percentage === 2.5")
        desk.write('"COIN999-USD"', '"LAST-USD"')
        expect(desk.field("rjf§symbols")).to_have_value("\n".join([*large["symbols"][:-1], "LAST-USD"]))
        desk.write('"LAST-USD"', '"last usd"')
        expect(desk.page.locator("#problems")).to_contain_text("symbols.999")
        desk.page.evaluate("ace.edit('json-text').undo()")
        expect(desk.page.locator("#problems")).to_be_hidden()
        desk.page.keyboard.press("Control+s")
        expect(desk.dialog("Save 2 changes?")).to_contain_text("added LAST-USD, removed COIN999-USD", timeout=15_000)
        desk.confirm()
        desk.told(f"Saved version {version + 2}.")
        saved = desk.saved()["settings"]
        assert (saved["symbols"][-1], len(saved["symbols"])) == ("LAST-USD", 1_000)
        assert saved["exchanges"]["exchange_49"]["trade_settings"]["stop_loss_percentage"] == 2.5
        desk.untroubled()
    finally:
        desk.restore(version)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_form_and_json_stand_behind_tabs(new_context: Callable[..., BrowserContext], scheme: str) -> None:
    phone = EditorTab(new_context(viewport=PHONE, color_scheme=scheme).new_page()).open()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    expect(phone.page.locator("#json-text")).to_be_hidden()
    expect(phone.page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport()
    wrong = phone.field(f"{PROFILE}timezone")
    right = wrong.input_value()
    wrong.fill("Mars/Olympus")
    expect(phone.page.locator("#problems")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)
    phone.save()
    phone.refused("Not saved")
    expect(wrong).to_be_focused()
    toast, bar = (phone.page.locator(part).bounding_box() for part in (".toast", ".submit-row"))
    assert toast
    assert bar
    assert toast["y"] + toast["height"] <= bar["y"], "what is told must not cover the buttons"
    wrong.fill(right)
    expect(phone.page.locator("#problems")).to_be_hidden()
    phone.field(f"{PROFILE}public_name").fill(f"by telephone, {scheme}")
    phone.page.get_by_role("tab", name="Form").press("ArrowRight")
    expect(phone.page.get_by_role("tab", name="JSON")).to_be_focused()
    expect(phone.page.locator("#json-text")).to_be_visible()
    expect(phone.field(f"{PROFILE}public_name")).to_be_hidden()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    phone.save()
    phone.confirm()
    phone.told("Saved version")
    assert phone.saved()["settings"]["perseus_profile"]["public_name"] == f"by telephone, {scheme}"
    expect(phone.page.locator("#trading-mode")).to_contain_text(f"by telephone, {scheme} · trading mode paper")
    phone.untroubled()
