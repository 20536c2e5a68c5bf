"""Testing the ways by which the owner is told."""

from typing import cast

from runtime.engine.executor import Ending
from runtime.engine.ports.commands import QueuedCommand
from runtime.engine.ports.notifications import Notifications
from runtime.protocol.payloads import TestNotificationPayload


class NotificationHandlers:
    """Only the engine has the addresses, so only the engine can send there."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    async def test_notification(self, queued: QueuedCommand) -> Ending:
        """Send a test message. Succeeds only where the service took it."""
        channel = cast("TestNotificationPayload", queued.command.payload).channel
        return Ending(await self._notifications.test(channel))
