"""Exchanges that can be connected to: those with spot markets, candles of one minute and a websocket that ccxt speaks.

Written down here, so that a document can be checked without the library; a test compares the two.
"""

from typing import Final

EXCHANGE_NAMES: Final = frozenset(
    {
        "alpaca",
        "aster",
        "backpack",
        "bequant",
        "binance",
        "binanceus",
        "bingx",
        "bitfinex",
        "bitget",
        "bithumb",
        "bitopro",
        "bitrue",
        "bitstamp",
        "bittrade",
        "bitvavo",
        "bullish",
        "bybit",
        "bybiteu",
        "bybitid",
        "cex",
        "coinbase",
        "coinbaseexchange",
        "coinbaseinternational",
        "cryptocom",
        "deepcoin",
        "deribit",
        "derive",
        "gate",
        "gateeu",
        "gemini",
        "hashkey",
        "hitbtc",
        "hollaex",
        "htx",
        "hyperliquid",
        "kraken",
        "kucoin",
        "lbank",
        "lighter",
        "luno",
        "mexc",
        "myokx",
        "nado",
        "ndax",
        "okx",
        "okxus",
        "onetrading",
        "p2b",
        "pacifica",
        "phemex",
        "poloniex",
        "toobit",
        "upbit",
        "weex",
        "whitebit",
        "woo",
        "xt",
    }
)

WITH_PASSWORD: Final = frozenset(
    {
        "bitget",
        "coinbaseexchange",
        "deepcoin",
        "kucoin",
        "myokx",
        "ndax",
        "okx",
        "okxus",
        "weex",
    }
)
"""Those whose credentials have three parts."""
