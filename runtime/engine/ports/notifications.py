"""Test messages to people."""

from typing import Protocol

from runtime.protocol.answers import Result
from settingsapp.schema.notations import Channel


class Notifications(Protocol):
    """The ways to the owner outside of the pages."""

    async def test(self, channel: Channel) -> Result:
        """Send a test message on a channel; the result tells what the service answered."""
