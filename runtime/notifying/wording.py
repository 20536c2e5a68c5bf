"""Messages as a person reads them on a telephone. Pure.

Whatever comes from elsewhere (symbols, names, errors) is text and nothing else: it calls nobody, hides no link and
brings no line of its own.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from runtime.live import words
from runtime.live.presentation import Presentation
from runtime.notifying.planning import MINUTE_MS, Item, Notice
from runtime.notifying.post import Letter
from runtime.protocol.alerts import Alert
from settingsapp.schema.notations import Channel
from settingsapp.schema.notifications import Event

LONGEST_SUBJECT: Final = 150
LONGEST_BODY: Final = 1_600
"""Within what every service takes in one message, Discord's 2,000 with their escapes."""
LONGEST_TEXT: Final = 300

EVENT_NAMES: Final[dict[Event, str]] = {
    "signals": "signal",
    "position_limits": "position limit",
    "errors": "error",
    "engine_state": "engine",
    "settings_changes": "settings",
}
_MENTION: Final = re.compile(r"[@#](?=[\w&!])|<(?=[@#!:/a-z])", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+")
_MARKDOWN: Final = re.compile(r"([\\`*_~|\[\]()>#<])")
_LINK: Final = re.compile(r"\b([a-z][a-z0-9+.-]{1,15}):(?=//)", re.IGNORECASE)
_NOTHING: Final = "\u200b"
"""A space of no width: what stands apart is no mention."""


def letter(items: Sequence[Item], channel: Channel, presentation: Presentation, now_ms: int, page: str = "") -> Letter:
    """Return one message for all of the items; `page`: where the live page is, empty where that isn't known."""
    if len(items) == 1:
        subject, lines = _single(items[0], presentation, now_ms)
    else:
        subject, lines = _digest(items, presentation, now_ms)
    safe = [safe_text(line, channel) for line in lines]
    if page:
        safe.append(page)
    return Letter(safe_text(_cut(subject, LONGEST_SUBJECT), channel), _joined(safe))


def trial(channel: Channel, presentation: Presentation, now_ms: int) -> Letter:
    """Return the message that a test sends."""
    lines = [
        f"Alerts of {presentation.public_name} reach you here.",
        f"Sent as a test at {presentation.absolute(now_ms)}.",
    ]
    return Letter("Livermore: test message", _joined([safe_text(line, channel) for line in lines]))


def headline(alert: Alert) -> str:
    """Say in one line what an alert is about."""
    return f"{alert.symbol} {alert.timeframe}: {words.happened(alert.body())}"


def axis(presentation: Presentation, alert: Alert) -> Callable[[float], str]:
    """Return how moments (ms UTC) are written beneath the alert's chart."""
    match alert.timeframe:
        case "1m" | "5m":
            return presentation.clock
        case "1d":
            return presentation.date
        case _:
            return lambda moment: f"{presentation.clock(moment)}\n{presentation.date(moment)}"


def safe_text(text: str, channel: Channel) -> str:
    """Return one line of text that shows as it is and does nothing."""
    line = _cut(_CONTROL.sub(" ", text).strip(), LONGEST_TEXT)
    if channel == "email":
        return line
    line = _MENTION.sub(lambda found: found[0] + _NOTHING, line)
    line = _LINK.sub(lambda found: found[1] + _NOTHING + ":", line)
    return _MARKDOWN.sub(r"\\\1", line) if channel == "discord" else line


def _single(item: Item, presentation: Presentation, now_ms: int) -> tuple[str, list[str]]:
    if isinstance(item.what, Notice):
        name = EVENT_NAMES[item.what.event]
        return f"Livermore: {name}", [item.what.text, presentation.absolute(item.raised_at)]
    alert = item.what
    prices = [("close", "Price"), ("entryPrice", "entry"), ("limitPrice", "limit")]
    known = [
        f"{name} {presentation.value(field, alert.indicators[field], alert.symbol)}"
        for field, name in prices
        if field in alert.indicators
    ]
    momentum = [
        f"{name} {presentation.number(alert.indicators[field])}"
        for field, name in (("macdv", "MACD-V"), ("signal", "signal"), ("stage", "stage"))
        if field in alert.indicators
    ]
    lines = [
        f"{_mode(item)} · {alert.exchange} · {alert.kind.value}",
        *([", ".join(known)] if known else []),
        *([", ".join(momentum)] if momentum else []),
        f"Candle of {presentation.absolute(alert.open_time)}",
    ]
    if alert.exchange == "simulated":
        lines.append("Simulated market: invented or recorded prices.")
    minutes = (now_ms - item.raised_at) // MINUTE_MS
    if minutes >= 1:
        lines.append(f"Raised {minutes} min ago; it could not be sent earlier.")
    return headline(alert), lines


def _digest(items: Sequence[Item], presentation: Presentation, now_ms: int) -> tuple[str, list[str]]:
    alerts = [item for item in items if isinstance(item.what, Alert)]
    notices = len(items) - len(alerts)
    counts = [_count(len(alerts), "alert"), _count(notices, "notice")]
    subject = " and ".join(count for count in counts if count)
    symbols = list(dict.fromkeys(item.what.symbol for item in alerts if isinstance(item.what, Alert)))
    if symbols:
        more = f" and {len(symbols) - 4} more" if len(symbols) > 4 else ""
        subject += f": {', '.join(symbols[:4])}{more}"
    lines = [_line(item, presentation, now_ms) for item in items]
    modes = {item.trading_mode for item in alerts}
    if modes:
        lines.append(" and ".join(sorted(_mode_name(mode) for mode in modes)))
    if any(isinstance(item.what, Alert) and item.what.exchange == "simulated" for item in alerts):
        lines.append("Of the simulated market: invented or recorded prices.")
    return f"Livermore: {subject}", lines


def _line(item: Item, presentation: Presentation, now_ms: int) -> str:
    when = presentation.briefly(item.raised_at, now_ms)
    if isinstance(item.what, Notice):
        return f"• {when} {item.what.text}"
    alert = item.what
    price = alert.indicators.get("close")
    told = f" at {presentation.value('close', price, alert.symbol)}" if price is not None else ""
    return f"• {when} {alert.exchange}:{headline(alert)}{told}"


def _mode(item: Item) -> str:
    return _mode_name(item.trading_mode)


def _mode_name(mode: str) -> str:
    return "LIVE" if mode == "live" else "PAPER"


def _count(number: int, noun: str) -> str:
    return "" if number == 0 else f"{number} {noun}{'' if number == 1 else 's'}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _joined(lines: Sequence[str]) -> str:
    """Put as many lines together as one message takes; what is left out is counted."""
    taken: list[str] = []
    for number, line in enumerate(lines):
        if sum(map(len, taken)) + len(taken) + len(line) > LONGEST_BODY:
            return "\n".join([*taken, f"… and {len(lines) - number} lines more"])
        taken.append(line)
    return "\n".join(taken)
