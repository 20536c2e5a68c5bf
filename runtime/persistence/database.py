"""Database work from the engine's event loop: in a thread, its troubles under one name, its writes fenced."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import Error, transaction

from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.models import EngineRecord
from settingsapp.models import Identity

P = ParamSpec("P")
T = TypeVar("T")


def off_loop(work: Callable[P, T], *, beside_writes: bool = False) -> Callable[P, Awaitable[T]]:
    """Run a database function in a thread. Raises SourceUnavailableError where the database fails it.

    All share one thread, so that writes keep their order; what only reads may go beside it, not to wait behind a
    write that somebody else's transaction holds up.
    """

    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            result: T = await database_sync_to_async(work, thread_sensitive=not beside_writes)(*args, **kwargs)
        except Error as error:
            reason = str(error).strip().splitlines()
            detail = f"{type(error).__name__}: {reason[0] if reason else ''}"
            raise SourceUnavailableError(f"the database does not answer as it should ({detail})") from error
        return result

    return run


class Fence:
    """The database's side of the lease: an engine with a lower token than one seen before may not write."""

    def __init__(self, sub: str, token: str) -> None:
        self._sub = sub
        self._token = int(token)

    def check(self) -> None:
        """Call within the transaction that writes. Raises LeaseLostError, SourceUnavailableError."""
        try:
            identity = Identity.objects.get(sub=self._sub)
        except Identity.DoesNotExist:
            raise SourceUnavailableError(f"the database has no identity {self._sub}") from None
        record, _ = EngineRecord.objects.select_for_update().get_or_create(identity=identity)
        if record.fencing_token > self._token:
            raise LeaseLostError("another engine has written since")
        if record.fencing_token < self._token:
            record.fencing_token = self._token
            record.save(update_fields=["fencing_token"])

    @staticmethod
    async def highest(sub: str) -> int:
        """Return the highest token that the database has seen, 0 before the first. Raises SourceUnavailableError."""
        return await off_loop(_highest_token)(sub)

    async def raise_(self) -> None:
        """Let the database know of this lease, so that earlier engines are refused from now on."""
        await off_loop(self._raise)()

    @transaction.atomic
    def _raise(self) -> None:
        self.check()


def _highest_token(sub: str) -> int:
    record = EngineRecord.objects.filter(identity__sub=sub).first()
    return record.fencing_token if record else 0
