"""Where an alert is due, or why it is only stored."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.engine.delivery import ENTRY_KINDS, EntriesToday, decide
from runtime.protocol.alerts import Alert, AlertKind
from runtime.protocol.delivery import Delivery
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.validation import validate
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

HOUR = 3_600_000
MONDAY_NOON = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp() * 1000)
DAY = 24 * HOUR


def an_alert(exchange: str = "simulated", kind: AlertKind = AlertKind.CROSSOVER, *, late: bool = False) -> Alert:
    return Alert(exchange, "BTC-USD", "1m", 0, kind, "scalper-macdv", 1, 0, {}, late=late)


def a_profile(**trade: Any) -> dict[str, Any]:
    return {"notification_preferences": "email", "trade_settings": trade}


def two_exchanges(own: dict[str, Any], **profile: Any) -> SettingsDocument:
    """Kraken follows the profile, the simulated exchange has its own settings."""
    return validate(
        {
            "perseus_profile": a_profile(**profile),
            "exchanges": {
                "simulated": {"enabled": True, "trade_settings": own},
                "kraken": {"enabled": True},
                "bybit": {"enabled": True},
            },
        }
    )


def test_an_alert_is_due_on_the_channels_of_its_event() -> None:
    document = validate(
        {
            "perseus_profile": {"notification_preferences": "email, push"},
            "notifications": {"signals": {"push": False}, "position_limits": {"email": False}},
        }
    )
    assert decide(an_alert(), document, MONDAY_NOON, {}).channels == ("email",)
    assert decide(an_alert(kind=AlertKind.STOP_LOSS), document, MONDAY_NOON, {}).channels == ("push",)


def test_without_a_channel_an_alert_is_due_nowhere_and_nothing_holds_it_back() -> None:
    assert decide(an_alert(), validate({}), MONDAY_NOON, {}) == Delivery((), "", "paper")


def test_a_late_alert_is_stored_alone_and_that_is_the_reason() -> None:
    document = validate({"perseus_profile": a_profile(trading_hours_utc="01:00-02:00")})
    assert decide(an_alert(late=True), document, MONDAY_NOON, {}) == Delivery((), "late", "paper")


@pytest.mark.parametrize(
    ("hour", "reason"), [(9, ""), (8, "outside the trading hours"), (17, "outside the trading hours")]
)
def test_outside_the_trading_hours_alerts_are_stored(hour: int, reason: str) -> None:
    document = validate({"perseus_profile": a_profile(trading_hours_utc="09:00-17:00")})
    decision = decide(an_alert(kind=AlertKind.TAKE_PROFIT), document, MONDAY_NOON + (hour - 12) * HOUR, {})
    assert (decision.held_back, decision.channels) == (reason, () if reason else ("email",))


@pytest.mark.parametrize(("days_later", "reason"), [(0, ""), (4, ""), (5, "not a trading day"), (7, "")])
def test_on_other_days_alerts_are_stored(days_later: int, reason: str) -> None:
    document = validate({"perseus_profile": a_profile(trading_days="Mon-Fri", trading_hours_utc="00:00-23:59")})
    assert decide(an_alert(), document, MONDAY_NOON + days_later * DAY, {}).held_back == reason


@pytest.mark.parametrize("kind", AlertKind)
def test_the_days_limit_holds_entries_back_and_never_what_ends_a_position(kind: AlertKind) -> None:
    document = validate({"perseus_profile": a_profile(max_daily_trades=2)})
    assert decide(an_alert(kind=kind), document, MONDAY_NOON, {"simulated": 1}).held_back == ""
    decision = decide(an_alert(kind=kind), document, MONDAY_NOON, {"simulated": 2})
    expected = "the day's limit of 2 entry alerts is reached" if kind in ENTRY_KINDS else ""
    assert decision.held_back == expected


def test_exchanges_that_follow_the_profile_share_its_limit() -> None:
    document = two_exchanges({"max_daily_trades": 3}, max_daily_trades=2)
    counted = {"simulated": 2, "kraken": 1, "bybit": 1}
    assert decide(an_alert("simulated"), document, MONDAY_NOON, counted).held_back == ""
    assert "limit of 2" in decide(an_alert("kraken"), document, MONDAY_NOON, counted).held_back
    assert "limit of 3" in decide(an_alert("simulated"), document, MONDAY_NOON, {"simulated": 3}).held_back
    assert decide(an_alert("kraken"), document, MONDAY_NOON, {"simulated": 9}).held_back == ""


@pytest.mark.parametrize(
    ("field", "own", "profile", "reason"),
    [
        ("trading_hours_utc", "01:00-02:00", "24/7", "outside the trading hours"),
        ("trading_days", "Sat,Sun", "all", "not a trading day"),
        ("max_daily_trades", 1, 0, "the day's limit of 1 entry alert is reached"),
    ],
)
def test_an_exchanges_own_setting_counts_on_it_alone(field: str, own: Any, profile: Any, reason: str) -> None:
    overridden = two_exchanges({field: own}, **{field: profile})
    counted = {"simulated": 1, "kraken": 1}
    assert decide(an_alert("simulated"), overridden, MONDAY_NOON, counted).held_back == reason
    assert decide(an_alert("kraken"), overridden, MONDAY_NOON, counted).held_back == ""
    lifted = two_exchanges({field: profile}, **{field: own})
    assert decide(an_alert("simulated"), lifted, MONDAY_NOON, counted).held_back == ""
    assert decide(an_alert("kraken"), lifted, MONDAY_NOON, counted).held_back == reason


def test_only_entries_that_are_due_somewhere_count_and_each_day_begins_anew() -> None:
    due, nowhere = Delivery(("email",), "", "paper"), Delivery((), "", "paper")
    today = EntriesToday()
    today.restore(MONDAY_NOON, {"simulated": 3})
    today.note(an_alert(), due, MONDAY_NOON)
    today.note(an_alert(), nowhere, MONDAY_NOON)
    today.note(an_alert(kind=AlertKind.STOP_LOSS), due, MONDAY_NOON)
    today.note(an_alert("kraken"), due, MONDAY_NOON + 11 * HOUR)
    assert today.at(MONDAY_NOON + 11 * HOUR) == {"simulated": 4, "kraken": 1}
    assert today.at(MONDAY_NOON + 12 * HOUR) == {}


def a_noisy_world(**trade: Any) -> FakeWorld:
    """An engine that watches BTC-USD; a price that jumps up and down alerts often."""
    wide_open = {"alertThresholds": {"cooldownMinutes": 0, "levels": [], "momentumShift": False, "reversal": False}}
    document = a_document(perseus_profile=a_profile(**trade), modes={"scalper-macdv": wide_open})
    return FakeWorld(source=FakeSettingsSource(document))


async def _alerts_of(world: FakeWorld, wanted: int) -> None:
    for minute in range(200):
        world.feed.close_candle("BTC-USD", START_MS + minute * 60_000, 100.0 + 30 * (minute // 10 % 2))
    await world.outbox.until(lambda: len(world.outbox.alerts) >= wanted)


async def test_the_engine_stops_at_the_days_limit_and_counts_what_was_before_it() -> None:
    world = a_noisy_world(max_daily_trades=3)
    world.outbox.entries_before = {"simulated": 1}
    async with world.warmed_up():
        await _alerts_of(world, 5)
    held = [delivery.held_back for delivery in world.outbox.deliveries[:5]]
    assert held == ["", ""] + ["the day's limit of 3 entry alerts is reached"] * 3


async def test_the_engine_goes_by_the_clock_of_the_alert_not_of_the_candle() -> None:
    # The clock stands at a midnight while the candles come in.
    world = a_noisy_world(trading_hours_utc="09:00-17:00")
    async with world.warmed_up():
        await _alerts_of(world, 1)
        assert world.outbox.deliveries[0] == Delivery((), "outside the trading hours", "paper")
        world.clock.suspend(10 * 3_600)
        for minute in range(200, 400):
            world.feed.close_candle("BTC-USD", START_MS + minute * 60_000, 100.0 + 30 * (minute // 10 % 2))
        await world.outbox.until(lambda: Delivery(("email",), "", "paper") in world.outbox.deliveries)
