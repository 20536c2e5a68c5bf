"""What a person reads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.live.presentation import presentation_of
from runtime.notifying.planning import MINUTE_MS, Item, Notice
from runtime.notifying.wording import LONGEST_BODY, axis, letter, safe_text, trial
from runtime.protocol.alerts import Alert, AlertKind

MOMENT = 1_772_996_709_000
ALERT = Alert(
    *("simulated", "BTC-USD", "15m", MOMENT, AlertKind.LEVEL, "scalper-macdv", 3, 0),
    {"close": 64321.5, "macdv": 151.25, "signal": 140.5, "stage": "overbought", "direction": "up"},
    level=150,
)
NEW_YORK = presentation_of({"timezone": "America/New_York", "time_format": "12h", "locale": "de-DE"})
PLAIN = presentation_of({})


def an_item(what: Alert | Notice = ALERT, number: int = 0, mode: str = "paper") -> Item:
    return Item(f"i{number}", what, MOMENT, mode)


def test_an_alert_says_what_happened_where_at_which_price_in_the_owners_way() -> None:
    found = letter([an_item(mode="live")], "email", NEW_YORK, MOMENT, "https://alerts.example/")
    assert found.subject == "BTC-USD 15m: MACD-V passed +150"
    assert found.body.splitlines() == [
        "LIVE · simulated · level",
        "Price 64.321,5",
        "MACD-V 151,25, signal 140,5, stage overbought",
        "Candle of 2026-03-08 3:05:09 PM UTC−4",
        "Simulated market: invented or recorded prices.",
        "https://alerts.example/",
    ]


def test_paper_is_said_and_how_late_a_message_is() -> None:
    found = letter([an_item()], "push", PLAIN, MOMENT + 3 * MINUTE_MS)
    assert found.body.startswith("PAPER · simulated")
    assert found.body.endswith("Raised 3 min ago; it could not be sent earlier.")


def test_a_burst_is_one_message_with_a_line_each() -> None:
    live = an_item(replace(ALERT, symbol="ETH-USD", exchange="kraken"), 1, "live")
    found = letter([an_item(), live, an_item(Notice("errors", "kraken was lost"), 2)], "email", PLAIN, MOMENT)
    assert found.subject == "Livermore: 2 alerts and 1 notice: BTC-USD, ETH-USD"
    assert found.body.splitlines() == [
        "• 19:05:09 simulated:BTC-USD 15m: MACD-V passed +150 at 64,321.5",
        "• 19:05:09 kraken:ETH-USD 15m: MACD-V passed +150 at 64,321.5",
        "• 19:05:09 kraken was lost",
        "LIVE and PAPER",
        "Of the simulated market: invented or recorded prices.",
    ]


def test_a_notice_is_its_text() -> None:
    found = letter([an_item(Notice("engine_state", "The engine has resumed."))], "push", PLAIN, MOMENT)
    assert (found.subject, found.body) == ("Livermore: engine", "The engine has resumed.\n2026-03-08 19:05:09 UTC")


def test_a_test_message_says_that_it_is_one() -> None:
    assert "test" in trial("push", PLAIN, MOMENT).subject


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone", "@\u200beveryone"),
        ("<@123>", "\\<\u200b@\u200b123\\>"),
        ("<@&123>", "\\<\u200b@\u200b&123\\>"),
        ("<!here>", "\\<\u200b!here\\>"),
        ("[click](https://evil.example)", "\\[click\\]\\(https\u200b://evil.example\\)"),
        ("**bold** `code` ||spoiler||", "\\*\\*bold\\*\\* \\`code\\` \\|\\|spoiler\\|\\|"),
        ("one\ntwo\r\nthree\u202e\u2028", "one two three"),
        ("\\*", "\\\\\\*"),
        ("BTC-USD +150", "BTC-USD +150"),
    ],
)
def test_on_discord_a_text_shows_as_it_is_and_calls_nobody(text: str, shown: str) -> None:
    assert safe_text(text, "discord") == shown


@given(st.text(max_size=400), st.sampled_from(["discord", "email", "push"]))
def test_no_text_brings_lines_or_mentions_of_its_own(text: str, channel: str) -> None:
    found = safe_text(text, channel)  # type: ignore[arg-type]
    assert len(found.splitlines()) <= 1
    if channel != "email":
        for mention in ("@everyone", "@here", "<@", "<!", "<#"):
            assert mention not in found


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=30))
def test_a_message_stays_within_what_a_service_takes(texts: list[str]) -> None:
    items = [an_item(Notice("errors", text), number) for number, text in enumerate(texts)]
    found = letter(items, "discord", PLAIN, MOMENT, "https://alerts.example/")
    assert len(found.body) <= LONGEST_BODY + 40
    assert len(found.subject) + len(found.body) + 2 <= 2_000


@pytest.mark.parametrize(
    ("timeframe", "written"), [("1m", "19:05:09"), ("1h", "19:05:09\n2026-03-08"), ("1d", "2026-03-08")]
)
def test_a_charts_times_are_as_long_as_its_span_needs(timeframe: str, written: str) -> None:
    assert axis(PLAIN, replace(ALERT, timeframe=timeframe))(MOMENT) == written
