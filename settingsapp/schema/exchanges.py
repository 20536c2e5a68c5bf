"""One exchange of the document."""

from typing import Final

from pydantic import Field

from settingsapp.schema.exchange_names import EXCHANGE_NAMES
from settingsapp.schema.section import Section
from settingsapp.schema.trading import TradeOverrides
from settingsapp.schema.variables import VariableName
from settingsapp.schema.vocabulary import SIMULATED

PROVEN: Final = ("coinbase", "binance", "binanceus", "kucoin", "kraken", "bybit")
"""The exchanges that the suite holds to their formats; they are named first."""

KNOWN_EXCHANGES: Final = (SIMULATED, *PROVEN, *sorted(EXCHANGE_NAMES.difference(PROVEN)))
"""What can be enabled. Others may stand in the document, disabled."""


class ExchangeSettings(Section):
    """Whether an exchange is used, and where its credentials are kept."""

    enabled: bool = Field(False, title="Enabled", description="Connect to this exchange and watch its symbols.")
    api_key_variable: VariableName = Field(
        "",
        alias="ApiKeyEnvironmentVariableName",
        title="API key's variable",
        description="The name of the environment variable that holds the API key. Never the key itself.",
    )
    secret_variable: VariableName = Field(
        "",
        alias="SecretEnvironmentVariableName",
        title="Secret's variable",
        description="The name of the environment variable that holds the API secret. Never the secret itself.",
    )
    password_variable: VariableName = Field(
        "",
        alias="PasswordEnvironmentVariableName",
        title="Password's variable",
        description="The name of the environment variable that holds the API password, which KuCoin asks for.",
    )
    trade_settings: TradeOverrides = Field(
        default_factory=TradeOverrides,
        title="Trade settings of this exchange",
        description="What is set here counts on this exchange instead of the profile's trade settings.",
    )
