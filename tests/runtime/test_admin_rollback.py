"""Undoing a command from its page: offered where it makes sense, told as it really ended."""

import html

import pytest
from django.test import Client

from runtime import services
from runtime.bus.connections import connect
from runtime.bus.keys import Keys
from runtime.protocol.undo import UndoMode, encode_undo
from runtime.services import Order
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import Mode
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

RECORD, UNDO = "/admin/commands/record/?id=c1", "/admin/commands/rollback/"
OFFER = "Undo this command"


@pytest.fixture
def identity(db: None) -> Identity:
    """An identity whose engine has carried out c1, which can be undone."""
    identity = create_identity()
    services.send(
        identity.sub, Order("switch-mode", {"mode": "position-monitor"}, id="c1"), source="api", issued_by="a"
    )
    undo = UndoMode(before=Mode.SCALPER_MACDV, after=Mode.POSITION_MONITOR)
    with connect() as redis:
        record = Keys(identity.sub).command("c1")
        redis.hset(
            record, mapping={"state": "succeeded", "undo": encode_undo(undo), "text": "now in mode", "result": "{}"}
        )
    return identity


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.admin_rollback.PATIENCE_SECONDS", 0.2)


def signed_in(identity: Identity, role: Role) -> Client:
    client = Client()
    client.force_login(a_login(identity, role))
    return client


def page(client: Client) -> str:
    return html.unescape(client.get(RECORD).content.decode())


def test_only_who_may_roll_back_is_offered_it_and_may_do_it(identity: Identity) -> None:
    for role in Role:
        client = signed_in(identity, role)
        assert (OFFER in page(client)) is (role is Role.ADMIN)
        status = client.post(UNDO, {"id": "c1"}).status_code
        assert status == (302 if role is Role.ADMIN else 403)
    assert [r.command for r in services.command_history(identity.sub)] == ["rollback", "switch-mode"]


def test_without_an_engine_it_is_queued_and_said_to_be_no_more_than_that(identity: Identity) -> None:
    client = signed_in(identity, Role.ADMIN)
    answer = client.post(UNDO, {"id": "c1"}, follow=True)
    assert answer.redirect_chain == [(RECORD, 302)]
    text = html.unescape(answer.content.decode())
    assert "is queued and has not ended yet" in text
    rollback = services.command_history(identity.sub)[0]
    assert (rollback.payload, rollback.source) == ({"commandId": "c1"}, "admin")


def test_what_was_undone_or_changed_nothing_is_not_offered(identity: Identity) -> None:
    client = signed_in(identity, Role.ADMIN)
    with connect() as redis:
        redis.hset(Keys(identity.sub).command("c1"), "undoneBy", "r1")
        assert OFFER not in page(client)
        redis.hdel(Keys(identity.sub).command("c1"), "undoneBy", "undo")
        assert OFFER not in page(client)


@pytest.mark.parametrize("command_id", ["", "x" * 129])
def test_what_is_no_id_is_told_and_nothing_is_sent(identity: Identity, command_id: str) -> None:
    answer = signed_in(identity, Role.ADMIN).post(UNDO, {"id": command_id}, follow=True)
    assert "Nothing was sent: payload.commandId: has at" in html.unescape(answer.content.decode())
    assert len(services.command_history(identity.sub)) == 1


def test_it_takes_a_form_of_ours(identity: Identity) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(a_login(identity, Role.ADMIN))
    assert strict.post(UNDO, {"id": "c1"}).status_code == 403
    assert strict.get(UNDO).status_code == 405
