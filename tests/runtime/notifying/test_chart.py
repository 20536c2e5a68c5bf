"""The picture of an alert."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.engine.candles import Candle, SeriesKey
from runtime.notifying.chart import SHOWN_BARS, course_of, draw
from runtime.notifying.pictures import Pictures
from runtime.protocol.alerts import Alert, AlertKind

KEY = SeriesKey("simulated", "BTC-USD", "1m")
MINUTE = 60_000


def some_candles(count: int, scale: float = 1.0) -> list[Candle]:
    prices = [100.0 + (index % 17) - (index % 5) * 2 + index * 0.05 for index in range(count)]
    return [
        Candle(KEY, index * MINUTE, price * scale, (price + 1) * scale, (price - 1) * scale, (price + 0.5) * scale, 1.0)
        for index, price in enumerate(prices)
    ]


def an_alert(open_time: int, **fields: object) -> Alert:
    plain = Alert("simulated", "BTC-USD", "1m", open_time, AlertKind.LEVEL, "scalper-macdv", 1, 0, {"direction": "up"})
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_what_is_drawn_ends_with_the_alerts_candle_and_holds_the_engines_own_values() -> None:
    course = course_of(some_candles(300), 250 * MINUTE)
    assert [candle.open_time for candle in course.candles] == [n * MINUTE for n in range(251 - SHOWN_BARS, 251)]
    assert course.macdv == course_of(some_candles(251), 250 * MINUTE).macdv


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e6])
@pytest.mark.parametrize("count", [10, 40, 300])
def test_a_picture_comes_of_few_and_of_many_bars_whatever_the_price(count: int, scale: float) -> None:
    alert = an_alert((count - 1) * MINUTE, level=150, symbol="$\\evil$")
    picture = draw(alert, some_candles(count, scale), "a $title$ \\frac{", str)
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000


def test_a_market_that_stands_still_can_be_drawn() -> None:
    still = [Candle(KEY, n * MINUTE, 5.0, 5.0, 5.0, 5.0, 0.0, True) for n in range(100)]
    assert draw(an_alert(99 * MINUTE), still, "still", str) is not None


def test_too_few_bars_are_no_picture() -> None:
    assert draw(an_alert(0), some_candles(9), "few", str) is None


async def test_a_picture_is_drawn_once_for_all_channels(tmp_path: Path) -> None:
    drawn: list[Alert] = []

    def drawing(alert: Alert, candles: Sequence[Candle], title: str, clock: object) -> bytes:
        drawn.append(alert)
        return b"picture"

    pictures = Pictures(tmp_path, drawing)
    alert, candles = an_alert(0), some_candles(1)
    found = await asyncio.gather(*(pictures.of(alert, candles, "t", str) for _ in range(3)))
    assert found == [b"picture"] * 3
    assert drawn == [alert]
    assert await pictures.of(an_alert(MINUTE), (), "t", str) is None


async def test_an_alert_whose_picture_fails_or_hangs_goes_without(tmp_path: Path) -> None:
    hold = threading.Event()

    def failing(*_: object) -> bytes:
        raise ValueError("no fonts")

    def hanging(*_: object) -> bytes:
        hold.wait(20)
        return b""

    assert await Pictures(tmp_path, failing).of(an_alert(0), some_candles(1), "t", str) is None
    assert await Pictures(tmp_path, hanging, patience=0.05).of(an_alert(0), some_candles(1), "t", str) is None
    hold.set()
