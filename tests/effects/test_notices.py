"""Which events of the engine people are told of, and where."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.protocol.status import EngineState
from tests.effects.table import below, effect_of
from tests.runtime.notifying.test_notifier import RUNNING, Desk, settings

HAPPENS: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "errors": ("kraken was lost", lambda desk: desk.notifier.hear_error("warning", "kraken", "kraken was lost")),
    "engine_state": (
        "The engine is paused",
        lambda desk: desk.notifier.hear_status(replace(RUNNING, state=EngineState.PAUSED)),
    ),
    "settings_changes": (
        "Settings version 4 is in force",
        lambda desk: desk.notifier.hear_status(replace(RUNNING, settings_version=4)),
    ),
}


@effect_of(*below("notifications.errors", "discord", "email", "push"))
@effect_of(*below("notifications.engine_state", "discord", "email", "push"))
@effect_of(*below("notifications.settings_changes", "discord", "email", "push"))
@pytest.mark.parametrize("channel", ["discord", "email", "push"])
@pytest.mark.parametrize("event", HAPPENS)
async def test_each_event_of_the_engine_is_told_on_the_channels_that_want_it(
    tmp_path: Path, event: str, channel: str
) -> None:
    desk = Desk(tmp_path)
    desk.settings = settings(**{event: {channel: False}})
    text, happen = HAPPENS[event]
    desk.notifier.hear_status(RUNNING)
    async with desk.working():
        await desk.notifier.finish(5.0)
        desk.letters.clear()
        happen(desk)
        await desk.notifier.finish(5.0)
    told = {to for to, letter in desk.letters if text in letter.body}
    assert told == {"discord", "email", "push"} - {channel}
