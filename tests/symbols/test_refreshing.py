"""Reading instruments into the catalogue: one reader an exchange, and a failure that costs nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from settingsapp import services
from symbols import catalogue, refreshing
from symbols.exchanges import ExchangeUnavailableError
from symbols.instruments import Instrument
from symbols.refreshing import FRESH_MS, HELD_MS, PRICES_FRESH_MS, RETRY_MS, RefreshState, is_due, state_of

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

NOW = 1_772_971_200_000
Exchange = Callable[..., tuple[Instrument, ...]]


def answers(monkeypatch: pytest.MonkeyPatch, *symbols: str, problem: str = "") -> None:
    """Stand for the exchange: the edge of the world."""

    def load(exchange: str, now_ms: int, *, tell: Callable[[int, int, str], None], **_: Any) -> tuple[Instrument, ...]:
        tell(1, 2, "prices")
        assert state_of(exchange, now_ms).doing == "prices"
        if problem:
            raise ExchangeUnavailableError(problem)
        pairs = [(symbol, *symbol.split("-", 1)) for symbol in symbols]
        return tuple(Instrument(exchange, symbol, f"{base}/{quote}", base, quote) for symbol, base, quote in pairs)

    monkeypatch.setattr(refreshing, "load", load)


def test_what_is_new_and_what_is_gone_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_of("coinbase", NOW).state is RefreshState.NEVER
    answers(monkeypatch, "BTC-USD", "OLD-USD")
    assert refreshing.begin("coinbase", NOW)
    first = refreshing.carry_out("coinbase", NOW)
    assert (first.state, first.instruments, first.appeared, first.delisted) == (RefreshState.READ, 2, 2, 0)
    answers(monkeypatch, "BTC-USD", "NEW-USD")
    assert refreshing.begin("coinbase", NOW + 1)
    second = refreshing.carry_out("coinbase", NOW + 1)
    assert (second.instruments, second.appeared, second.delisted, second.read_at) == (2, 1, 1, NOW + 1)
    assert [one.symbol for one in catalogue.instruments("coinbase") if not one.active] == ["OLD-USD"]


def test_a_failure_leaves_what_is_known_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "BTC-USD")
    refreshing.make_fresh("coinbase", NOW)
    answers(monkeypatch, problem="it can't be reached")
    later = NOW + FRESH_MS
    done = refreshing.make_fresh("coinbase", later)
    assert (done.state, done.problem, done.read_at, done.tried_at) == (
        RefreshState.FAILED,
        "it can't be reached",
        NOW,
        later,
    )
    assert [one.symbol for one in catalogue.instruments("coinbase", active_only=True)] == ["BTC-USD"]
    assert not is_due("coinbase", later + RETRY_MS - 1), "not tried again at once"
    assert is_due("coinbase", later + RETRY_MS)
    answers(monkeypatch, "BTC-USD")
    assert refreshing.make_fresh("coinbase", later + RETRY_MS).problem == ""


def test_an_exchange_has_one_reader_until_that_is_given_up() -> None:
    assert refreshing.begin("coinbase", NOW)
    assert not refreshing.begin("coinbase", NOW + 1)
    assert refreshing.begin("binance", NOW + 1)
    assert state_of("coinbase", NOW + 1).state is RefreshState.RUNNING
    assert not is_due("coinbase", NOW + 1)
    assert refreshing.begin("coinbase", NOW + HELD_MS), "its process is gone"


def test_what_is_fresh_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "BTC-USD")
    refreshing.make_fresh("coinbase", NOW)
    assert not is_due("coinbase", NOW + FRESH_MS - 1)
    assert is_due("coinbase", NOW + PRICES_FRESH_MS, PRICES_FRESH_MS)
    assert is_due("coinbase", NOW + FRESH_MS)


def test_a_shell_reads_the_enabled_exchanges_and_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    services.create_identity()
    call_command("refreshsymbols")
    assert capsys.readouterr().out == "simulated: 30 instruments, 30 new, 0 gone\n"
    call_command("refreshsymbols", "--json")
    assert json.loads(capsys.readouterr().out)["appeared"] == 0
    with pytest.raises(CommandError, match="simulatd is not enabled; did you mean 'simulated'"):
        call_command("refreshsymbols", "--exchange", "simulatd")
