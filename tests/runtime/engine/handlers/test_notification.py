"""Asking the engine to send a test message."""

from runtime.protocol.answers import Outcome
from runtime.protocol.payloads import CommandName
from tests.runtime.fakes.engine import FakeWorld


async def test_a_test_message_goes_where_it_is_asked_for_and_its_result_is_the_services_answer() -> None:
    world = FakeWorld()
    world.notifications.refuses["email"] = "not sent: the mail server can't be reached"
    async with world.warmed_up():
        taken = await world.do(CommandName.TEST_NOTIFICATION, {"channel": "push"})
        refused = await world.do(CommandName.TEST_NOTIFICATION, {"channel": "email"})
    assert (taken.result.outcome, taken.result.message) == (
        Outcome.SUCCEEDED,
        "push took the test message",
    )
    assert (refused.result.outcome, refused.result.message) == (
        Outcome.FAILED,
        "not sent: the mail server can't be reached",
    )
    assert world.notifications.tested == ["push", "email"]
