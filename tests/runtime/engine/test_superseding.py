"""Which waiting commands lose their point."""

import pytest

from runtime.engine.superseding import superseded_by
from runtime.protocol.commands import CommandName


def test_a_pause_makes_a_waiting_resume_pointless_but_not_the_other_way_round() -> None:
    assert superseded_by(CommandName.PAUSE, CommandName.RESUME)
    assert not superseded_by(CommandName.RESUME, CommandName.PAUSE)


def test_one_reload_is_enough() -> None:
    assert superseded_by(CommandName.RELOAD_SETTINGS, CommandName.RELOAD_SETTINGS)


@pytest.mark.parametrize("newer", list(CommandName))
@pytest.mark.parametrize(
    "waiting", [name for name in CommandName if name not in (CommandName.RESUME, CommandName.RELOAD_SETTINGS)]
)
def test_whatever_does_something_of_its_own_is_never_passed_over(newer: CommandName, waiting: CommandName) -> None:
    assert not superseded_by(newer, waiting)
