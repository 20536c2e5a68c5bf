"""What a scan proposes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbols.fitting import Numbers, days, money, percent
from symbols.instruments import Instrument
from symbols.scanning import Listed, NothingToScanError
from tests.symbols.scans import DAY, NOW, a_scan, an_instrument, listed, symbols_of

POOR = {"volume_24h": 10.0}


def test_what_the_scanner_brought_and_no_longer_fits_is_proposed_for_removal() -> None:
    found = a_scan([an_instrument("A-USD", **POOR), an_instrument("B-USD")], listed("A-USD", by_scanner=True))
    assert [(line.symbol, line.reason) for line in found.remove] == [
        ("A-USD", "traded for 10 USD in 24 h, less than 1 M USD")
    ]
    assert symbols_of(found.add) == ["B-USD"]


@pytest.mark.parametrize(
    ("symbol", "told", "reason"),
    [
        ("A-USD", {}, "added by hand; fits: number 1 by volume, traded for 5 M USD in 24 h"),
        ("A-USD", POOR, "added by hand; traded for 10 USD in 24 h, less than 1 M USD"),
        ("A-USD", {"active": False}, "added by hand; the exchange does not trade it any more"),
        ("ELSE-USD", {}, "added by hand; simulated is not known to trade it"),
        ("kraken:XBT/USD", {}, "added by hand; it is of kraken, which was not scanned"),
    ],
)
def test_what_a_person_added_is_kept_and_told_why(symbol: str, told: dict[str, Any], reason: str) -> None:
    found = a_scan([an_instrument("A-USD", **told), an_instrument("Z-USD", **POOR)], listed(symbol))
    assert [(line.symbol, line.reason) for line in found.keep] == [(symbol, reason)]
    assert found.remove == ()


def test_what_is_switched_off_stays_even_where_the_scanner_brought_it() -> None:
    found = a_scan([an_instrument("A-USD", **POOR)], listed("A-USD", by_scanner=True, switched_off=True))
    assert found.keep[0].reason == "switched off by hand; traded for 10 USD in 24 h, less than 1 M USD"


def test_what_the_scanner_brought_stays_before_anything_new_comes_even_of_larger_volume() -> None:
    instruments = [an_instrument("OLD-USD"), an_instrument("NEW-USD", volume_24h=9e9)]
    found = a_scan(instruments, listed("OLD-USD", by_scanner=True), max_symbols=1)
    assert (symbols_of(found.add), symbols_of(found.keep)) == ([], ["OLD-USD"])


def test_the_scanners_smallest_make_room_for_what_a_person_added() -> None:
    instruments = [an_instrument("S-USD", volume_24h=2e6), an_instrument("L-USD", volume_24h=3e6)]
    watched = [*listed("S-USD", "L-USD", by_scanner=True), *listed("MINE-USD")]
    found = a_scan(instruments, watched, max_symbols=2)
    assert symbols_of(found.keep) == ["L-USD", "MINE-USD"]
    assert [line.reason for line in found.remove] == [
        "the watchlist takes 2 symbols at most; it fits: number 2 by volume, traded for 2 M USD in 24 h"
    ]


def test_what_was_added_by_hand_beyond_the_limit_stays_and_nothing_comes() -> None:
    found = a_scan([an_instrument("A-USD")], listed("M1-USD", "M2-USD"), max_symbols=1)
    assert (found.add, found.remove, len(found.keep)) == ((), (), 2)


def test_a_proposal_tells_the_numbers_it_goes_by() -> None:
    (line,) = a_scan([an_instrument("A-USD", listed_at=NOW - DAY)]).add
    assert line.body()["numbers"] == {
        **{"priceUsd": 10.0, "volumeUsd24h": 5e6, "change24h": 1.0, "ageDays": 1.0},
        "spreadPercent": pytest.approx(0.2),
    }


def test_old_and_missing_prices_are_told() -> None:
    old = {"priced_at": NOW - 3 * 3_600_000}
    found = a_scan([an_instrument("A-USD", **old), an_instrument("B-USD", **old, last_price=None)])
    assert found.notes == (
        "The prices are 3 hours old: volumes and changes may be others by now.",
        "1 of 2 instruments has no price or no volume, which criteria may ask for.",
    )
    assert a_scan([an_instrument("A-USD", priced_at=None)]).notes == ("How old the prices are is unknown.",)


@pytest.mark.parametrize(
    ("instruments", "told"),
    [
        ([], "no instruments of simulated are known yet"),
        ([an_instrument("A-USD", active=False)], "no instruments of simulated are known yet"),
        ([an_instrument("A-USD", volume_24h=None)], "no prices of simulated are known yet"),
    ],
)
def test_without_instruments_or_prices_there_is_no_proposal(instruments: list[Instrument], told: str) -> None:
    with pytest.raises(NothingToScanError, match=told):
        a_scan(instruments)


def test_what_the_watchlist_could_not_hold_is_not_proposed() -> None:
    found = a_scan([an_instrument("A-USD"), an_instrument("$b-USD")])
    assert symbols_of(found.add) == ["A-USD"]


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0.0000245, "0.0000245 USD"), (0.45, "0.45 USD"), (999.6, "1 k USD"), (12_345, "12.3 k USD"), (1e6, "1 M USD")],
)
def test_money_is_written_with_three_digits(usd: float, text: str) -> None:
    assert money(usd) == text


def test_days_and_percentages_are_written_as_people_write_them() -> None:
    assert (days(1), days(0.52), days(400.4), percent(-2.499), percent(0.00031), percent(0)) == (
        "1 day",
        "0.5 days",
        "400.4 days",
        "-2.5 %",
        "0.0003 %",
        "0 %",
    )


bases = st.sampled_from([f"C{number}" for number in range(12)])
numbers = st.one_of(st.none(), st.floats(min_value=0, max_value=1e9))
instruments = st.lists(
    st.builds(
        lambda base, volume, price, change, active: an_instrument(
            f"{base}-USD", volume_24h=volume, last_price=price, change_24h=change, active=active
        ),
        bases,
        numbers,
        numbers,
        st.one_of(st.none(), st.floats(min_value=-99, max_value=500)),
        st.booleans(),
    ),
    unique_by=lambda one: one.symbol,
    max_size=12,
).map(lambda some: [*some, an_instrument("ALWAYS-USD")])
watchlists = st.lists(
    st.builds(
        lambda base, exchange, by_scanner, off: Listed(
            f"{base}-USD" if exchange == "simulated" else f"{exchange}:{base}-USD",
            f"{exchange}:{base}-USD",
            by_scanner,
            off,
        ),
        bases,
        st.sampled_from(["simulated", "simulated", "kraken"]),
        st.booleans(),
        st.booleans(),
    ),
    unique_by=lambda one: one.qualified,
    max_size=12,
)
criteria = st.fixed_dictionaries(
    {"max_symbols": st.integers(1, 10), "min_volume_usd_24h": st.floats(0, 1e8)},
    optional={
        "top_n": st.integers(1, 10),
        "min_change_percent_24h": st.floats(-50, 0),
        "min_price_usd": st.floats(0, 5),
    },
)


@given(instruments, watchlists, criteria, st.randoms(use_true_random=False))
def test_a_proposal_holds_together(
    known: list[Instrument], watched: list[Listed], wanted: dict[str, Any], random: Any
) -> None:
    found = a_scan(known, watched, **wanted)
    add, remove, keep = ([line.qualified for line in lines] for lines in (found.add, found.remove, found.keep))
    everything = [*add, *remove, *keep]
    assert len(everything) == len(set(everything))
    assert {*remove, *keep} == {one.qualified for one in watched}
    by_hand = {one.qualified for one in watched if not one.by_scanner or one.switched_off}
    assert by_hand <= set(keep)
    elsewhere = {one.qualified for one in watched if not one.qualified.startswith("simulated:")}
    assert len(add) + len(keep) <= max(wanted["max_symbols"], len(by_hand | elsewhere))
    assert all(line.reason for line in (*found.add, *found.remove, *found.keep))
    assert all(line.numbers != Numbers() for line in found.add)
    shuffled = list(known)
    random.shuffle(shuffled)
    assert a_scan(shuffled, watched, **wanted) == found


@given(instruments, watchlists, criteria)
def test_what_was_approved_is_proposed_no_second_time(
    known: list[Instrument], watched: list[Listed], wanted: dict[str, Any]
) -> None:
    first = a_scan(known, watched, **wanted)
    gone = {line.qualified for line in first.remove}
    after = [one for one in watched if one.qualified not in gone]
    after += [Listed(line.symbol, line.qualified, by_scanner=True) for line in first.add]
    second = a_scan(known, after, **wanted)
    assert (second.add, second.remove) == ((), ())
