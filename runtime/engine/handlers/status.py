"""The status, on request."""

from runtime.engine.executor import Ending
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.commands import QueuedCommand
from runtime.engine.state import State
from runtime.protocol.answers import Outcome, Result


class StatusHandlers:
    """Works at any time."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    async def status(self, queued: QueuedCommand) -> Ending:
        now = self._clock.now_ms()
        status = self._state.status(now)
        data = {"timestamp": now, **status.body()}
        return Ending(Result(Outcome.SUCCEEDED, f"the engine is {status.state.value}", data))
