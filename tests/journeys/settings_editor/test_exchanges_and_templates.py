"""Exchanges with the fields that they need, and templates."""

import pytest
from playwright.sync_api import expect

from tests.journeys.settings_editor.editor_tab import PROFILE, EditorTab

pytestmark = pytest.mark.browser


def test_an_exchange_shows_the_fields_it_needs_and_what_the_engine_has(desk: EditorTab) -> None:
    desk.open()
    exchanges = desk.page.locator(".exchange-adder")
    exchanges.get_by_role("combobox").select_option("coinbase")
    exchanges.get_by_role("button", name="Add exchange").click()
    exchanges.get_by_role("combobox").select_option("kucoin")
    exchanges.get_by_role("button", name="Add exchange").click()
    expect(desk.field("rjf§exchanges§coinbase§SecretEnvironmentVariableName")).to_be_visible()
    expect(desk.field("rjf§exchanges§coinbase§PasswordEnvironmentVariableName")).to_be_hidden()
    expect(desk.field("rjf§exchanges§kucoin§PasswordEnvironmentVariableName")).to_be_visible()
    desk.until_text("'kucoin' in JSON.parse(text).exchanges")
    desk.page.once("dialog", lambda dialog: dialog.accept("kraken"))
    desk.page.get_by_role("button", name="Rename kucoin").click()
    desk.until_text("'kraken' in JSON.parse(text).exchanges && !('kucoin' in JSON.parse(text).exchanges)")
    expect(desk.field("rjf§exchanges§kraken§PasswordEnvironmentVariableName")).to_be_hidden()
    key = desk.field("rjf§exchanges§coinbase§ApiKeyEnvironmentVariableName")
    key.fill("SURELY_NOT_THERE")
    secret = "rjf§exchanges§coinbase§SecretEnvironmentVariableName"
    desk.field(secret).fill("COINBASE_SECRET_OF_THE_TEST")
    state = desk.row_of("rjf§exchanges§coinbase§ApiKeyEnvironmentVariableName").locator(".variable-state")
    expect(state).to_have_text("not saved yet")
    desk.save()
    desk.confirm()
    expect(state).to_have_text("missing", timeout=15_000)
    expect(desk.row_of(secret).locator(".variable-state")).to_have_text("set")
    assert "its value" not in desk.page.content()
    desk.page.get_by_role("button", name="Remove kraken").click()
    desk.until_text("!('kraken' in JSON.parse(text).exchanges)")
    desk.untroubled()


def test_what_an_exchange_leaves_open_is_shown_from_the_profile_field_by_field(desk: EditorTab) -> None:
    begun = EditorTab(desk.page)
    version = begun.saved()["version"]
    begun.patch({"exchanges": {"coinbase": {}, "kraken": {}}})
    try:
        desk.open()
        stop, days = ("stop_loss_percentage", "trading_days")
        own = {
            (name, field): desk.field(f"rjf§exchanges§{name}§trade_settings§{field}")
            for name in ("coinbase", "kraken")
            for field in (stop, days)
        }
        for (_, field), shown in own.items():
            expect(shown).to_have_value("")
            expect(shown).to_have_attribute("placeholder", "from profile: 5" if field == stop else "from profile: all")
        own["coinbase", stop].fill("2.5")
        desk.field(f"{PROFILE}trade_settings§{stop}").fill("7")
        expect(own["kraken", stop]).to_have_attribute("placeholder", "from profile: 7")
        expect(own["coinbase", stop]).to_have_value("2.5")
        desk.until_text("JSON.parse(text).exchanges.coinbase.trade_settings.stop_loss_percentage === 2.5")
        desk.save()
        desk.confirm()
        desk.told("Saved version")
        exchanges = desk.saved()["settings"]["exchanges"]
        overrides = {name: exchanges[name]["trade_settings"] for name in ("coinbase", "kraken")}
        assert {name: set_here[stop] for name, set_here in overrides.items()} == {"coinbase": 2.5, "kraken": None}
        assert {set_here[days] for set_here in overrides.values()} == {None}
        own["coinbase", stop].fill("")
        desk.until_text("JSON.parse(text).exchanges.coinbase.trade_settings.stop_loss_percentage === null")
        expect(own["coinbase", stop]).to_have_attribute("placeholder", "from profile: 7")
        desk.untroubled()
    finally:
        desk.restore(version)


def test_a_template_is_previewed_put_into_the_editor_and_saved_there(desk: EditorTab) -> None:
    version = desk.open().saved()["version"]
    watched = desk.saved()["settings"]["symbols"]
    desk.page.get_by_role("button", name="Templates…").click()
    asked = desk.dialog("Start from a template")
    coinbase = asked.locator(".template", has_text="Coinbase position monitor")
    coinbase.get_by_text("changes against what is saved").click()
    expect(coinbase).to_contain_text("simulated → coinbase")
    coinbase.get_by_role("radio").check()
    asked.get_by_role("button", name="Put into the editor").click()
    expect(desk.field(f"{PROFILE}primary_exchange")).to_have_value("coinbase")
    expect(desk.page.locator("#problems")).to_be_hidden()
    desk.unsaved(yes=True)
    assert desk.saved()["version"] == version
    desk.save()
    expect(desk.page.locator("dialog[open]")).to_contain_text("Needs a restart of the engine")
    desk.confirm()
    desk.told(f"Saved version {version + 1}.")
    try:
        assert desk.saved()["settings"]["symbols"] == [f"coinbase:{symbol}" for symbol in watched]
        desk.untroubled()
    finally:
        desk.restore(version)


def test_the_primary_exchange_is_not_changed_beneath_symbols_that_stay(desk: EditorTab) -> None:
    version = desk.saved()["version"]
    added = desk.patch({"exchanges": {"kraken": {}}})
    try:
        desk.open().field(f"{PROFILE}primary_exchange").fill("kraken")
        wrong = desk.row_of(f"{PROFILE}primary_exchange").locator(".rjf-error-text")
        expect(wrong).to_contain_text("Write which one they are of: simulated:BTC-USD as until now, or kraken:BTC-USD")
        line = desk.text[: desk.text.index('"primary_exchange"')].count("\n") + 1
        expect(desk.page.locator("#problems")).to_contain_text(f"line {line}, perseus_profile.primary_exchange")
        desk.save()
        desk.refused("can't be changed from simulated to kraken")
        assert desk.saved()["version"] == added
        desk.untroubled()
    finally:
        desk.restore(version)


def test_a_connection_is_tested_by_the_engine(desk: EditorTab) -> None:
    desk.open()
    simulated = desk.page.locator(".rjf-form-group-inner", has=desk.field("rjf§exchanges§simulated§enabled")).last
    simulated.get_by_role("button", name="Test connection").click()
    expect(simulated.locator(".connection-result")).to_contain_text("simulated is connected", timeout=15_000)
    desk.untroubled()


def test_a_test_message_is_asked_of_the_engine_and_its_answer_stands_beside_the_button(desk: EditorTab) -> None:
    desk.open()
    for channel in ("discord", "email", "push"):
        button = desk.page.get_by_role("button", name=f"Send test message to {channel}")
        expect(button).to_have_count(1)
    button.click()
    result = desk.page.locator(".channel-tools .connection-result").filter(has_text="push is not set up")
    expect(result).to_contain_text("the settings name no variable that holds the address for push", timeout=15_000)
    desk.untroubled()


def test_while_positions_are_loaded_the_own_list_says_so_and_takes_no_edit(desk: EditorTab) -> None:
    desk.open()
    positions = desk.field("rjf§position_symbols")
    note = desk.row_of("rjf§position_symbols").locator(".resting")
    expect(positions).to_be_editable()
    expect(note).to_be_hidden()
    loading = desk.field("rjf§load_positions_from_exchange")
    loading.check()
    expect(note).to_contain_text("switch “Load positions” off")
    expect(positions).not_to_be_editable()
    loading.uncheck()
    expect(positions).to_be_editable()
    expect(note).to_be_hidden()
    desk.untroubled()
