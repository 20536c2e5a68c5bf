"""What the engine keeps in the database, fenced, and what it does while the database is away."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError

from runtime.bus.calls import arun
from runtime.bus.connections import connect_async
from runtime.bus.leader_calls import store_intent
from runtime.engine.holdings import Account, Holding, Holdings, LeftOut
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.positions import Entry
from runtime.engine.ports.settings import SettingsRejectedError
from runtime.models import Alert as StoredAlert
from runtime.models import PositionEntry
from runtime.persistence.alerts import AlertStore
from runtime.persistence.database import Fence
from runtime.persistence.intents import KeptIntents
from runtime.persistence.positions import PositionBook
from runtime.persistence.settings_source import SavedDocument
from runtime.protocol.alerts import Alert, AlertKind
from runtime.protocol.commands import Command, parse_command
from runtime.protocol.delivery import Delivery
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import Mode
from settingsapp.services import create_identity

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

DUE = Delivery(("discord", "email"), "", "paper")


@pytest.fixture
async def identity() -> str:
    created: Identity = await database_sync_to_async(create_identity)()
    return created.sub


def an_alert(open_time: int = 0) -> Alert:
    return Alert("simulated", "BTC-USD", "1m", open_time, AlertKind.CROSSOVER, "scalper-macdv", 1, 0, {"macdv": 1.0})


def away(*_: object) -> None:
    raise OperationalError("connection refused\nIs the server running?")


async def test_a_replaced_engine_can_write_nothing(identity: str) -> None:
    await Fence(identity, "7").raise_()
    old = Fence(identity, "6")
    redis = connect_async()
    attempts: list[Callable[[], object]] = [
        old.raise_,
        lambda: AlertStore(identity, old).store(an_alert(), DUE),
        lambda: AlertStore(identity, old).withdraw([an_alert().id], 1),
        lambda: PositionBook(identity, old).remember(Entry("simulated:BTC-USD", 1.0, 1)),
        lambda: PositionBook(identity, old).forget("simulated:BTC-USD"),
        lambda: PositionBook(identity, old).keep_accounts([]),
        lambda: KeptIntents(redis, identity, "6", old).remember(Intent(True, None, revision=9)),
        lambda: SavedDocument(identity, old).remove_symbol("BTC-USD", parse_command({"id": "c1", "command": "status"})),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLostError, match="another engine has written since"):
            await attempt()  # type: ignore[misc]
    await redis.aclose()
    assert await StoredAlert.objects.acount() == 0
    assert await PositionEntry.objects.acount() == 0
    assert await SavedDocument(identity, old).version() == 1


async def test_an_alert_is_stored_once_however_often_it_is_raised(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    assert await store.store(an_alert(), DUE)
    assert await store.store(an_alert(), DUE)
    assert await store.store(an_alert(60_000), DUE)
    stored = [row async for row in StoredAlert.objects.order_by("open_time")]
    assert [row.message() for row in stored] == [an_alert(), an_alert(60_000)]
    assert [row.id for row in stored] == [an_alert().id, an_alert(60_000).id]


async def test_what_was_decided_on_an_alert_stands_beside_it_and_not_in_its_content(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    await store.store(an_alert(), Delivery((), "outside the trading hours", "live"))
    row = await StoredAlert.objects.prefetch_related("sendings").aget()
    body = row.body()
    assert body["delivery"] == {
        "channels": [],
        "heldBack": "outside the trading hours",
        "tradingMode": "live",
        "sent": {},
    }
    assert {key: body[key] for key in an_alert().body()} == an_alert().body()


async def test_entry_alerts_of_a_day_are_counted_by_exchange_where_they_were_due(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    nowhere = Delivery((), "", "paper")
    on_kraken = replace(an_alert(60_000), exchange="kraken")
    limit = replace(an_alert(120_000), kind=AlertKind.STOP_LOSS)
    for alert, delivery in [(an_alert(), DUE), (on_kraken, DUE), (limit, DUE), (an_alert(180_000), nowhere)]:
        await store.store(alert, delivery)
    await store.store(replace(on_kraken, open_time=240_000), DUE)
    assert await store.entries_since(0) == {"simulated": 1, "kraken": 2}
    tomorrow = int((await StoredAlert.objects.alatest("created_at")).created_at.timestamp() * 1000) + 1_000
    assert await store.entries_since(tomorrow) == {}


async def test_the_last_alert_that_was_announced_is_known_and_late_ones_are_not_it(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    assert await store.last_announced() is None
    await store.store(an_alert(), DUE)
    announced = int((await StoredAlert.objects.aget()).created_at.timestamp() * 1000)
    await store.store(an_alert(60_000).as_late(), DUE)
    assert await store.last_announced() == announced
    assert await AlertStore("nobody", Fence("nobody", "1")).last_announced() is None


async def test_a_withdrawn_alert_is_marked_once_and_no_longer_counts_as_raised(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    for alert in (an_alert(), an_alert(60_000)):
        await store.store(alert, DUE)
    told = await store.withdraw([an_alert().id], 1_700_000_000_000)
    again = await store.withdraw([an_alert().id], 1_800_000_000_000)
    assert [(body["id"], body["withdrawnAt"]) for body in told] == [(str(an_alert().id), 1_700_000_000_000)]
    assert [body["withdrawnAt"] for body in again] == [1_700_000_000_000]
    assert await store.alerts_since(0) == [an_alert(60_000)]


async def test_an_alert_that_comes_up_again_stands_again(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    await store.store(an_alert(), DUE)
    await store.withdraw([an_alert().id], 1_700_000_000_000)
    await store.store(an_alert().as_late(), DUE)
    assert [alert.id for alert in await store.alerts_since(0)] == [an_alert().id]


async def test_a_withdrawal_waits_for_the_database_behind_its_alert(
    identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = Fence(identity, "1")
    store = AlertStore(identity, fence)
    with monkeypatch.context() as patched:
        patched.setattr(fence, "check", away)
        await store.store(an_alert(), DUE)
        assert await store.withdraw([an_alert().id], 1_700_000_000_000) == ()
    assert await store.flush()
    row = await StoredAlert.objects.prefetch_related("sendings").aget()
    assert row.body()["withdrawnAt"] == 1_700_000_000_000


async def test_of_passed_limits_the_last_is_known_however_old_it_is(identity: str) -> None:
    store = AlertStore(identity, Fence(identity, "1"))
    limits = [replace(an_alert(minute * 60_000), kind=AlertKind.STOP_LOSS) for minute in range(3)]
    for alert in (an_alert(), *limits, replace(an_alert(), kind=AlertKind.TAKE_PROFIT)):
        await store.store(alert, DUE)
    newest = await StoredAlert.objects.alatest("created_at")
    later = int(newest.created_at.timestamp() * 1000) + 1_000
    assert [(alert.kind, alert.open_time) for alert in await store.alerts_since(later)] == [
        (AlertKind.TAKE_PROFIT, 0),
        (AlertKind.STOP_LOSS, 120_000),
    ]


async def test_alerts_wait_while_the_database_is_away(identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fence = Fence(identity, "1")
    store = AlertStore(identity, fence)
    with monkeypatch.context() as patched:
        patched.setattr(fence, "check", away)
        assert await store.store(an_alert(), DUE) is False
        assert await store.store(an_alert(60_000), DUE) is False
        assert store.waiting == 2
    assert await store.flush()
    assert store.waiting == 0
    assert await StoredAlert.objects.acount() == 2


async def test_a_database_that_is_away_has_one_name_and_says_why_in_one_line(
    identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = Fence(identity, "1")
    monkeypatch.setattr(fence, "check", away)
    with pytest.raises(SourceUnavailableError) as caught:
        await PositionBook(identity, fence).remember(Entry("simulated:BTC-USD", 1.0, 1))
    assert str(caught.value) == ("the database does not answer as it should (OperationalError: connection refused)")


async def test_the_first_entry_of_a_position_stays(identity: str) -> None:
    book = PositionBook(identity, Fence(identity, "1"))
    await book.remember(Entry("simulated:BTC-USD", 100.0, 5))
    await book.remember(Entry("simulated:BTC-USD", 200.0, 6))
    assert await book.load() == [Entry("simulated:BTC-USD", 100.0, 5)]


async def test_a_known_cost_takes_the_place_of_a_first_sight_and_what_is_gone_is_forgotten(identity: str) -> None:
    book = PositionBook(identity, Fence(identity, "1"))
    await book.remember(Entry("simulated:BTC-USD", 100.0, 5))
    await book.remember(Entry("simulated:BTC-USD", 80.0, 6, is_cost=True))
    assert await book.load() == [Entry("simulated:BTC-USD", 80.0, 6, is_cost=True)]
    await book.forget("simulated:BTC-USD")
    assert await book.load() == []


async def test_accounts_are_kept_as_they_were_and_show_in_the_settings_when_they_were_read(identity: str) -> None:
    book = PositionBook(identity, Fence(identity, "1"))
    held = Holdings((Holding("BTC", "BTC-USD", 2.0, 100.0, 200.0, None),), (LeftOut("XYZ", 1.0, "no instrument"),))
    simulated = Account("simulated", held, refreshed_at=1_769_860_800_000)
    failed = Account("binance", problem="x" * 500, failing_since=7)
    await book.keep_accounts([simulated, failed])
    assert await book.accounts() == [failed, simulated]
    await book.keep_accounts([simulated])
    assert await book.accounts() == [simulated]
    saved = await SavedDocument(identity, Fence(identity, "1")).load()
    assert saved.version == 1
    assert saved.document.portfolio_symbols_last_update == "2026-01-31T12:00:00.000Z"


@pytest.mark.parametrize(("in_redis", "in_database", "counts"), [(5, 4, 5), (4, 5, 5), (None, 5, 5), (5, None, 5)])
async def test_of_two_copies_of_the_intent_the_higher_revision_counts(
    identity: str, in_redis: int | None, in_database: int | None, counts: int
) -> None:
    redis = connect_async()
    intents = KeptIntents(redis, identity, "1", Fence(identity, "1"))
    if in_redis is not None:
        await intents.restore(Intent(False, Mode.SCALPER_MACDV, revision=in_redis))
    if in_database is not None:
        await intents.remember(Intent(True, Mode.POSITION_MONITOR, 77, in_database))
    loaded = await intents.load()
    await redis.aclose()
    assert loaded is not None
    assert loaded.revision == counts
    assert loaded.paused is (counts == in_database)


async def test_an_intent_that_was_never_asked_for_is_none(identity: str) -> None:
    redis = connect_async()
    assert await KeptIntents(redis, identity, "1", Fence(identity, "1")).load() is None
    await redis.aclose()


async def test_a_database_that_does_not_answer_keeps_no_known_intent_waiting(
    identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = connect_async()
    intents = KeptIntents(redis, identity, "1", Fence(identity, "1"))
    await arun(redis, store_intent(identity, "1", Intent(True, None), restore=False))
    let_go = asyncio.Event()

    async def hang() -> None:
        await let_go.wait()

    monkeypatch.setattr("runtime.persistence.intents.off_loop", lambda work: hang)
    monkeypatch.setattr("runtime.persistence.intents.COPY_SECONDS", 0.02)
    loaded = await intents.load()
    let_go.set()
    await redis.aclose()
    assert loaded == Intent(True, None, revision=1)


async def test_an_edit_of_the_watchlist_carries_the_command_and_is_done_once(identity: str) -> None:
    source = SavedDocument(identity, Fence(identity, "1"))
    command = parse_command({"id": "c1", "command": "add-symbol", "payload": {"symbol": "BTC-USD"}})
    first = await source.remove_symbol("BTC-USD", command)
    second = await source.remove_symbol("BTC-USD", command)
    other = await source.remove_symbol("BTC-USD", replace(command, id="c2"))
    # Delivered again, it still made what it made; another one made nothing.
    assert [(edit.made, edit.settings.version) for edit in (first, second, other)] == [(2, 2), (2, 2), (None, 2)]
    assert "BTC-USD" not in (await source.load()).document.symbols


async def test_a_symbol_is_put_back_where_it_stood_and_the_rest_of_the_document_stays(identity: str) -> None:
    source = SavedDocument(identity, Fence(identity, "1"))
    before = (await source.load()).document.symbols
    remove, add, back = (a_symbol_command(name) for name in ("remove-symbol", "add-symbol", "rollback"))
    removed = await source.remove_symbol(before[1], remove)
    await source.add_symbol("NEAR-USD", add)
    assert removed.made == 2
    put_back = await source.put_back_symbol(f"simulated:{before[1]}", removed.made, back)
    again = await source.put_back_symbol(f"simulated:{before[1]}", removed.made, back)
    assert put_back.settings.document.symbols == (*before, "NEAR-USD")
    assert (put_back.made, again.made, again.settings.version) == (4, 4, 4)


async def test_a_version_is_restored_once_and_only_over_the_one_that_was_meant(identity: str) -> None:
    source = SavedDocument(identity, Fence(identity, "1"))
    before = (await source.load()).document
    await source.remove_symbol("BTC-USD", a_symbol_command("remove-symbol"))
    with pytest.raises(SettingsRejectedError, match="version 2 is saved by now"):
        await source.restore(1, 1, a_symbol_command("add-symbol"))
    rollback = a_symbol_command("rollback")
    first, again = await source.restore(1, 2, rollback), await source.restore(1, 2, rollback)
    assert first.settings.document == before
    assert (first.made, again.made, again.settings.version) == (3, 3, 3)


def a_symbol_command(name: str) -> Command:
    payload = {} if name == "rollback" else {"symbol": "BTC-USD"}
    return parse_command({"id": f"the {name}", "command": name, "payload": payload})


async def test_an_identity_that_is_not_there_yet_is_tried_again_later(sub: str) -> None:
    source = SavedDocument(sub, Fence(sub, "1"))
    for attempt in (source.load, source.version, Fence(sub, "1").raise_):
        with pytest.raises(SourceUnavailableError, match=sub):
            await attempt()
