"""Things as the owner wants them shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.live import words
from runtime.live.presentation import presentation_of
from runtime.live.words import number
from tests.runtime.live.cases import MOMENT, PROFILES


@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        ({}, "2026-03-08 19:05:09 UTC"),
        ({"timezone": "America/New_York"}, "2026-03-08 15:05:09 UTC−4"),
        ({"timezone": "Asia/Kolkata", "time_format": "12h"}, "2026-03-09 12:35:09 AM UTC+5:30"),
        ({"date_format": "DD.MM.YYYY", "time_format": "24h"}, "08.03.2026 19:05:09 UTC"),
        ({"date_format": "MM/DD/YY", "time_format": "hh:mm a"}, "03/08/26 07:05 pm UTC"),
        ({"date_format": "d mmm yyyy", "time_format": "H.mm"}, "8 Mar 2026 19.05 UTC"),
        ({"date_format": "D. MMMM YYYY", "locale": "de-DE"}, "8. März 2026 19:05:09 UTC"),
    ],
)
def test_a_moment_is_written_in_the_owners_zone_and_format(profile: dict[str, Any], shown: str) -> None:
    assert presentation_of(profile).absolute(MOMENT) == shown


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("en-US", "−1,234,567.89"), ("de-DE", "−1.234.567,89"), ("fr_FR", "−1\xa0234\xa0567,89"), ("xx", "−1,234,567.89")],
)
def test_numbers_have_the_locales_marks(locale: str, shown: str) -> None:
    presentation = presentation_of({"locale": locale})
    assert presentation.number(-1234567.891) == shown
    assert [presentation.number(value) for value in (True, None, "rallying")] == ["yes", "–", "rallying"]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_locale_changes_a_numbers_marks_and_nothing_else(value: float) -> None:
    german = presentation_of({"locale": "de-DE"}).number(value)
    assert german.replace(".", "").replace(",", ".") == number(value)


@pytest.mark.parametrize(
    ("name", "symbol", "shown"),
    [
        ("close", "BTC-USD", "12.5 USD"),
        ("close", "BTC-EUR", "12.5"),
        ("entryPrice", "ETH/BTC", "12.5 BTC"),
        ("close", "BTCUSDT", "12.5"),
        ("macdv", "BTC-USD", "12.5"),
    ],
)
def test_a_price_in_another_currency_than_the_owners_names_it(name: str, symbol: str, shown: str) -> None:
    assert presentation_of({"currency": "EUR"}).value(name, 12.5, symbol) == shown


@pytest.mark.parametrize("damaged", [None, [], "text", {"timezone": [], "locale": 1}, {"timezone": "Nowhere/Else"}])
def test_of_a_damaged_profile_what_is_sound_counts(damaged: Any) -> None:
    assert presentation_of(damaged) == presentation_of({})
    if isinstance(damaged, dict):
        assert presentation_of(damaged | {"public_name": "Jesse"}).public_name == "Jesse"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_page_is_told_everything_that_it_needs(profile: dict[str, Any]) -> None:
    body = presentation_of(profile).body()
    assert all(body.values())
    assert len(body["months"]) == len(body["shortMonths"]) == 12


@pytest.mark.parametrize(
    ("delivery", "text"),
    [
        ({"channels": ["discord", "email"], "heldBack": ""}, "Meant for discord, email."),
        ({"channels": [], "heldBack": "outside the trading hours"}, "Not notified: outside the trading hours."),
        ({"channels": [], "heldBack": ""}, ""),
        (
            {"channels": ["discord", "email"], "heldBack": "", "sent": {"discord": {"state": "sent"}}},
            "Sent to discord. Meant for email.",
        ),
        (
            {
                "channels": ["discord", "email"],
                "heldBack": "",
                "sent": {"discord": {"state": "sending"}, "email": {"state": "failed", "error": "given up"}},
            },
            "Meant for discord. Not sent to email: given up.",
        ),
        (None, ""),
    ],
)
def test_what_became_of_an_alert_is_said_and_sent_is_only_what_a_service_took(delivery: Any, text: str) -> None:
    assert words.delivery({"delivery": delivery}) == text
