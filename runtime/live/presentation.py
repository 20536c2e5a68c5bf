"""How the owner wants things shown: times in their zone and format, numbers as their locale writes them.

`static/runtime/presentation.js` does the same with the texts that `body` carries, so that both always agree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.formats import get_format
from pydantic import ValidationError

from runtime.live import words
from settingsapp.schema.profile import Profile

SHOWN_FIELDS: Final = (
    *("public_name", "trading_mode", "currency"),
    *("timezone", "locale", "date_format", "time_format"),
)
PRICES: Final = frozenset(
    {"close", "entryPrice", "limitPrice", "atr", "atr14", "emaFast", "emaSlow", "ema20", "ema200"}
)
"""The values of an alert that are in the currency in which its symbol is quoted."""

_DATE_TOKEN = re.compile("yyyy|yy|mmmm|mmm|mm|m|dd|d", re.IGNORECASE)
_TIME_TOKEN = re.compile("HH|H|hh|h|mm|ss|A|a")
_TIME_WORDS: Final = {"24h": "HH:mm:ss", "12h": "h:mm:ss A"}
_QUOTED = re.compile(r"[-/_]([A-Z0-9]{2,10})$")


@dataclass(frozen=True)
class Presentation:
    """What the saved profile says on showing things, nothing left open."""

    public_name: str
    trading_mode: str
    currency: str
    timezone: str
    date_format: str
    time_format: str
    decimal: str
    """What stands before a number's decimals."""
    group: str
    """What stands between its thousands."""
    months: tuple[str, ...]
    short_months: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        """Return what a page needs to show things by itself."""
        return {
            "publicName": self.public_name,
            "tradingMode": self.trading_mode,
            "currency": self.currency,
            "timezone": self.timezone,
            "dateFormat": self.date_format,
            "timeFormat": self.time_format,
            "decimal": self.decimal,
            "group": self.group,
            "months": list(self.months),
            "shortMonths": list(self.short_months),
        }

    def absolute(self, milliseconds: float) -> str:
        """Write a moment (ms UTC) out: date, time, and how far the zone is from UTC."""
        local = self._local(milliseconds)
        return f"{self._date(local)} {self._time(local)} {_offset(local)}"

    def clock(self, milliseconds: float) -> str:
        """Write a moment's time of day."""
        return self._time(self._local(milliseconds))

    def date(self, milliseconds: float) -> str:
        """Write a moment's date."""
        return self._date(self._local(milliseconds))

    def briefly(self, milliseconds: float, now_ms: float) -> str:
        """Write a moment as its time of day, where that is today's, and else out."""
        today = self._date(self._local(milliseconds)) == self._date(self._local(now_ms))
        return self.clock(milliseconds) if today else self.absolute(milliseconds)

    def number(self, value: object) -> str:
        """Write a value as `words.number` does, with the locale's own marks."""
        text = words.number(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return text
        sign = "−" if text.startswith("−") else ""
        whole, point, places = text.removeprefix("−").partition(".")
        first = len(whole) % 3
        groups = ([whole[:first]] if first else []) + [whole[at : at + 3] for at in range(first, len(whole), 3)]
        return sign + self.group.join(groups) + (self.decimal if point else "") + places

    def value(self, name: str, value: object, symbol: str) -> str:
        """Write one of an alert's values: a price in another currency than the owner's names it."""
        text = self.number(value)
        quoted = _QUOTED.search(symbol)
        foreign = name in PRICES and quoted is not None and quoted[1] != self.currency
        return f"{text} {quoted[1]}" if foreign and quoted else text

    def _local(self, milliseconds: float) -> datetime:
        return datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(ZoneInfo(self.timezone))

    def _date(self, local: datetime) -> str:
        parts = {
            "yyyy": f"{local.year:04}",
            "yy": f"{local.year % 100:02}",
            "mmmm": self.months[local.month - 1],
            "mmm": self.short_months[local.month - 1],
            "mm": f"{local.month:02}",
            "m": f"{local.month}",
            "dd": f"{local.day:02}",
            "d": f"{local.day}",
        }
        return _DATE_TOKEN.sub(lambda token: parts[token[0].lower()], self.date_format)

    def _time(self, local: datetime) -> str:
        hour = local.hour % 12 or 12
        half = "AM" if local.hour < 12 else "PM"
        parts = {
            "HH": f"{local.hour:02}",
            "H": f"{local.hour}",
            "hh": f"{hour:02}",
            "h": f"{hour}",
            "mm": f"{local.minute:02}",
            "ss": f"{local.second:02}",
            "A": half,
            "a": half.lower(),
        }
        wanted = _TIME_WORDS.get(self.time_format, self.time_format)
        return _TIME_TOKEN.sub(lambda token: parts[token[0]], wanted)


def _offset(local: datetime) -> str:
    offset = local.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def presentation_of(saved: object) -> Presentation:
    """Return what a saved profile says, as JSON; where it is damaged, a new profile's value stands in."""
    written = saved if isinstance(saved, Mapping) else {}
    chosen = {name: written[name] for name in SHOWN_FIELDS if name in written}
    profile = _valid(chosen)
    if profile is None:
        profile = Profile()
        for name, value in chosen.items():
            sound = _valid({name: value})
            if sound is not None:
                profile = profile.model_copy(update={name: getattr(sound, name)})
    language = profile.locale.replace("_", "-").lower()
    with translation.override(language if translation.check_for_language(language) else None):
        months = tuple(str(MONTHS[month]) for month in range(1, 13))
        short_months = tuple(str(MONTHS_3[month]).capitalize() for month in range(1, 13))
    return Presentation(
        public_name=profile.public_name,
        trading_mode=profile.trading_mode,
        currency=profile.currency,
        timezone=profile.timezone,
        date_format=profile.date_format,
        time_format=profile.time_format,
        decimal=str(get_format("DECIMAL_SEPARATOR", lang=language)),
        group=str(get_format("THOUSAND_SEPARATOR", lang=language)),
        months=months,
        short_months=short_months,
    )


def _valid(fields: Mapping[str, object]) -> Profile | None:
    try:
        return Profile.model_validate(fields)
    except ValidationError:
        return None
