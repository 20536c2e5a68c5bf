"""The part of an engine that takes candles in and reads them again, without the rest."""

from collections.abc import Iterable, Sequence
from typing import Any

from runtime.engine.candles import Candle
from runtime.engine.market import Market
from runtime.engine.market_data import MarketData
from runtime.engine.ports.positions import Entry
from runtime.engine.ports.settings import LoadedSettings
from runtime.engine.raised import Claim, claim_of
from runtime.engine.rereading import Rereading
from runtime.engine.state import State
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import SIMULATED, Mode, Timeframe
from tests.runtime.engine.walks import key_of
from tests.runtime.fake_clock import FakeClock
from tests.runtime.fakes.feeds import DAY_MS, FakeFeed
from tests.runtime.fakes.market_cache import FakeMarketCache
from tests.runtime.fakes.outbox import FakeOutbox
from tests.runtime.fakes.positions import FakePositions
from tests.runtime.fakes.settings_source import a_document

SYMBOL = f"{SIMULATED}:BTC-USD"


class SilentFeed(FakeFeed):
    """What is missing among its live candles was not traded."""

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        return ()


class Bench:
    """A running engine's market, mode and memory for BTC-USD; the first `history` candles are loaded."""

    def __init__(
        self,
        candles: Sequence[Candle],
        timeframes: Sequence[Timeframe],
        mode: Mode = Mode.SCALPER_MACDV,
        *,
        warmup_bars: int = 30,
        history: int = 0,
        **document: Any,
    ) -> None:
        self.base = key_of(timeframes[0])
        self.clock = FakeClock(candles[0].open_time)
        self.market = Market(warmup_bars, kept_bars=5_000)
        self.state = State("engine-1", "host-1", 0, self.market, is_set=lambda name: False)
        self.cache, self.outbox = FakeMarketCache(), FakeOutbox()
        self.data = MarketData(self.state, self.cache, FakePositions(), self.outbox, self.clock)
        self.rereading = Rereading(self.state, self.cache, self.outbox, self.clock)
        self.feed = SilentFeed(SIMULATED, ["BTC-USD"], timeframes)
        self.state.raised.memory_ms = 30 * DAY_MS
        self.state.settings = LoadedSettings(1, a_document(**{"position_symbols": ["BTC-USD"]} | document))
        self.state.entries[SYMBOL] = Entry(SYMBOL, candles[0].close, candles[0].open_time)
        self.state.phase = EngineState.RUNNING
        self.state.work_in(mode)
        self.market.track(SIMULATED, "BTC-USD", timeframes)
        if history:
            self.market.load(self.base, candles[:history])
        self.coming = candles[history:]

    async def play(self) -> None:
        """Let in what comes live."""
        await self.take(self.coming)

    async def take(self, candles: Iterable[Candle]) -> None:
        for candle in candles:
            assert not await self.data.take(self.feed, [candle])

    @property
    def standing(self) -> set[Claim]:
        """What was raised and holds."""
        gone = {one for one, _ in self.outbox.withdrawn}
        return {claim_of(alert) for alert in self.outbox.alerts if alert.id not in gone}
