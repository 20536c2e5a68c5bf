"""A status and an alert in words, for the page's first paint. `static/runtime/words.js` says the same as time goes on.

Pure: all take messages as they travel, and Redis's clock in ms.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

Message = Mapping[str, Any]
When = Callable[[float], str]
"""Writes a moment (ms) as the owner wants it."""


class Face(NamedTuple):
    """How a state looks: its word, and a tone that is also the name of its icon."""

    word: str
    tone: str


FACES: Final[dict[str, Face]] = {
    "starting": Face("Starting", "busy"),
    "warming": Face("Warming up", "busy"),
    "running": Face("Running", "good"),
    "paused": Face("Paused", "held"),
    "degraded": Face("Degraded", "warn"),
    "stopping": Face("Stopping", "busy"),
    "offline": Face("Offline", "bad"),
}

COMMAND_TONES: Final = {
    "queued": "busy",
    "acknowledged": "busy",
    "succeeded": "good",
    "failed": "bad",
    "refused": "warn",
    "expired": "warn",
    "superseded": "held",
}

EXCHANGE_TONES: Final = {
    "connected": "good",
    "connecting": "busy",
    "disconnected": "bad",
    "stalled": "warn",
    "ended": "held",
    "unavailable": "bad",
}

STAGE_TONES: Final = {
    "oversold": "bad",
    "rebounding": "busy",
    "rallying": "good",
    "overbought": "warn",
    "retracing": "held",
    "reversing": "bad",
    "ranging": "none",
}

STAGES: Final = {
    "oversold": "MACD-V at −150 or below.",
    "rebounding": "Between −150 and 50, at or above its signal line.",
    "rallying": "Between 50 and 150, at or above its signal line.",
    "overbought": "At 150 or above, at or above its signal line.",
    "retracing": "Above −50, below its signal line.",
    "reversing": "Between −150 and −50, below its signal line.",
    "ranging": "Within ±50 for 20 candles or more.",
}
"""What each stage means, in the order in which a market goes through them."""

# Where each value of an alert stands among the others; what isn't listed comes after, by name.
VALUE_NAMES: Final = {
    "macdv": "MACD-V",
    "signal": "Signal line",
    "histogram": "Histogram",
    "stage": "Stage",
    "previousStage": "Stage before",
    "direction": "Direction",
    "close": "Close",
    "entryPrice": "Entry price",
    "limitPrice": "Limit",
    "limitPercentage": "Limit (%)",
    "changePercentage": "Change (%)",
    "atr": "ATR",
    "emaFast": "EMA, fast",
    "emaSlow": "EMA, slow",
    "rsi14": "RSI",
    "ema20": "EMA 20",
    "ema200": "EMA 200",
    "atr14": "ATR 14",
}


def face(state: str) -> Face:
    """Return a state's face; one that this page doesn't know is shown by its own name."""
    return FACES.get(state) or Face(state.capitalize() or "Unknown", "warn")


def command_face(state: str) -> Face:
    """Return how the state of a command looks."""
    return Face(state.capitalize(), COMMAND_TONES.get(state, "warn"))


def sentence(status: Message, now_ms: int) -> str:
    """Say in one sentence what the engine is doing."""
    state = status["state"]
    if state == "offline":
        return _silence(status, now_ms)
    watched = count(len(status["activeSymbols"]), "symbol")
    if state == "running":
        return f"Watching {watched} in mode {status['mode']}."
    if state == "paused":
        return f"{_pause(status)} Candles are still stored; nothing alerts."
    if state == "warming":
        warmup = status["warmup"]
        return f"Reading history: {warmup['done']} of {warmup['total']} series are ready. Nothing alerts until then."
    if state == "degraded":
        return f"{_trouble(status)} Watching {watched} in mode {status['mode']}."
    if state == "starting":
        return "The engine is starting."
    return "The engine is finishing what it has begun."


def versions(status: Message, when: When | None = None) -> str:
    """Say whether the engine runs the settings that are saved; where not, since when and why."""
    saved, runs = status.get("savedSettingsVersion"), status["settingsVersion"]
    problem = str(status.get("settingsProblem") or "").rstrip(".")
    since = _since(difference(status, "settingsVersion"), when)
    why = f"{problem[:1].upper()}{problem[1:]}. " if problem else ""
    if not runs:
        return why + ("No engine has run these settings yet." if saved else "Nothing is known of the settings.")
    if saved is None or saved == runs:
        if status["state"] == "offline":
            return f"The engine ran version {runs} when it was last heard."
        return f"{why}engine runs version {runs}"
    if status["state"] == "offline":
        return f"The saved version is not in force{since}: the engine last ran version {runs}. {why}".rstrip()
    if problem:
        return f"The saved version is not in force{since}: {problem}. Until then the engine runs version {runs}."
    return f"The saved version is not in force yet{since}: engine runs version {runs}."


def difference(status: Message, what: str) -> Message | None:
    """Return in what desired and actual state differ there; None where they agree."""
    return next((one for one in status["drift"] if one["what"] == what), None)


def wanted(status: Message, what: str, when: When) -> str:
    """Say what else is wanted than is so, and since when; empty where the two agree."""
    found = difference(status, what)
    if found is None:
        return ""
    desired = found["desired"]
    asked = str(desired) if what == "mode" else "paused" if desired else "not paused"
    return f"Wanted: {asked}{_since(found, when)}."


def versions_tone(status: Message) -> str:
    """Return how worrying the versions are."""
    if status.get("settingsProblem"):
        return "bad"
    saved = status.get("savedSettingsVersion")
    return "warn" if saved is not None and saved != status["settingsVersion"] else "good"


def exchange_label(exchange: Message) -> str:
    """Say what kind of market an exchange is, where that isn't plain: nobody may take invented prices for real ones."""
    if exchange["exchange"] != "simulated":
        return ""
    recorded = "record" in str(exchange.get("message", "")).lower() or exchange["state"] == "ended"
    return "recorded market – played candles" if recorded else "simulated market – invented prices"


def happened(alert: Message) -> str:
    """Say what an alert is about."""
    values = alert["indicators"]
    direction, stage = values.get("direction"), values.get("stage")
    match alert["kind"]:
        case "crossover":
            side = {"up": "above", "down": "below"}.get(str(direction), "over")
            return f"MACD-V crossed {side} its signal line"
        case "momentum-shift":
            before = values.get("previousStage")
            return f"Momentum shifted from {before} to {stage}" if before and stage else "Momentum shifted"
        case "level":
            return f"MACD-V passed {signed(alert.get('level') or 0)}"
        case "reversal":
            turns = {"up": "turned up from below −150", "down": "turned down from above +150"}
            return f"MACD-V {turns.get(str(direction), 'turned back')}"
        case "stop-loss":
            return "Price fell to the stop-loss"
        case "take-profit":
            return "Price rose to the take-profit"
        case kind:
            return str(kind).replace("-", " ").capitalize()


def values(alert: Message, write: Callable[[str, object], str] | None = None) -> list[tuple[str, str]]:
    """Return an alert's values as names and texts, the telling ones first; `write` gets name and value."""
    indicators = alert["indicators"]
    order = {name: place for place, name in enumerate(VALUE_NAMES)}
    names = sorted(indicators, key=lambda name: (order.get(name, len(order)), name))
    return [
        (VALUE_NAMES.get(name, name), write(name, indicators[name]) if write else number(indicators[name]))
        for name in names
    ]


def delivery(alert: Message) -> str:
    """Say where an alert is due and what was sent, or why it is only stored; empty where it is due nowhere."""
    decided = alert.get("delivery") or {}
    if decided.get("heldBack"):
        return f"Not notified: {decided['heldBack']}."
    sent = decided.get("sent") or {}
    channels = decided.get("channels") or []
    done = [channel for channel in channels if sent.get(channel, {}).get("state") == "sent"]
    lost = [channel for channel in channels if sent.get(channel, {}).get("state") in ("failed", "skipped")]
    waiting = [channel for channel in channels if channel not in done and channel not in lost]
    told = [f"Sent to {', '.join(done)}."] if done else []
    told += [f"Meant for {', '.join(waiting)}."] if waiting else []
    told += [f"Not sent to {channel}: {sent[channel].get('error') or 'no reason is known'}." for channel in lost]
    return " ".join(told)


def number(value: object) -> str:
    """Write a value so that it can be read: fewer places the larger it is."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if not isinstance(value, int | float):
        return str(value)
    size = abs(value)
    places = 2 if size >= 10 else 4 if size >= 0.1 else 8
    text = f"{value:.{places}f}"
    text = (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
    return "0" if text in ("−0", "") else text


def macdv(value: float) -> str:
    """Write a MACD-V in a table: one place, always with its sign."""
    text = _fixed(abs(value))
    return text if text == "0.0" else ("+" if value > 0 else "−") + text


def size(octets: int) -> str:
    """Write how much memory something takes."""
    left: float = octets
    for unit in ("B", "kB", "MB", "GB"):
        if left < 1_000 or unit == "GB":
            break
        left /= 1_000
    return f"{octets} B" if unit == "B" else f"{_fixed(left)} {unit}"


def hit_rate(cache: Mapping[str, int]) -> str:
    """Say which share of the look-ups found something."""
    asked = cache["hits"] + cache["misses"]
    return f"{_fixed(cache['hits'] * 100 / asked)} %" if asked else "–"


def confirmed(share: float | None) -> str:
    """Say which share of the bars was read again; empty where nobody counts. Rounded down: less than all is not all."""
    return "" if share is None else f"{int(share * 100 + 1e-9)} % confirmed"


def stale_on(exchange: str, stale: Iterable[str]) -> int:
    """Count an exchange's series that wait for missing candles."""
    return sum(series.startswith(f"{exchange}:") for series in stale)


def _fixed(value: float) -> str:
    # As a browser's toFixed(1) does: half of a place away from zero.
    return str(Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def signed(level: int) -> str:
    return f"+{level}" if level > 0 else str(level).replace("-", "−")


def ago(milliseconds: float) -> str:
    """Say how long ago something was."""
    seconds = max(0, int(milliseconds // 1000))
    if seconds < 1:
        return "just now"
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def duration(seconds: float) -> str:
    """Write how long something has lasted: its two largest units."""
    left = max(0, int(seconds))
    days, hours, minutes = left // 86_400, left // 3_600 % 24, left // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left % 60} s" if minutes else f"{left} s"


def count(quantity: int, noun: str) -> str:
    return f"{quantity} {noun}" if quantity == 1 else f"{quantity} {noun}s"


def _since(found: Message | None, when: When | None) -> str:
    return f", since {when(found['since'])}" if found and found["since"] and when else ""


def _silence(status: Message, now_ms: int) -> str:
    seen_at = status.get("lastSeenAt")
    last = f"The engine was last heard {ago(now_ms - seen_at)}; below is what it said then." if seen_at else ""
    trouble = status.get("trouble")
    if trouble:
        return f"{trouble} {last}".strip()
    return last or "No engine has reported yet. Start one with: manage.py runengine"


def _pause(status: Message) -> str:
    return "Paused for a time." if status["desired"]["pausedUntil"] else "Paused until somebody resumes it."


def _trouble(status: Message) -> str:
    away = [exchange["exchange"] for exchange in status["exchanges"] if exchange["state"] != "connected"]
    stale = len(status["staleSeries"])
    parts = []
    if away:
        parts.append(f"{', '.join(away)} {'is' if len(away) == 1 else 'are'} not connected.")
    if stale:
        parts.append(f"{stale} series {'waits' if stale == 1 else 'wait'} for missing candles.")
    return " ".join(parts) or "Something needs attention: see the errors."
