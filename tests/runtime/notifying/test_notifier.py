"""What is sent, to whom, how often, and what becomes of it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.engine.market import Market
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.settings import LoadedSettings
from runtime.notifying.addresses import Address
from runtime.notifying.notifier import Notifier
from runtime.notifying.pictures import Pictures
from runtime.notifying.planning import MOST_ATTEMPTS, TOO_OLD_MS
from runtime.notifying.post import Answer, Attempt, Letter
from runtime.notifying.surroundings import Surroundings
from runtime.persistence.sendings import SendingKey, Unsent
from runtime.protocol.alerts import Alert, AlertKind
from runtime.protocol.answers import Outcome
from runtime.protocol.delivery import Delivery, Sending, SendingState
from runtime.protocol.status import Desired, EngineState, Status
from settingsapp.schema.notations import Channel
from settingsapp.schema.validation import validate
from tests.runtime.fake_clock import FakeClock
from tests.runtime.fakes.sendings import FakeSendings

NOW = 1_772_996_709_000
VARIABLES = {
    "HOOK": f"https://discord.com/api/webhooks/123456789/{'x' * 60}",
    "MAIL": "mailtos://me:hunter2@mail.example.com?to=you@example.com",
    "PUSH": "ntfys://topic",
}
TAKEN = Attempt(Answer.TAKEN)
BUSY = Attempt(Answer.REFUSED, "it has a fault of its own")


def settings(**notifications: Any) -> LoadedSettings:
    document = validate(
        {
            "perseus_profile": {
                "notification_preferences": "discord,email,push",
                "discord_integration": {"enabled": True, "webhook_url_environment_variable": "HOOK"},
            },
            "notifications": {
                "email_url_environment_variable": "MAIL",
                "push_url_environment_variable": "PUSH",
                **notifications,
            },
        }
    )
    return LoadedSettings(1, document)


def an_alert(number: int = 0) -> Alert:
    return Alert("kraken", f"S{number}-USD", "1m", NOW, AlertKind.CROSSOVER, "scalper-macdv", 1, 0, {"close": 1.0})


def due(*channels: Channel) -> Delivery:
    return Delivery(channels, "", "paper")


def key(alert: Alert, channel: Channel) -> SendingKey:
    return SendingKey(str(alert.id), channel)


class Desk:
    """A notifier, what it hands in, and what becomes of that. Time passes only where somebody sleeps."""

    def __init__(self, tmp_path: Path, **changes: Any) -> None:
        self.clock = FakeClock(NOW)
        self.sendings = FakeSendings()
        self.told: list[dict[str, Any]] = []
        self.letters: list[tuple[Channel, Letter]] = []
        self.answers: dict[Channel, list[Attempt]] = {}
        self.held: dict[Channel, threading.Event] = {}
        self.leads = True
        self.redis_trouble: Exception | None = None
        self.variables = dict(VARIABLES)
        self.settings = settings()
        self.around = replace(
            Surroundings(
                clock=self.clock,
                settings=lambda: self.settings,
                market=Market(),
                sendings=self.sendings,
                leads=self._leads,
                announce=self._announce,
                pictures=Pictures(tmp_path),
                read=self.variables.get,
                hand_in=self._hand_in,
                jitter=lambda: 1.0,
                sleep=self._sleep,
            ),
            **changes,
        )
        self.notifier = Notifier(self.around)

    async def _leads(self) -> bool:
        if self.redis_trouble is not None:
            raise self.redis_trouble
        return self.leads

    async def _announce(self, body: dict[str, Any]) -> None:
        self.told.append(body)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.002)
        self.clock.suspend(seconds + 0.001)

    def _hand_in(self, address: Address, letter: Letter) -> Attempt:
        channel = address.channel
        if channel in self.held:
            self.held[channel].wait(20)
        self.letters.append((channel, letter))
        answers = self.answers.get(channel, [TAKEN])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @asynccontextmanager
    async def working(self) -> AsyncIterator["Desk"]:
        task = asyncio.create_task(self.notifier.run())
        try:
            yield self
        finally:
            for held in self.held.values():
                held.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def state(self, alert: Alert, channel: Channel) -> SendingState:
        return self.sendings.rows.get(key(alert, channel), Sending()).state

    async def ends(self, alert: Alert, channel: Channel) -> Sending:
        await self.until(lambda: self.state(alert, channel).is_final)
        return self.sendings.rows[key(alert, channel)]

    def hear(self, alert: Alert, *channels: Channel, stored: bool = True) -> None:
        self.notifier.hear_alert(alert, due(*channels), stored=stored)

    def sent_to(self, channel: Channel) -> list[Letter]:
        return [letter for to, letter in self.letters if to == channel]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_an_alert_goes_where_it_is_due_and_nowhere_else_and_that_is_noted_and_announced(desk: Desk) -> None:
    async with desk.working():
        desk.hear(an_alert(), "discord", "email")
        for channel in ("discord", "email"):
            assert (await desk.ends(an_alert(), channel)).state is SendingState.SENT
        await desk.until(lambda: len(desk.told) == 2)
    assert sorted(channel for channel, _ in desk.letters) == ["discord", "email"]
    assert {(body["type"], body["alertId"], body["state"]) for body in desk.told} == {
        ("delivery", str(an_alert().id), "sent")
    }


async def test_what_is_raised_together_is_one_message_and_the_same_alert_is_sent_once(desk: Desk) -> None:
    async with desk.working():
        for number in (0, 1, 2, 1, 0):
            desk.hear(an_alert(number), "email")
        await desk.ends(an_alert(2), "email")
        desk.hear(an_alert(1), "email")
        desk.hear(an_alert(9), "email")
        await desk.ends(an_alert(9), "email")
    first, second = desk.sent_to("email")
    assert "3 alerts" in first.subject
    assert "S9-USD" in second.subject


async def test_what_was_refused_is_tried_again_at_growing_distances_until_it_is_taken(desk: Desk) -> None:
    desk.answers["push"] = [BUSY, BUSY, TAKEN]
    async with desk.working():
        desk.hear(an_alert(), "push")
        found = await desk.ends(an_alert(), "push")
    assert (found.state, found.attempts, found.error) == (SendingState.SENT, 3, "")
    assert desk.clock.now_ms() - NOW >= 1_000 + 2_000 + 4_000


async def test_a_service_that_asks_to_wait_is_left_alone_so_long(desk: Desk) -> None:
    desk.answers["discord"] = [Attempt(Answer.REFUSED, "too many", 60_000), TAKEN]
    async with desk.working():
        desk.hear(an_alert(), "discord")
        ended = await desk.ends(an_alert(), "discord")
    assert (ended.state, ended.attempts) == (SendingState.SENT, 2)
    assert desk.clock.now_ms() - NOW >= 60_000
    assert len(desk.sent_to("discord")) == 2


async def test_what_is_refused_for_ever_is_given_up_and_said_on_the_page(desk: Desk) -> None:
    desk.answers["push"] = [BUSY]
    async with desk.working():
        desk.hear(an_alert(), "push")
        found = await desk.ends(an_alert(), "push")
        await desk.until(lambda: any(body["type"] == "error" for body in desk.told))
    assert found.state is SendingState.FAILED
    assert found.error == f"given up after {MOST_ATTEMPTS} attempts: {BUSY.reason}"
    [error] = [body for body in desk.told if body["type"] == "error"]
    assert error["origin"] == "notifications"
    assert found.error in error["message"]


@pytest.mark.parametrize("answer", [Answer.UNCERTAIN, Answer.HOPELESS])
async def test_what_may_have_arrived_or_never_will_is_not_tried_again(desk: Desk, answer: Answer) -> None:
    desk.answers["push"] = [Attempt(answer, "so it is")]
    async with desk.working():
        desk.hear(an_alert(), "push")
        found = await desk.ends(an_alert(), "push")
    assert (found.state, found.error, len(desk.letters)) == (SendingState.FAILED, "so it is", 1)


async def test_a_channel_that_hangs_or_fails_delays_no_other(desk: Desk) -> None:
    desk.held["discord"] = threading.Event()
    desk.answers["push"] = [BUSY]
    async with desk.working():
        for number in range(3):
            desk.hear(an_alert(number), "discord", "email", "push")
            await desk.ends(an_alert(number), "email")
        assert desk.sent_to("discord") == []
        assert desk.state(an_alert(), "discord") is SendingState.SENDING


async def test_a_service_that_never_ends_is_given_up_on_and_cannot_pile_up_threads(tmp_path: Path) -> None:
    desk = Desk(tmp_path, seconds_per_attempt=0.02)
    desk.held["discord"] = threading.Event()
    async with desk.working():
        for number in range(3):
            desk.hear(an_alert(number), "discord")
            found = await desk.ends(an_alert(number), "discord")
            assert "may have arrived" in found.error
        desk.hear(an_alert(3), "discord")
        found = await desk.ends(an_alert(3), "discord")
        assert "earlier attempts are still waiting" in found.error


async def test_a_channel_that_is_not_set_up_says_which_variable_is_missing(desk: Desk) -> None:
    del desk.variables["MAIL"]
    async with desk.working():
        desk.hear(an_alert(), "email")
        found = await desk.ends(an_alert(), "email")
    assert found.state is SendingState.SKIPPED
    assert found.error == "not set up: MAIL is missing in the engine's environment"
    assert desk.letters == []


async def test_what_an_engine_before_left_is_sent_and_what_is_too_old_is_given_up(desk: Desk) -> None:
    desk.sendings.unsent = [
        Unsent(key(an_alert(1), "email"), an_alert(1), "live", NOW - TOO_OLD_MS - 1, 2),
        Unsent(key(an_alert(2), "email"), an_alert(2), "live", NOW - 60_000, 1),
    ]
    async with desk.working():
        assert (await desk.ends(an_alert(1), "email")).state is SendingState.FAILED
        assert (await desk.ends(an_alert(2), "email")).state is SendingState.SENT
    [letter] = desk.letters
    assert "LIVE" in letter[1].body
    assert "1 min ago" in letter[1].body


async def test_what_another_has_sent_meanwhile_is_not_sent_again(desk: Desk) -> None:
    desk.sendings.rows[key(an_alert(), "email")] = Sending(SendingState.SENT, 1, NOW)
    async with desk.working():
        desk.hear(an_alert(), "email")
        desk.hear(an_alert(1), "email")
        await desk.ends(an_alert(1), "email")
    [letter] = desk.sent_to("email")
    assert "S1-USD" in letter.subject


async def test_an_engine_that_has_lost_its_lease_sends_nothing_more(desk: Desk) -> None:
    desk.sendings.fence()
    task = asyncio.create_task(desk.notifier.run())
    desk.hear(an_alert(), "email")
    async with asyncio.timeout(10):
        await task
    assert desk.letters == []


async def test_a_notice_of_one_that_leads_no_more_is_not_sent(desk: Desk) -> None:
    desk.leads = False
    task = asyncio.create_task(desk.notifier.run())
    desk.notifier.hear_error("error", "kraken", "it was lost")
    async with asyncio.timeout(10):
        await task
    assert desk.letters == []


async def test_alerts_are_sent_while_the_database_is_away_and_noted_when_it_is_back(desk: Desk) -> None:
    desk.sendings.lose()
    desk.answers["email"] = [BUSY, TAKEN]
    async with desk.working():
        desk.hear(an_alert(), "email", stored=False)
        await desk.until(lambda: len(desk.letters) == 2)
        assert desk.sendings.rows == {}
        desk.sendings.trouble = None
        assert (await desk.ends(an_alert(), "email")).attempts == 2


async def test_what_the_database_knows_of_waits_for_it_and_holds_nothing_else_up(desk: Desk) -> None:
    async with desk.working():
        desk.sendings.lose()
        desk.hear(an_alert(0), "email")
        desk.hear(an_alert(1), "email", stored=False)
        await desk.until(lambda: desk.letters)
        assert "S1-USD" in desk.letters[0][1].subject
        desk.sendings.trouble = None
        await desk.ends(an_alert(0), "email")
    assert len(desk.letters) == 2


async def test_where_neither_store_can_say_who_leads_messages_wait(desk: Desk) -> None:
    desk.redis_trouble = SourceUnavailableError("Redis does not answer")
    async with desk.working():
        desk.hear(an_alert(), "email", stored=False)
        moment = desk.clock.now_ms()
        await desk.until(lambda: desk.clock.now_ms() > moment + 6_000)
        assert desk.letters == []
        desk.redis_trouble = None
        await desk.until(lambda: desk.letters)


# -- notices ----------------------------------------------------------------------------------------------------------

RUNNING = Status("e", "h", EngineState.RUNNING, Desired(False, None, "scalper-macdv"), "scalper-macdv", NOW, 1.0, 3)


async def test_an_engines_end_is_told_before_it_ends(desk: Desk) -> None:
    async with desk.working():
        desk.notifier.hear_status(RUNNING)
        desk.notifier.hear_status(replace(RUNNING, state=EngineState.STOPPING))
        await desk.notifier.finish(5.0)
        assert "The engine stops" in desk.sent_to("push")[-1].body


async def test_the_same_error_is_told_once(desk: Desk) -> None:
    async with desk.working():
        for _ in range(5):
            desk.notifier.hear_error("warning", "kraken", "kraken was lost")
        desk.hear(an_alert(), "push")
        await desk.ends(an_alert(), "push")
    told = "".join(letter.body for letter in desk.sent_to("push"))
    assert told.count("kraken was lost") == 1


# -- tests ------------------------------------------------------------------------------------------------------------


async def test_a_test_message_tells_truthfully_what_the_service_said(desk: Desk) -> None:
    result = await desk.notifier.test("discord")
    assert (result.outcome, result.message) == (Outcome.SUCCEEDED, "Discord took the test message")
    desk.answers["discord"] = [Attempt(Answer.HOPELESS, "Discord does not know this address")]
    result = await desk.notifier.test("discord")
    assert (result.outcome, result.message) == (Outcome.FAILED, "not sent: Discord does not know this address")
    del desk.variables["HOOK"]
    result = await desk.notifier.test("discord")
    assert result.outcome is Outcome.REFUSED
    assert result.message == "discord is not set up: HOOK is missing in the engine's environment"


async def test_a_test_says_where_alerts_do_not_go_there_and_keeps_to_the_limit(desk: Desk) -> None:
    desk.settings = settings(signals={"email": False})
    for _ in range(5):
        result = await desk.notifier.test("email")
        assert result.message.endswith("trading signals do not go there as the settings stand")
    result = await desk.notifier.test("email")
    assert result.outcome is Outcome.FAILED
    assert "rate limit" in result.message
    assert len(desk.letters) == 5
