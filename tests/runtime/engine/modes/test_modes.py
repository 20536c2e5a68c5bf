import pytest

from runtime.engine.modes import MODES, ModeNotImplementedError
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import Mode


def document(source: str = "watchlist") -> SettingsDocument:
    plain = default_document("somebody").as_json()
    plain |= {"symbols": ["BTC-USD", "ETH-USD"], "position_symbols": ["SOL-USD"], "disabled_symbols": ["ETH-USD"]}
    plain["modes"]["scalper-macdv"]["symbolSource"] = source
    return validate(plain)


def test_every_mode_has_its_definition() -> None:
    assert set(MODES) == set(Mode)
    for mode, definition in MODES.items():
        assert definition.mode is mode
        assert definition.purpose
        if definition.implemented:
            assert definition.start().mode is mode
            assert definition.refusal == ""


def test_the_order_book_scalper_says_that_it_is_not_implemented() -> None:
    definition = MODES[Mode.SCALPER_ORDERBOOK]
    assert not definition.implemented
    assert definition.refusal == "scalper-orderbook is not implemented"
    assert definition.symbols(document()) == ()
    with pytest.raises(ModeNotImplementedError, match="not implemented"):
        definition.start()


def test_the_scalper_watches_the_watchlist_or_the_positions_as_configured() -> None:
    symbols = MODES[Mode.SCALPER_MACDV].symbols
    assert symbols(document()) == ("simulated:BTC-USD",)
    assert symbols(document("positions")) == ("simulated:SOL-USD",)


def test_the_position_monitor_watches_positions_and_nothing_else() -> None:
    assert MODES[Mode.POSITION_MONITOR].symbols(document()) == ("simulated:SOL-USD",)


def test_every_start_begins_without_memory() -> None:
    definition = MODES[Mode.SCALPER_MACDV]
    assert definition.start() is not definition.start()
