import pytest

from runtime.engine.modes import MODES, ModeContext
from runtime.engine.ports.positions import Entry
from runtime.protocol.alerts import AlertKind
from settingsapp.schema.document import default_document
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import Mode
from tests.runtime.engine.readings import RISING, bar
from tests.runtime.engine.walks import START

ENTRY = Entry("simulated:BTC-USD", 100.0, START)


def context(stop_loss: float = 5.0, take_profit: float = 10.0, entry: Entry | None = ENTRY) -> ModeContext:
    plain = default_document("somebody").as_json()
    plain["perseus_profile"]["trade_settings"].update(
        stop_loss_percentage=stop_loss, take_profit_percentage=take_profit
    )
    entries = {entry.symbol: entry} if entry else {}
    return ModeContext(Mode.POSITION_MONITOR, 3, validate(plain), entries)


def kinds(closes: list[float], in_force: ModeContext, *, base: bool = True) -> list[list[str]]:
    run = MODES[Mode.POSITION_MONITOR].start()
    return [[a.kind.value for a in run.alerts(bar(None, None, close=c, base=base), in_force)] for c in closes]


def test_each_crossing_of_a_limit_is_told_once() -> None:
    closes = [100.0, 95.1, 95.0, 90.0, 96.0, 94.0, 111.0, 110.0, 109.0, 110.0]
    found = kinds(closes, context())
    stop, take = ["stop-loss"], ["take-profit"]
    assert found == [[], [], stop, [], [], stop, take, [], [], take]


def test_a_limit_that_was_passed_before_anybody_looked_is_told() -> None:
    assert kinds([80.0], context()) == [["stop-loss"]]


def test_a_limit_of_zero_is_none() -> None:
    assert kinds([1.0, 1_000.0], context(stop_loss=0, take_profit=0)) == [[], []]


def test_without_an_entry_there_are_no_limits() -> None:
    assert kinds([1.0, 1_000.0], context(entry=None)) == [[], []]


def test_the_limits_are_looked_at_once_a_candle_not_once_a_timeframe() -> None:
    assert kinds([50.0, 50.0], context(), base=False) == [[], []]


def test_a_new_entry_has_new_limits() -> None:
    run = MODES[Mode.POSITION_MONITOR].start()
    first = run.alerts(bar(None, None, close=90.0), context())
    again = run.alerts(bar(None, None, close=90.0), context(entry=Entry(ENTRY.symbol, 120.0, START + 1)))
    assert [a.kind for a in (*first, *again)] == [AlertKind.STOP_LOSS, AlertKind.STOP_LOSS]


def test_a_limit_alert_says_what_it_counts_from() -> None:
    run = MODES[Mode.POSITION_MONITOR].start()
    (alert,) = run.alerts(bar(None, None, close=94.0), context())
    assert (alert.mode, alert.settings_version, alert.open_time) == ("position-monitor", 3, START)
    assert alert.indicators == {
        "close": 94.0,
        "entryPrice": 100.0,
        "limitPrice": 95.0,
        "limitPercentage": 5.0,
        "changePercentage": pytest.approx(-6.0),
    }


def test_the_signals_of_a_position_are_told_too() -> None:
    run = MODES[Mode.POSITION_MONITOR].start()
    alerts = run.alerts(bar(*RISING, timeframe="1h", base=False), context())
    assert [alert.kind for alert in alerts] == [AlertKind.CROSSOVER, AlertKind.MOMENTUM_SHIFT]
    assert {alert.mode for alert in alerts} == {"position-monitor"}
