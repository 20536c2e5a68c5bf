"""The ways to the owner, without anybody there."""

from runtime.protocol.answers import Outcome, Result
from settingsapp.schema.notations import Channel


class FakeNotifications:
    """Takes every test message, but on the channels that `refuses`, with the reason."""

    def __init__(self) -> None:
        self.tested: list[Channel] = []
        self.refuses: dict[Channel, str] = {}

    async def test(self, channel: Channel) -> Result:
        self.tested.append(channel)
        if channel in self.refuses:
            return Result(Outcome.FAILED, self.refuses[channel])
        return Result(Outcome.SUCCEEDED, f"{channel} took the test message")
