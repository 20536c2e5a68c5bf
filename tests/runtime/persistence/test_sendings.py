"""What became of each alert on each channel, in the database."""

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError

from runtime.engine.ports.availability import LeaseLostError
from runtime.models import Alert as StoredAlert
from runtime.persistence.alerts import WITHDRAWN_BEFORE, AlertStore
from runtime.persistence.database import Fence
from runtime.persistence.sendings import INTERRUPTED, KeptSendings, SendingKey
from runtime.protocol.alerts import Alert, AlertKind
from runtime.protocol.delivery import Delivery, Sending, SendingState
from settingsapp.models import Identity
from settingsapp.services import create_identity

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

DUE = Delivery(("discord", "email"), "", "live")
LATER = 9_000_000_000_000
"""Long after these tests."""


@pytest.fixture
async def sub() -> str:
    created: Identity = await database_sync_to_async(create_identity)()
    return created.sub


def an_alert(open_time: int = 0) -> Alert:
    return Alert("simulated", "BTC-USD", "1m", open_time, AlertKind.CROSSOVER, "scalper-macdv", 1, 0, {"macdv": 1.0})


DISCORD = SendingKey(str(an_alert().id), "discord")
EMAIL = SendingKey(str(an_alert().id), "email")


async def body_of(alert: Alert) -> dict[str, object]:
    row = await StoredAlert.objects.prefetch_related("sendings").aget(pk=alert.id)
    sent: dict[str, object] = row.body()["delivery"]["sent"]
    return sent


async def test_a_sending_is_begun_once_whoever_asks_and_what_became_of_it_is_shown(sub: str) -> None:
    fence = Fence(sub, "1")
    await AlertStore(sub, fence).store(an_alert(), DUE)
    kept = KeptSendings(sub, fence)
    assert await kept.begin([DISCORD, EMAIL], 5) == {DISCORD, EMAIL}
    assert await KeptSendings(sub, fence).begin([DISCORD], 6) == frozenset()
    await kept.note(
        {
            DISCORD: Sending(SendingState.SENT, 1, 7),
            EMAIL: Sending(SendingState.WAITING, 1, 7, "x" * 1_000),
        }
    )
    assert await body_of(an_alert()) == {
        "discord": {"state": "sent", "attempts": 1, "at": 7},
        "email": {"state": "waiting", "attempts": 1, "at": 7, "error": "x" * 300},
    }
    assert await kept.begin([DISCORD, EMAIL], 8) == {EMAIL}


async def test_what_is_withdrawn_before_it_was_sent_is_not_sent_any_more(sub: str) -> None:
    store, kept = AlertStore(sub, Fence(sub, "1")), KeptSendings(sub, Fence(sub, "1"))
    await store.store(an_alert(), DUE)
    await kept.begin([DISCORD], 5)
    await store.withdraw([an_alert().id], 7)
    assert await kept.begin([EMAIL], 8) == frozenset()
    assert await body_of(an_alert()) == {
        "discord": {"state": "sending", "attempts": 1, "at": 5},
        "email": {"state": "skipped", "attempts": 0, "at": 7, "error": WITHDRAWN_BEFORE},
    }


async def test_an_engine_killed_between_sending_and_noting_leaves_nothing_that_is_sent_twice(sub: str) -> None:
    await AlertStore(sub, Fence(sub, "1")).store(an_alert(), DUE)
    killed = KeptSendings(sub, Fence(sub, "1"))
    await killed.begin([DISCORD], 5)
    following = KeptSendings(sub, Fence(sub, "2"))
    unsent, interrupted = await following.resume(LATER, LATER)
    assert ([found.key for found in unsent], interrupted) == ([EMAIL], 1)
    assert (unsent[0].alert, unsent[0].trading_mode) == (an_alert(), "live")
    assert (await body_of(an_alert()))["discord"] == {
        "state": "failed",
        "attempts": 1,
        "at": LATER,
        "error": INTERRUPTED,
    }
    with pytest.raises(LeaseLostError):
        await killed.begin([EMAIL], 6)
    with pytest.raises(LeaseLostError):
        await killed.note({DISCORD: Sending(SendingState.SENT, 1, 7)})


async def test_what_this_engine_itself_is_sending_is_not_taken_for_interrupted(sub: str) -> None:
    fence = Fence(sub, "1")
    await AlertStore(sub, fence).store(an_alert(), DUE)
    kept = KeptSendings(sub, fence)
    await kept.begin([DISCORD], 50)
    assert (await kept.resume(50, 60))[1] == 0
    assert (await kept.resume(51, 60))[1] == 1


async def test_an_alert_that_was_stored_late_counts_as_sent_already(sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fence = Fence(sub, "1")
    store = AlertStore(sub, fence)

    def away() -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(fence, "check", away)
        assert not await store.store(an_alert(), DUE)
    kept = KeptSendings(sub, fence)
    # It is noted once it is there, and not before.
    assert await kept.note({DISCORD: Sending(SendingState.SENT, 1, 7)}) == frozenset()
    await store.store(an_alert(60_000), DUE)
    assert await kept.begin([DISCORD, EMAIL], 5) == frozenset()
    assert await kept.begin([SendingKey(str(an_alert(60_000).id), "email")], 5)
    assert (await kept.resume(LATER, LATER))[1] == 3
    assert await kept.note({DISCORD: Sending(SendingState.SENT, 1, 7)}) == {DISCORD}


async def test_another_identitys_alerts_are_nobody_elses_to_send(sub: str) -> None:
    other: Identity = await database_sync_to_async(create_identity)()
    await AlertStore(sub, Fence(sub, "1")).store(an_alert(), DUE)
    assert await KeptSendings(other.sub, Fence(other.sub, "1")).resume(LATER, LATER) == ([], 0)
