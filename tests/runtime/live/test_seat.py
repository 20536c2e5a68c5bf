"""Many pages ask who sits at them; the database is asked about all of them together."""

import asyncio
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from runtime.live import seat
from runtime.live.seat import DatabaseAwayError, confirmed_seat
from settingsapp.seats import Seat


def scope(key: str | None) -> dict[str, Any]:
    return {"session": SimpleNamespace(session_key=key)}


def seat_of(key: str) -> Seat:
    return Seat(1, key, "sub", None)


async def test_those_who_come_while_the_database_is_asked_are_asked_about_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Sequence[str]] = []

    def confirmed(keys: Sequence[str]) -> dict[str, Seat | None]:
        asked.append(keys)
        time.sleep(0.05)
        return {key: seat_of(key) for key in keys}

    monkeypatch.setattr(seat, "_confirmed", confirmed)
    first = asyncio.create_task(confirmed_seat(scope("first")))
    await asyncio.sleep(0.01)
    keys = [f"k{number % 150}" for number in range(400)]
    found = await asyncio.gather(*(confirmed_seat(scope(key)) for key in keys))
    assert [one.username for one in found if one] == keys
    assert await first == seat_of("first")
    # A session with several pages is asked about once.
    assert [len(one) for one in asked] == [1, 100, 50]
    assert await confirmed_seat(scope(None)) is None


async def test_what_was_asked_before_is_no_answer_to_who_asks_now(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([seat_of("before"), None])
    monkeypatch.setattr(seat, "_confirmed", lambda keys: {"k": next(answers)})
    assert await confirmed_seat(scope("k")) == seat_of("before")
    assert await confirmed_seat(scope("k")) is None


async def test_nobody_waits_longer_for_a_database_that_hangs_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = [True]

    def confirmed(keys: Sequence[str]) -> dict[str, Seat | None]:
        if hangs[0]:
            time.sleep(1)
        return dict.fromkeys(keys)

    monkeypatch.setattr(seat, "_confirmed", confirmed)
    monkeypatch.setattr(seat, "DATABASE_SECONDS", 0.3)
    first = asyncio.create_task(confirmed_seat(scope("first")))
    await asyncio.sleep(0.1)
    later = [asyncio.create_task(confirmed_seat(scope(f"k{number}"))) for number in range(3)]
    for one in (first, *later):
        with pytest.raises(DatabaseAwayError):
            await asyncio.wait_for(one, 0.9)
    hangs[0] = False
    assert await confirmed_seat(scope("first")) is None


async def test_a_second_page_of_the_same_session_is_answered_too_when_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = [True]

    def confirmed(keys: Sequence[str]) -> dict[str, Seat | None]:
        if away[0]:
            time.sleep(0.05)
            raise OperationalError("gone")
        return dict.fromkeys(keys)

    monkeypatch.setattr(seat, "_confirmed", confirmed)
    first = asyncio.create_task(confirmed_seat(scope("same")))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(confirmed_seat(scope("same")))
    for one in (first, second):
        with pytest.raises(DatabaseAwayError, match="gone"):
            await asyncio.wait_for(one, 5)
    away[0] = False
    assert await confirmed_seat(scope("same")) is None


async def test_what_nobody_expected_reaches_all_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def confirmed(keys: Sequence[str]) -> dict[str, Seat | None]:
        time.sleep(0.05)
        raise ZeroDivisionError

    monkeypatch.setattr(seat, "_confirmed", confirmed)
    first = asyncio.create_task(confirmed_seat(scope("first")))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(confirmed_seat(scope("second")))
    for one in (first, second):
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(one, 5)
