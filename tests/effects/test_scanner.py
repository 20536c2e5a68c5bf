"""What the scanner's criteria let through, and what follows from a scan."""

from dataclasses import replace
from typing import Any

import pytest
from channels.db import database_sync_to_async

from runtime import schedules
from runtime import services as runtime_services
from runtime.engine.modes import MODES
from runtime.persistence.database import Fence
from runtime.persistence.settings_source import SavedDocument
from runtime.protocol.history import EVERYTHING
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.schema.effective import mode_config
from settingsapp.schema.vocabulary import Mode
from settingsapp.services import Cause
from symbols import deciding, scanner
from symbols.fitting import Reference
from symbols.kinds import is_fiat, is_leveraged, is_stablecoin
from symbols.scanner import Asked
from tests.effects.table import below, effect_of
from tests.runtime.fakes.settings_source import a_document
from tests.settingsapp.logins import a_login
from tests.symbols.scans import DAY, NOW, a_scan, an_instrument, known, listed, symbols_of

SUPPOSED = Reference(
    usd={"USD": 1.0, "EUR": 1.1},
    is_fiat=is_fiat,
    is_stablecoin=is_stablecoin,
    is_leveraged=lambda base: is_leveraged(base, {"ETH"}),
    categories={"simulated:SHIB-USD": frozenset({"Meme", "dog"})},
)


@effect_of(
    *below(
        "scanner",
        *("quote_currencies", "min_volume_usd_24h", "min_price_usd", "min_age_days", "max_spread_percent"),
        *("min_change_percent_24h", "max_change_percent_24h", "top_n", "exclude_stablecoins", "exclude_leveraged"),
        *("exclude_categories", "excluded_bases", "excluded_symbols"),
    )
)
@pytest.mark.parametrize(
    ("criteria", "symbol", "told", "why"),
    [
        ({"quote_currencies": ["USD", "EUR"]}, "A-GBP", {}, "priced in GBP, not in USD or EUR"),
        ({"min_volume_usd_24h": 6e6}, "A-USD", {}, "traded for 5 M USD in 24 h, less than 6 M USD"),
        ({"min_volume_usd_24h": 1}, "A-USD", {"volume_24h": None}, "its volume is unknown"),
        ({"quote_currencies": ["CHF"], "min_volume_usd_24h": 1}, "A-CHF", {}, "its volume is unknown"),
        ({"min_price_usd": 20}, "A-USD", {}, "costs 10 USD, less than 20 USD"),
        ({"min_price_usd": 20}, "A-USD", {"last_price": None}, "its price in USD is unknown"),
        ({"min_age_days": 100.5}, "A-USD", {}, "listed for 100 days, less than 100.5 days"),
        ({"min_age_days": 1.5}, "A-USD", {"listed_at": NOW - DAY}, "listed for 1 day, less than 1.5 days"),
        ({"min_age_days": 1}, "A-USD", {"listed_at": None}, "when it was listed is unknown"),
        ({"max_spread_percent": 0.1}, "A-USD", {}, "spread 0.2 %, more than 0.1 %"),
        ({"max_spread_percent": 0.1}, "A-USD", {"bid": None}, "its spread is unknown"),
        ({"min_change_percent_24h": 2}, "A-USD", {}, "changed by 1 % in 24 h, less than 2 %"),
        ({"max_change_percent_24h": -2}, "A-USD", {}, "changed by 1 % in 24 h, more than -2 %"),
        ({"max_change_percent_24h": 2}, "A-USD", {"change_24h": None}, "its change of 24 h is unknown"),
        ({"top_n": 1}, "A-USD", {}, "number 2 by volume, not among the first 1"),
        ({"exclude_stablecoins": True}, "USDC-USD", {}, "USDC is a stablecoin"),
        ({"exclude_stablecoins": True}, "EUR-USD", {}, "EUR is money"),
        ({"exclude_leveraged": True}, "ETHUP-USD", {}, "ETHUP is a leveraged token"),
        ({"exclude_categories": ["meme"]}, "SHIB-USD", {}, "it is in the category Meme"),
        ({"excluded_bases": ["SHIB"]}, "SHIB-USD", {}, "it is among what is never to be proposed"),
        ({"excluded_symbols": ["SHIB-USD"]}, "SHIB-USD", {}, "it is among what is never to be proposed"),
        ({"excluded_symbols": ["simulated:SHIB-USD"]}, "SHIB-USD", {}, "it is among what is never to be proposed"),
        ({}, "A-USD", {"active": False}, "the exchange does not trade it any more"),
    ],
)
def test_each_criterion_keeps_out_what_it_says_and_tells_why(
    criteria: dict[str, Any], symbol: str, told: dict[str, Any], why: str
) -> None:
    largest, fitting = an_instrument("BIG-USD", volume_24h=9e9), an_instrument(symbol)
    instruments = [largest, an_instrument(symbol, **told)]
    strictly = a_scan(instruments, listed(symbol, by_scanner=True), SUPPOSED, **criteria)
    assert [(line.symbol, line.reason) for line in strictly.remove] == [(symbol, why)]
    quote = symbol.partition("-")[2]
    neutral = {"exclude_stablecoins": False, "exclude_leveraged": False, "quote_currencies": [quote]}
    loosely = a_scan([largest, fitting], [], SUPPOSED, min_volume_usd_24h=0, **neutral)
    assert symbol in symbols_of(loosely.add)


@effect_of("scanner.max_symbols")
def test_the_watchlist_grows_to_its_limit_by_the_largest_volumes() -> None:
    instruments = [an_instrument(f"A{number}-USD", volume_24h=(number + 1) * 1e6) for number in range(5)]
    found = a_scan(instruments, listed("MINE-USD"), max_symbols=3)
    assert symbols_of(found.add) == ["A4-USD", "A3-USD"]
    assert found.notes == ("3 more fit, but the watchlist takes 3 symbols at most.",)
    assert found.add[0].reason == "fits: number 1 by volume, traded for 5 M USD in 24 h"


@effect_of("scanner_symbols", "modes.scalper-macdv.symbolSource")
def test_a_mode_may_watch_only_what_the_scanner_brought() -> None:
    document = a_document(
        symbols=["BTC-USD", "SOL-USD"],
        scanner_symbols=["SOL-USD", "ETH-USD"],
        modes={"scalper-macdv": {"symbolSource": "scanner"}},
    )
    assert mode_config(document, Mode.SCALPER_MACDV).symbol_source == "scanner"
    assert MODES[Mode.SCALPER_MACDV].symbols(document) == ("simulated:SOL-USD",)


@pytest.fixture
def identity(db: None) -> Identity:
    """It watches BTC-USD by hand; the simulated exchange has SOL-USD as well, kraken ADA-USD."""
    known("simulated", [an_instrument("BTC-USD"), an_instrument("SOL-USD")])
    known("kraken", [replace(an_instrument("ADA-USD"), exchange="kraken")])
    made = services.create_identity()
    services.patch(
        made.sub, {"symbols": ["BTC-USD"], "exchanges": {"kraken": {"enabled": True}}}, cause=Cause("system", None, "")
    )
    return made


@pytest.mark.stores
@effect_of("scanner_exchange", "scanner_symbols_last_update")
def test_the_named_exchange_is_scanned_and_when_that_was_is_noted(identity: Identity) -> None:
    first = scanner.propose(identity.sub, Asked("ada", "api"), NOW)
    assert [line["symbol"] for line in first.add] == ["SOL-USD"]
    assert services.read(identity.sub).document.scanner_symbols_last_update == "2027-01-15T08:00:00Z"
    services.patch(identity.sub, {"scanner_exchange": "kraken"}, cause=Cause("system", None, ""))
    second = scanner.propose(identity.sub, Asked("ada", "api"), NOW + 60_000)
    assert [line["symbol"] for line in second.add] == ["kraken:ADA-USD"]
    assert services.read(identity.sub).document.scanner_symbols_last_update == "2027-01-15T08:01:00Z"


@pytest.mark.stores
@effect_of("scanner_to_maintain_symbols_enabled")
@pytest.mark.parametrize("enabled", [True, False])
def test_scheduled_scans_are_due_only_where_they_may_propose(identity: Identity, enabled: bool) -> None:
    services.patch(identity.sub, {"scanner_to_maintain_symbols_enabled": enabled}, cause=Cause("system", None, ""))
    login = a_login(identity, Role.ADMIN)
    wanted = schedules.Wanted("hourly", "batch", {"commands": [{"command": "scan-symbols"}]}, cron="0 * * * *")
    schedules.create(identity, wanted, login)
    due = scanner.overview(identity.sub, NOW).next_run
    assert (due is not None and due > NOW) is enabled


@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
@effect_of("scanner_auto_restart_services")
@pytest.mark.parametrize("at_once", [True, False])
async def test_what_is_approved_is_watched_at_once_or_waits_for_a_reload(identity: Identity, at_once: bool) -> None:
    def approved() -> tuple[int, int]:
        cause = Cause("api", None, "")
        services.patch(identity.sub, {"scanner_auto_restart_services": at_once}, cause=cause)
        version = services.saved_version(identity.sub)
        made = scanner.propose(identity.sub, Asked("ada", "api"), NOW)
        deciding.approve(identity.sub, made.pk, add=None, remove=None, cause=cause, now_ms=NOW)
        return version, services.saved_version(identity.sub)

    running, saved = await database_sync_to_async(approved)()
    assert saved == running + 1
    source = SavedDocument(identity.sub, Fence(identity.sub, "1"))
    assert await source.waits_for_reload(running, saved) is not at_once
    # Whatever else is saved after it takes the proposal along.
    await database_sync_to_async(services.patch)(identity.sub, {"symbols": []}, cause=Cause("api", None, ""))
    assert not await source.waits_for_reload(running, saved + 1)
    commands = await database_sync_to_async(nudges)(identity.sub)
    assert ("add-symbol" in commands) is at_once


def nudges(sub: str) -> set[str]:
    """The commands by which the engine was told of what was saved."""
    return {record.command for record in runtime_services.search_history(sub, EVERYTHING, limit=50).records}
