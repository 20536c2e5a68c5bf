"""Settings to begin with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.diff import changes
from settingsapp.schema.document import STARTING_WATCHLIST, SettingsDocument, default_document
from settingsapp.schema.effective import enabled_exchanges, mode_config, positions, watched_symbols
from settingsapp.schema.primary_switch import entries_left_behind
from settingsapp.schema.templates import TEMPLATES, template
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import Mode
from tests.settingsapp.schema.landscape_file import a_landscape_file

BINANCE: dict[str, Any] = {
    "perseus_profile": {"primary_exchange": "binance"},
    "exchanges": {"binance": {"enabled": True}, "coinbase": {"ApiKeyEnvironmentVariableName": "MY_KEY"}},
    "symbols": ["BTCUSDT", "coinbase:SOL-USD"],
    "position_symbols": ["ETHUSDT"],
}
STARTS = [default_document("x"), SettingsDocument(), validate(a_landscape_file()), validate(BINANCE)]


def applied(name: str, document: SettingsDocument) -> SettingsDocument:
    chosen = template(name)
    assert chosen is not None
    return chosen.applied(document)


def test_every_template_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert [t.name for t in TEMPLATES] == ["simulated", "coinbase-position-monitor", "macdv-scalper", "night-mode"]
    assert all(t.title and len(t.description) > 40 for t in TEMPLATES)
    assert template("nothing") is None


@given(st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=5), st.sampled_from(STARTS))
def test_templates_apply_after_each_other_and_twice_is_once(chosen: Any, document: SettingsDocument) -> None:
    for one in chosen:
        before, document = document, one.applied(document)
        assert entries_left_behind(before, document) == ()
        assert one.applied(document) == document
        assert watched_symbols(document) or one.name in ("macdv-scalper", "night-mode")


@pytest.mark.parametrize("document", STARTS, ids=["new", "empty", "file", "binance"])
def test_the_simulated_market_is_watched_alone(document: SettingsDocument) -> None:
    after = applied("simulated", document)
    assert enabled_exchanges(after) == ("simulated",)
    assert after.perseus_profile.trading_mode == "paper"
    assert all(symbol.startswith("simulated:") for symbol in watched_symbols(after))


def test_a_new_document_moves_to_coinbase_with_its_watchlist() -> None:
    after = applied("coinbase-position-monitor", default_document("x"))
    assert enabled_exchanges(after) == ("coinbase",)
    assert after.livermore_runtime.start_mode is Mode.POSITION_MONITOR
    assert after.load_positions_from_exchange
    assert after.exchanges["coinbase"].api_key_variable == "COINBASE_API_KEY"
    assert watched_symbols(after)[0] == "coinbase:BTC-USD"


def test_symbols_of_another_notation_keep_their_meaning_and_named_credentials_stay() -> None:
    before = validate(BINANCE)
    after = applied("coinbase-position-monitor", before)
    assert after.symbols == ("binance:BTCUSDT", "coinbase:SOL-USD")
    assert after.position_symbols == ("binance:ETHUSDT",)
    assert positions(after) == ()
    assert after.exchanges["coinbase"].api_key_variable == "MY_KEY"
    assert after.exchanges["coinbase"].secret_variable == "COINBASE_API_SECRET"


def test_there_and_back_again_the_watchlist_is_the_same() -> None:
    start = default_document("x")
    there = applied("coinbase-position-monitor", start)
    back = applied("simulated", there)
    assert watched_symbols(back) == watched_symbols(start)
    assert applied("coinbase-position-monitor", back).symbols == there.symbols


def test_who_watches_nothing_on_an_exchange_gets_symbols_to_begin_with() -> None:
    start = validate(BINANCE | {"perseus_profile": {"primary_exchange": "coinbase"}, "symbols": ["binance:BTCUSDT"]})
    assert applied("coinbase-position-monitor", start).symbols == ("binance:BTCUSDT", *STARTING_WATCHLIST)
    kraken = {"kraken": {"enabled": True}}
    start = validate({"perseus_profile": {"primary_exchange": "kraken"}, "exchanges": kraken, "symbols": ["BTC-USD"]})
    after = applied("simulated", start)
    assert after.symbols == ("kraken:BTC-USD", *(f"simulated:{symbol}" for symbol in STARTING_WATCHLIST))


def test_the_scalper_alerts_on_everything_and_leaves_the_exchanges_alone() -> None:
    before = validate(BINANCE)
    after = applied("macdv-scalper", before)
    assert mode_config(after, Mode.SCALPER_MACDV).alert_thresholds.levels == (150, 200, 250, 300, 350, 400)
    assert (after.exchanges, after.symbols) == (before.exchanges, before.symbols)


def test_at_night_only_strong_moves_alert() -> None:
    before = default_document("x")
    after = applied("night-mode", before)
    for mode in (Mode.POSITION_MONITOR, Mode.SCALPER_MACDV):
        thresholds = mode_config(after, mode).alert_thresholds
        assert not thresholds.macdv_crossover
        assert thresholds.levels == (300, 350, 400)
        assert thresholds.cooldown_minutes == 60
    assert not after.notifications.signals.push
    assert after.notifications.errors.push
    assert {change.path.split(".")[0] for change in changes(before, after)} == {"modes", "notifications"}
