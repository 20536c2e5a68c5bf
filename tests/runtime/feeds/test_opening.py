from pathlib import Path

import pytest

from runtime.feeds.exchanges.feed import ExchangeFeed
from runtime.feeds.opening import LiveFeeds
from runtime.feeds.recorded import RecordedFeed
from runtime.feeds.recordings import RecordingError
from runtime.feeds.simulated import SimulatedFeed
from tests.runtime.engine.walks import walk
from tests.runtime.fake_clock import FakeClock
from tests.runtime.feeds.recording_files import write_candles

CLOCK = FakeClock()


def test_the_simulated_exchange_is_made_up_unless_something_is_played(tmp_path: Path) -> None:
    feeds = LiveFeeds(CLOCK, CLOCK.sleep)
    assert isinstance(feeds.open("simulated"), SimulatedFeed)
    assert feeds.playing == ()
    playing = LiveFeeds(CLOCK, CLOCK.sleep, [write_candles(tmp_path, walk("5m", 5))], speed=60)
    assert isinstance(playing.open("simulated"), RecordedFeed)
    assert playing.playing == ("simulated",)


def test_an_exchange_is_connected_to_where_its_library_speaks_to_it() -> None:
    feeds = LiveFeeds(CLOCK, CLOCK.sleep)
    assert isinstance(feeds.open("coinbase"), ExchangeFeed)
    assert feeds.open("mtgox") is None


def test_a_file_that_cannot_be_played_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no such file"):
        LiveFeeds(CLOCK, CLOCK.sleep, [tmp_path / "ETH_BTC-5m.csv.gz"])


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_plays_nothing_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="how many times faster than real time"):
        LiveFeeds(CLOCK, CLOCK.sleep, speed=speed)
