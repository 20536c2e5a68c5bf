"""A settings file as the earlier system wrote them: every field, none of ours."""

from typing import Any


def a_landscape_file() -> dict[str, Any]:
    return {
        "sub": "user_2abc",
        "perseus_profile": {
            "public_name": "Jesse",
            "description": "Follows the tape.",
            "primary_exchange": "coinbase",
            "trading_mode": "live",
            "currency": "USD",
            "timezone": "America/New_York",
            "locale": "en-US",
            "date_format": "MM/DD/YYYY",
            "time_format": "12h",
            "risk_tolerance": "high",
            "investment_style": "aggressive",
            "notification_preferences": "discord,email",
            "trade_settings": {
                "trading_strategy": "Momentum",
                "preferred_geographies": "US,EU",
                "blacklisted_geographies": "",
                "trading_hours_utc": "00:00-23:59",
                "trading_days": "Mon,Tue,Wed,Thu,Fri",
                "max_daily_trades": 12,
                "stop_loss_percentage": 3,
                "take_profit_percentage": 7.5,
                "preferred_timeframes": "5m, 1h,4h",
            },
            "discord_integration": {
                "enabled": True,
                "webhook_url_environment_variable": "DISCORD_LIVERMORE_BOT",
            },
        },
        "livermore_runtime": {
            "auto_start": True,
            "logging": {
                "data_directory": "C:\\livermore\\data",
                "log_directory": "./logs",
                "verbosity_level": "INFO",
            },
        },
        "exchanges": {
            "coinbase": {
                "enabled": True,
                "ApiKeyEnvironmentVariableName": "Coinbase_ApiKeyId",
                "SecretEnvironmentVariableName": "Coinbase_EcPrivateKeyPem",
            },
            "kucoin": {
                "enabled": False,
                "ApiKeyEnvironmentVariableName": "KUCOIN_API_KEY",
                "SecretEnvironmentVariableName": "KUCOIN_SECRET",
                "PasswordEnvironmentVariableName": "KUCOIN_PASSPHRASE",
            },
        },
        "load_positions_from_exchange": True,
        "position_symbols": ["BTC-USD"],
        "position_min_value_usd": 10,
        "position_refresh_hours": 4,
        "portfolio_symbols_last_update": "2026-01-31T12:00:00.000Z",
        "scanner_to_maintain_symbols_enabled": True,
        "scanner_symbols_last_update": "2026-01-31T12:00:00.000Z",
        "scanner_exchange": "coinbase",
        "scanner_auto_restart_services": True,
        "symbols": ["BTC-USD", "ETH-USD", "1INCH-USD"],
        "sparse_symbols": ["ADA-USD"],
    }
