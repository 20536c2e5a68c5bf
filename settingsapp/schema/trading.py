"""Trade settings: the profile's, and an exchange's own in their place."""

from typing import Annotated

from pydantic import Field

from settingsapp.schema.notations import DaysText, HoursText, LongText, ShortText, TimeframesText
from settingsapp.schema.section import Section

Percentage = Annotated[float, Field(ge=0, le=100)]
TradesADay = Annotated[int, Field(ge=0, le=100_000)]

_STRATEGY = "Trading strategy"
_STRATEGY_TEXT = "In your own words. Information only: nothing follows from it."
_PREFERRED = "Preferred geographies"
_BLACKLISTED = "Blacklisted geographies"
_GEOGRAPHY_TEXT = "A comma list. Information only: nothing follows from it."
_HOURS = "Trading hours (UTC)"
_HOURS_TEXT = "Alerts outside of these hours are stored, not sent. Such as 09:00-17:30, or 24/7."
_DAYS = "Trading days"
_DAYS_TEXT = "Alerts on other days (UTC) are stored, not sent. Such as Mon-Fri, or all."
_MAXIMUM = "Entry alerts a day"
_MAXIMUM_TEXT = "At most so many entry alerts are sent a day (UTC); later ones are stored. 0: no limit."
_STOP = "Stop loss (%)"
_STOP_TEXT = "Position monitor alerts when the price falls this far below a position's entry. 0: never."
_TAKE = "Take profit (%)"
_TAKE_TEXT = "Position monitor alerts when the price rises this far above a position's entry. 0: never."
_TIMEFRAMES = "Alerting timeframes"
_TIMEFRAMES_TEXT = "Only these may alert: a comma list of 1m, 5m, 15m, 1h, 4h and 1d. Empty: all of them."


class TradeSettings(Section):
    """How the owner trades: when alerts are sent, how many, and where a position's limits lie."""

    trading_strategy: LongText = Field("", title=_STRATEGY, description=_STRATEGY_TEXT)
    preferred_geographies: ShortText = Field("", title=_PREFERRED, description=_GEOGRAPHY_TEXT)
    blacklisted_geographies: ShortText = Field("", title=_BLACKLISTED, description=_GEOGRAPHY_TEXT)
    trading_hours_utc: HoursText = Field("24/7", title=_HOURS, description=_HOURS_TEXT)
    trading_days: DaysText = Field("all", title=_DAYS, description=_DAYS_TEXT)
    max_daily_trades: TradesADay = Field(0, title=_MAXIMUM, description=_MAXIMUM_TEXT)
    stop_loss_percentage: Percentage = Field(5.0, title=_STOP, description=_STOP_TEXT)
    take_profit_percentage: Annotated[float, Field(ge=0, le=10_000)] = Field(10.0, title=_TAKE, description=_TAKE_TEXT)
    preferred_timeframes: TimeframesText = Field("1m,5m,15m,1h,4h,1d", title=_TIMEFRAMES, description=_TIMEFRAMES_TEXT)


class TradeOverrides(Section):
    """One exchange's own trade settings: what is set here counts instead of the profile's, field by field."""

    trading_strategy: LongText | None = Field(None, title=_STRATEGY, description=_STRATEGY_TEXT)
    preferred_geographies: ShortText | None = Field(None, title=_PREFERRED, description=_GEOGRAPHY_TEXT)
    blacklisted_geographies: ShortText | None = Field(None, title=_BLACKLISTED, description=_GEOGRAPHY_TEXT)
    trading_hours_utc: HoursText | None = Field(None, title=_HOURS, description=_HOURS_TEXT)
    trading_days: DaysText | None = Field(None, title=_DAYS, description=_DAYS_TEXT)
    max_daily_trades: TradesADay | None = Field(None, title=_MAXIMUM, description=_MAXIMUM_TEXT)
    stop_loss_percentage: Percentage | None = Field(None, title=_STOP, description=_STOP_TEXT)
    take_profit_percentage: Annotated[float, Field(ge=0, le=10_000)] | None = Field(
        None, title=_TAKE, description=_TAKE_TEXT
    )
    preferred_timeframes: TimeframesText | None = Field(None, title=_TIMEFRAMES, description=_TIMEFRAMES_TEXT)
