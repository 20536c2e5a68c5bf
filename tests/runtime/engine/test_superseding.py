"""Which waiting commands lose their point."""

from typing import Any

import pytest

from runtime.engine.superseding import SUPERSEDES, superseded_by
from runtime.protocol.commands import Command, parse_command
from runtime.protocol.payloads import CommandName


def a_command(text: str, **more: Any) -> Command:
    """`switch-mode mode=scalper-macdv` as a command."""
    name, *written = text.split()
    payload: dict[str, Any] = dict(part.split("=") for part in written)
    if "minutes" in payload:
        payload["minutes"] = float(payload["minutes"])
    if "timeframes" in payload:
        payload["timeframes"] = payload["timeframes"].split(",")
    if name == "batch":
        payload = {"commands": [{"command": "resume"}]}
    return parse_command({"id": text, "command": name, "payload": payload, **more})


BTC, ETH = "symbol=BTC-USD", "symbol=ETH-USD"


@pytest.mark.parametrize(
    ("newer", "waiting"),
    [
        ("pause", "resume"),
        ("pause minutes=5.0", "resume"),
        ("resume", "resume"),
        ("reload-settings", "reload-settings"),
        ("switch-mode mode=scalper-macdv", "switch-mode mode=position-monitor"),
        ("switch-mode mode=scalper-macdv", "switch-mode mode=scalper-macdv"),
        (f"add-symbol {BTC}", f"add-symbol {BTC}"),
        (f"remove-symbol {BTC}", f"add-symbol {BTC}"),
        (f"remove-symbol {BTC}", f"remove-symbol {BTC}"),
        (f"force-backfill {BTC}", f"force-backfill {BTC} timeframes=1m,5m"),
        (f"force-backfill {BTC} timeframes=1m,5m", f"force-backfill {BTC} timeframes=5m"),
        ("clear-cache scope=all", "clear-cache scope=candles"),
        ("clear-cache scope=all", f"clear-cache scope=symbol {BTC}"),
        ("clear-cache scope=candles", "clear-cache scope=candles"),
    ],
)
def test_a_newer_command_makes_a_waiting_one_pointless(newer: str, waiting: str) -> None:
    assert superseded_by(a_command(newer), a_command(waiting))


@pytest.mark.parametrize(
    ("newer", "waiting"),
    [
        ("resume", "pause"),
        # It will be refused, and then neither would have run.
        ("switch-mode mode=scalper-orderbook", "switch-mode mode=position-monitor"),
        (f"add-symbol {BTC}", f"add-symbol {ETH}"),
        # Whether the exchange has the symbol shows only when it is added.
        (f"add-symbol {BTC}", f"remove-symbol {BTC}"),
        (f"remove-symbol {BTC}", f"remove-symbol {ETH}"),
        (f"force-backfill {BTC} timeframes=1m", f"force-backfill {BTC}"),
        (f"force-backfill {BTC} timeframes=1m", f"force-backfill {BTC} timeframes=1m,5m"),
        (f"force-backfill {BTC}", f"force-backfill {ETH}"),
        ("clear-cache scope=candles", "clear-cache scope=all"),
        ("clear-cache scope=candles", "clear-cache scope=tickers"),
        ("reload-settings", "resume"),
    ],
)
def test_what_still_has_a_point_is_not_passed_over(newer: str, waiting: str) -> None:
    assert not superseded_by(a_command(newer), a_command(waiting))


@pytest.mark.parametrize("newer", [*SUPERSEDES, "batch", "rollback", "status"])
@pytest.mark.parametrize("waiting", ["status", "test-connection exchange=simulated", "batch", "rollback", "pause"])
def test_questions_batches_and_rollbacks_are_never_passed_over(newer: str, waiting: str) -> None:
    payload = {
        "switch-mode": " mode=scalper-macdv",
        "clear-cache": " scope=all",
        "add-symbol": f" {BTC}",
        "remove-symbol": f" {BTC}",
        "force-backfill": f" {BTC}",
    }
    assert not superseded_by(a_command(f"{newer}{payload.get(newer, '')}"), a_command(waiting))


def test_what_may_expire_before_its_turn_makes_nothing_pointless_but_a_pause_has_its_turn_at_once() -> None:
    assert not superseded_by(a_command("reload-settings", expiresAt=5), a_command("reload-settings"))
    assert superseded_by(a_command("pause", expiresAt=5), a_command("resume"))


def test_the_table_speaks_of_commands_that_there_are() -> None:
    assert set(SUPERSEDES) <= set(CommandName)
