"""The owner's profile: who they are, how they want things shown, how they trade."""

from typing import Literal

from pydantic import Field

from settingsapp.schema.notations import (
    ChannelsText,
    CurrencyText,
    DateFormatText,
    ExchangeName,
    LocaleText,
    LongText,
    ShortText,
    TimeFormatText,
    TimezoneText,
)
from settingsapp.schema.section import Section
from settingsapp.schema.trading import TradeSettings
from settingsapp.schema.variables import VariableName
from settingsapp.schema.vocabulary import SIMULATED


class DiscordIntegration(Section):
    """Where alerts go on Discord."""

    enabled: bool = Field(False, title="Send to Discord", description="Send alerts to a Discord channel.")
    webhook_url_environment_variable: VariableName = Field(
        "",
        title="Webhook URL's variable",
        description="The name of the environment variable that holds the webhook's URL: DISCORD_WEBHOOK_URL. "
        "Never the URL itself.",
    )


class Profile(Section):
    """The owner's profile."""

    public_name: ShortText = Field("Trader", title="Public name", description="The name that pages and alerts show.")
    description: LongText = Field(
        "", title="Description", description="About this profile. Information only: nothing follows from it."
    )
    primary_exchange: ExchangeName = Field(
        SIMULATED,
        title="Primary exchange",
        description="The exchange of all symbols that are written without one. It is one of the exchanges below. "
        "It can't be changed beneath symbols that stay written without theirs; Across exchanges, under Symbols in the "
        "admin, shows what each becomes elsewhere, and switches.",
    )
    trading_mode: Literal["paper", "live"] = Field(
        "paper",
        title="Trading mode",
        description="Shown on every page and alert. Live needs the names of the exchanges' credentials. "
        "Livermore places no orders in either.",
    )
    currency: CurrencyText = Field(
        "USD",
        title="Currency",
        description="Yours: prices in it are shown plain, prices in any other are shown with its name. "
        "Nothing is converted.",
    )
    timezone: TimezoneText = Field(
        "UTC", title="Time zone", description="Times are shown in it. Of the IANA database: America/New_York."
    )
    locale: LocaleText = Field("en-US", title="Locale", description="How numbers are written: en-US, de-DE.")
    date_format: DateFormatText = Field(
        "YYYY-MM-DD", title="Date format", description="How dates are shown, by YYYY, MM and DD."
    )
    time_format: TimeFormatText = Field(
        "HH:mm:ss", title="Time format", description="How times are shown: 24h, 12h, HH:mm:ss or hh:mm A."
    )
    risk_tolerance: Literal["low", "medium", "high"] = Field(
        "medium",
        title="Risk tolerance",
        description="Sets every alert threshold that a mode leaves open: low warns earliest and most often, "
        "high only of strong moves.",
    )
    investment_style: Literal["conservative", "balanced", "aggressive"] = Field(
        "balanced", title="Investment style", description="Information only: nothing follows from it."
    )
    notification_preferences: ChannelsText = Field(
        "",
        title="Notification channels",
        description="A comma list of discord, email and push, or none. Which events go where is refined below.",
    )
    trade_settings: TradeSettings = Field(
        default_factory=TradeSettings,
        title="Trade settings",
        description="For all exchanges; each exchange can have its own instead.",
    )
    discord_integration: DiscordIntegration = Field(
        default_factory=DiscordIntegration, title="Discord", description="Alerts in a Discord channel."
    )
