"""A chart of the series that an alert is about: candles above, MACD-V with its signal line and levels below.

One picture for dark and light surroundings: its ground is its own. Drawn without pyplot, so that threads share nothing.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from runtime.engine.candles import Candle
from runtime.engine.indicators.contract import OneSeries
from runtime.engine.indicators.macdv import EXTREME
from runtime.engine.indicators.macdv import INDICATOR as MACDV
from runtime.protocol.alerts import Alert

SHOWN_BARS: Final = 96
FEWEST_BARS: Final = 10
WIDTH_INCHES, HEIGHT_INCHES, DOTS_PER_INCH = 8.0, 5.2, 110
LABELS: Final = 6

GROUND, PANEL, INK, FAINT, GRID = "#1b2129", "#222a34", "#e6e9ed", "#9aa5b1", "#37424f"
UP, DOWN, LINE, SIGNAL, MARK = "#3fb28f", "#e5736b", "#6db3f2", "#f0b35c", "#f7e05a"


@dataclass(frozen=True)
class Course:
    """What is drawn: one entry a bar, oldest first; MACD-V and signal are NaN where there were too few bars."""

    candles: tuple[Candle, ...]
    macdv: tuple[float, ...]
    signal: tuple[float, ...]


def course_of(candles: Sequence[Candle], until: int) -> Course:
    """Return the last bars up to the one that opened at `until` (ms), with the indicator as the engine computes it."""
    indicator = OneSeries(MACDV)
    drawn: list[tuple[Candle, float, float]] = []
    for candle in candles:
        if candle.open_time > until:
            break
        indicator.step(candle)
        values = indicator.values()
        drawn.append((candle, values.get("macdv", math.nan), values.get("signal", math.nan)))
    last = drawn[-SHOWN_BARS:]
    return Course(tuple(c for c, _, _ in last), tuple(m for _, m, _ in last), tuple(s for _, _, s in last))


def draw(alert: Alert, candles: Sequence[Candle], title: str, clock: Callable[[float], str]) -> bytes | None:
    """Return a PNG; None where there are too few bars to show anything. `clock` writes a moment (ms UTC).

    `candles`: of the alert's series, oldest first.
    """
    course = course_of(candles, alert.open_time)
    if len(course.candles) < FEWEST_BARS:
        return None
    figure = import_module("matplotlib.figure").Figure(
        figsize=(WIDTH_INCHES, HEIGHT_INCHES), dpi=DOTS_PER_INCH, facecolor=GROUND
    )
    import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 1, height_ratios=(3, 2), left=0.02, right=0.9, top=0.9, bottom=0.12, hspace=0.06)
    above = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=above)
    for panel in (above, below):
        _dress(panel)
    figure.text(0.02, 0.945, title, color=INK, fontsize=12, fontweight="bold", parse_math=False)
    figure.text(0.9, 0.945, "Livermore", color=FAINT, fontsize=9, ha="right")
    _prices(above, course, alert)
    _momentum(below, course, alert)
    _times(above, below, course, clock)
    written = io.BytesIO()
    figure.savefig(written, format="png", facecolor=GROUND)
    return written.getvalue()


def _dress(panel: Any) -> None:
    panel.set_facecolor(PANEL)
    panel.grid(True, color=GRID, linewidth=0.6)
    panel.set_axisbelow(True)
    panel.yaxis.tick_right()
    panel.tick_params(colors=FAINT, labelsize=8, length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _prices(panel: Any, course: Course, alert: Alert) -> None:
    candles = course.candles
    places = range(len(candles))
    colors = [UP if candle.close >= candle.open else DOWN for candle in candles]
    panel.vlines(places, [c.low for c in candles], [c.high for c in candles], colors=colors, linewidth=0.9)
    span = max(c.high for c in candles) - min(c.low for c in candles) or abs(candles[-1].close) * 1e-3 or 1.0
    # A candle that closed where it opened still shows.
    panel.bar(
        places,
        [max(abs(c.close - c.open), span * 2e-3) for c in candles],
        bottom=[min(c.open, c.close) for c in candles],
        width=0.68,
        color=colors,
    )
    last = candles[-1]
    panel.axhline(last.close, color=FAINT, linewidth=0.7, linestyle=(0, (2, 3)))
    for name, color in (("limitPrice", MARK), ("entryPrice", LINE)):
        price = alert.indicators.get(name)
        if isinstance(price, float | int) and not isinstance(price, bool):
            panel.axhline(price, color=color, linewidth=0.9, linestyle=(0, (5, 3)))
    up = alert.indicators.get("direction") != "down"
    place = last.low - span * 0.06 if up else last.high + span * 0.06
    panel.plot([len(candles) - 1], [place], marker="^" if up else "v", color=MARK, markersize=9, clip_on=False)
    panel.annotate(
        f"{last.close:.6g}",
        (1.0, last.close),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=GROUND,
        bbox={"boxstyle": "round,pad=0.25", "fc": INK, "ec": "none"},
    )
    panel.ticklabel_format(axis="y", useOffset=False, style="plain")
    panel.margins(y=0.12)


def _momentum(panel: Any, course: Course, alert: Alert) -> None:
    places = range(len(course.candles))
    difference = [m - s if math.isfinite(m - s) else 0.0 for m, s in zip(course.macdv, course.signal, strict=True)]
    panel.bar(places, difference, width=0.68, color=[UP if d >= 0 else DOWN for d in difference], alpha=0.45)
    panel.axhline(0, color=FAINT, linewidth=0.7)
    panel.plot(places, course.signal, color=SIGNAL, linewidth=1.2, label="signal")
    panel.plot(places, course.macdv, color=LINE, linewidth=1.5, label="MACD-V")
    known = [abs(value) for value in course.macdv if math.isfinite(value)]
    levels = {EXTREME, -EXTREME} if max(known, default=0.0) > EXTREME * 0.6 else set()
    if alert.level is not None:
        levels.add(float(alert.level))
    for level in levels:
        panel.axhline(level, color=MARK if level == alert.level else FAINT, linewidth=0.9, linestyle=(0, (5, 3)))
    if known:
        panel.plot([len(course.candles) - 1], [course.macdv[-1]], marker="o", color=MARK, markersize=6, clip_on=False)
    panel.margins(y=0.12)
    panel.legend(loc="upper left", fontsize=8, frameon=False, labelcolor=INK, ncols=2, borderaxespad=0.2)


def _times(above: Any, below: Any, course: Course, clock: Callable[[float], str]) -> None:
    count = len(course.candles)
    places = sorted({round(index * (count - 1) / (LABELS - 1)) for index in range(LABELS)})
    below.set_xticks(places, [clock(course.candles[place].open_time) for place in places], parse_math=False)
    below.get_xticklabels()[-1].set_ha("right")
    below.get_xticklabels()[0].set_ha("left")
    above.tick_params(labelbottom=False)
    below.set_xlim(-1, count + 0.5)
