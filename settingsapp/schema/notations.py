"""How things are written inside the document's texts, and what those texts mean.

The texts stay as their owner wrote them; the readers here give them their meaning and raise ValueError, in words
for the owner, where they have none.
"""

import re
from datetime import datetime, time
from typing import Annotated, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe

Channel: TypeAlias = Literal["discord", "email", "push"]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY: Final = frozenset(range(7))
_ALL_DAYS_WORDS = frozenset({"", "all", "daily", "everyday", "every day"})
_ALL_HOURS_WORDS = frozenset({"", "24/7", "all", "always"})
_MIDNIGHT = time(0)
_DASHES = re.compile("[\u2013\u2014]")

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_EXCHANGE = re.compile(r"[a-z0-9_]{1,40}")
_CURRENCY = re.compile(r"[A-Z0-9]{2,10}")
_LOCALE = re.compile(r"[a-z]{2,3}([-_][A-Z][a-z]{3})?([-_]([A-Z]{2}|\d{3}))?")
_DATE_TOKENS = re.compile(r"(?:yyyy|yy|mmmm|mmm|mm|m|dd|d|[ ,./-])+", re.IGNORECASE)
_TIME_TOKENS = re.compile(r"12h|24h|(?:HH|H|hh|h|mm|ss|A|a|[ :.])+")


def words(text: str) -> tuple[str, ...]:
    """Split a comma list; blanks around and empty entries don't count."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def read_timeframes(text: str) -> tuple[Timeframe, ...]:
    """Read a comma list of timeframes, shortest first; an empty one means all. Raises ValueError."""
    named = words(text)
    unknown = [word for word in named if word not in TIMEFRAMES]
    if unknown:
        raise ValueError(f"'{unknown[0][:20]}' is not a timeframe; list some of {', '.join(TIMEFRAMES)}")
    return tuple(t for t in TIMEFRAMES if t in named) if named else TIMEFRAMES


def read_channels(text: str) -> tuple[Channel, ...]:
    """Read a comma list of channels; an empty one, or `none`, means none. Raises ValueError."""
    named = [word.lower() for word in words(text)]
    if named == ["none"]:
        return ()
    unknown = [word for word in named if word not in CHANNELS]
    if unknown:
        raise ValueError(f"'{unknown[0][:20]}' is not a channel; list some of {', '.join(CHANNELS)}, or none")
    return tuple(c for c in CHANNELS if c in named)


def read_days(text: str) -> frozenset[int]:
    """Read days (`Mon-Fri`, `Monday, Wed`; empty: every day) as numbers, Monday 0. Raises ValueError."""
    if text.strip().lower() in _ALL_DAYS_WORDS:
        return EVERY_DAY
    days: set[int] = set()
    for word in words(text):
        first, dash, last = (part.strip() for part in _DASHES.sub("-", word).partition("-"))
        start = _day(first)
        length = (_day(last) - start) % 7 + 1 if dash else 1
        days.update((start + step) % 7 for step in range(length))
    return frozenset(days)


def _day(word: str) -> int:
    if len(word) >= 3:
        for number, name in enumerate(WEEKDAYS):
            if name.lower().startswith(word.lower().rstrip(".")):
                return number
    raise ValueError(f"'{word[:20]}' is not a day; write Mon-Fri, or a list such as Mon,Wed,Sat, or all")


def read_hours(text: str) -> tuple[tuple[time, time], ...]:
    """Read spans of hours (`09:00-17:30, 22:00-02:00`; empty or `24/7`: always) as pairs of from and until.

    `until` is exclusive, but a span that ends at :59 counts that minute too; until <= from goes over midnight, and
    until 00:00 is the day's end. No spans at all means always. Raises ValueError.
    """
    if text.strip().lower() in _ALL_HOURS_WORDS:
        return ()
    spans = []
    for word in words(text):
        parts = [part.strip() for part in _DASHES.sub("-", word).split("-")]
        if len(parts) != 2:
            raise ValueError(f"'{word[:20]}' is not a span of hours; write 09:00-17:30, or 24/7")
        start, end = (_clock(part) for part in parts)
        spans.append((start, end))
    return tuple(spans)


def _clock(text: str) -> time:
    match = _CLOCK.fullmatch(text)
    if not match or (match[1] == "24" and match[2] != "00"):
        raise ValueError(f"'{text[:20]}' is not a time of day; write hours and minutes, 09:00 or 17:30")
    return time(int(match[1]) % 24, int(match[2]))


def hours_hold(spans: tuple[tuple[time, time], ...], moment: time) -> bool:
    """Tell whether a time of day lies within one of the spans that `read_hours` returned."""
    return not spans or any(_span_holds(start, end, moment) for start, end in spans)


def _span_holds(start: time, end: time, moment: time) -> bool:
    # 00:00-23:59 is how a whole day is commonly written: its last minute belongs to it.
    if end.minute == 59:
        end = end.replace(second=59, microsecond=999_999)
        return start <= moment <= end if start <= end else moment >= start or moment <= end
    if end == _MIDNIGHT:
        return moment >= start
    return start <= moment < end if start < end else moment >= start or moment < end


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise ValueError(
            "is not a time zone of the IANA database; write UTC, or continent and city: America/New_York"
        ) from None
    return text


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise ValueError("is not a locale; write language and country: en-US, de-DE")
    return text


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise ValueError("is not a currency; write its code in capitals: USD, EUR, USDT")
    return text


def _date_format(text: str) -> str:
    if not _DATE_TOKENS.fullmatch(text) or not any(letter in text.lower() for letter in "ymd"):
        raise ValueError("is not a date format; write it with YYYY, MM (or MMM) and DD: YYYY-MM-DD, DD.MM.YYYY")
    return text


def _time_format(text: str) -> str:
    if not _TIME_TOKENS.fullmatch(text) or "h" not in text.lower():
        raise ValueError("is not a time format; write 24h, 12h, HH:mm:ss or hh:mm A")
    return text


def _exchange_name(text: str) -> str:
    if not _EXCHANGE.fullmatch(text):
        raise ValueError("an exchange's name has 1 to 40 of the characters a-z, 0-9 and _")
    return text


def _moment(text: str) -> str:
    if text:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("is not a moment; write it as 2026-01-31T12:00:00Z, or leave it empty") from None
    return text


def _timeframes_text(text: str) -> str:
    read_timeframes(text)
    return text


def _channels_text(text: str) -> str:
    read_channels(text)
    return text


def _days_text(text: str) -> str:
    read_days(text)
    return text


def _hours_text(text: str) -> str:
    read_hours(text)
    return text


ShortText: TypeAlias = Annotated[str, Field(max_length=200)]
LongText: TypeAlias = Annotated[str, Field(max_length=4_000)]
TimezoneText: TypeAlias = Annotated[str, AfterValidator(_timezone)]
LocaleText: TypeAlias = Annotated[str, AfterValidator(_locale)]
CurrencyText: TypeAlias = Annotated[str, AfterValidator(_currency)]
DateFormatText: TypeAlias = Annotated[str, Field(max_length=40), AfterValidator(_date_format)]
TimeFormatText: TypeAlias = Annotated[str, Field(max_length=40), AfterValidator(_time_format)]
ExchangeName: TypeAlias = Annotated[str, AfterValidator(_exchange_name)]
MomentText: TypeAlias = Annotated[str, Field(max_length=64), AfterValidator(_moment)]
TimeframesText: TypeAlias = Annotated[str, Field(max_length=200), AfterValidator(_timeframes_text)]
ChannelsText: TypeAlias = Annotated[str, Field(max_length=200), AfterValidator(_channels_text)]
DaysText: TypeAlias = Annotated[str, Field(max_length=200), AfterValidator(_days_text)]
HoursText: TypeAlias = Annotated[str, Field(max_length=200), AfterValidator(_hours_text)]
