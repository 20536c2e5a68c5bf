"""A schedule's whole way: made, followed by real engines that are killed, and run once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections, transaction

from runtime import schedules, services
from runtime.bus.connections import connect
from runtime.bus.keys import Keys
from runtime.models import EngineRecord, Schedule
from runtime.schedules import Wanted
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import create_identity
from tests.running import wait_until
from tests.runtime.engine_program import an_engine_program
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def identity() -> Identity:
    """One that watches a single symbol, paused: nothing but its schedules writes to the database."""
    created = create_identity()
    row = UserSettings.objects.get(identity=created)
    row.settings |= {"symbols": ["BTC-USD"]}
    row.settings["livermore_runtime"] |= {"auto_start": False}
    row.save()
    return created


@contextmanager
def database_held(sub: str) -> Iterator[None]:
    """Let no engine write to the database meanwhile; reading it goes on."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            EngineRecord.objects.select_for_update().get(identity__sub=sub)
            held.set()
            let_go.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        yield
    finally:
        let_go.set()
        holder.join()


def test_killed_between_sending_and_noting_it_has_run_once_when_the_next_engine_is_done(identity: Identity) -> None:
    by = a_login(identity, Role.ADMIN, "ada")

    def soon(command: str) -> Schedule:
        return schedules.create(identity, Wanted(command, command, at=schedules.now_ms() + 300), by)

    def noted(row: Schedule) -> bool:
        row.refresh_from_db()
        return row.last_due is not None

    first = soon("status")
    with an_engine_program(identity.sub) as engine:
        wait_until(lambda: noted(first) and first.last_outcome, what="the engine following its schedules")
        row = soon("pause")
        command_id = f"schedule:{row.pk}:{row.at}"
        with database_held(identity.sub):
            wait_until(lambda: services.find_command(identity.sub, command_id), what="the command in the queue")
            assert not noted(row)
            engine.kill()
            engine.wait()
    assert not noted(row)
    with an_engine_program(identity.sub):
        wait_until(lambda: noted(row) and row.last_outcome, what="the next engine noting it")
    assert (row.last_due, row.last_command_id, row.last_outcome) == (row.at, command_id, "succeeded")
    assert [record.id for record in services.command_history(identity.sub)] == [command_id, first.last_command_id]
    with connect() as redis:
        # It rises with each pause that is carried out.
        assert redis.hget(Keys(identity.sub).intent, "revision") == b"1"
