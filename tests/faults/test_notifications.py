"""A whole engine tells its owner by mail, and one that is killed while it does so tells nothing twice."""

import uuid
from typing import Any

import pytest

from runtime.models import Alert, AlertSending
from runtime.persistence.sendings import INTERRUPTED
from settingsapp import services
from tests.faults.desk import Desk
from tests.runtime.notifying.services import Mailbox, a_mail_server

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

LOGIN = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 welcome"}


def an_unsent_alert(desk: Desk) -> AlertSending:
    """Leave an alert that waits to be sent by mail, as an engine before would have."""
    alert = Alert.objects.create(
        id=uuid.uuid4(),
        identity=desk.saved().identity,
        **{"exchange": "simulated", "symbol": "BTC-USD", "timeframe": "1m", "open_time": 0, "kind": "crossover"},
        **{"mode": "scalper-macdv", "settings_version": 1, "first_bar": 0, "indicators": {"close": 1.0}},
        **{"channels": ["email"], "trading_mode": "paper"},
    )
    return AlertSending.objects.create(alert=alert, channel="email")


def wants_mail(desk: Desk) -> None:
    wanted: dict[str, Any] = {
        "perseus_profile": {"notification_preferences": "email"},
        "notifications": {"email_url_environment_variable": "MAIL_URL", "signals": {"email": True}},
    }
    services.patch(desk.sub, wanted, cause=services.Cause("system", None, ""))


def url_of(box: Mailbox) -> str:
    return f"mailto://me:hunter2@127.0.0.1:{box.port}?to=you@example.com&from=me@example.com&mode=insecure"


def test_an_engine_killed_while_it_sends_leaves_nothing_that_is_sent_twice(desk: Desk) -> None:
    wants_mail(desk)
    left = an_unsent_alert(desk)

    def state() -> str:
        left.refresh_from_db()
        return left.state

    # The server takes the message and never says so.
    with a_mail_server(**LOGIN, END="") as box:
        engine = desk.engine(MAIL_URL=url_of(box))
        desk.wait_until(lambda: any("BTC-USD" in letter for letter in box.letters), 30.0, "a mail")
        assert state() == "sending"
        engine.kill()
    with a_mail_server(**LOGIN) as box:
        desk.leading_engine(MAIL_URL=url_of(box))
        desk.wait_until(lambda: state() == "failed", 30.0, "the sending given up")
        assert left.error == INTERRUPTED
        result = desk.ask("test-notification", {"channel": "email"})
        assert result["message"] == "the mail server took the test message"
        desk.wait_until(lambda: any("has started" in letter for letter in box.letters), 30.0, "the news of the start")
        assert not any("BTC-USD" in letter for letter in box.letters)
    missing = desk.ask("test-notification", {"channel": "push"})
    assert missing["outcome"] == "refused"
    assert missing["message"] == "push is not set up: the settings name no variable that holds the address for push"
    assert "hunter2" not in desk.logs
