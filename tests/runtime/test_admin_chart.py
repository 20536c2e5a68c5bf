"""The chart's page as the server paints it; the picture itself is drawn in tests/journeys/test_chart.py."""

import json
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from runtime.bus.connections import connect
from runtime.bus.keys import Keys
from runtime.models import Alert
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

CHART = "/admin/chart/"
WATCHED = ("simulated:BTC-USD", "simulated:ETH-USD", "other:ETH-USD")


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def viewer(identity: Identity) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(a_login(identity, Role.VIEWER))
    return client


def watch(redis_server: str, identity: Identity, symbols: Sequence[str] = WATCHED) -> None:
    redis = connect(redis_server)
    seconds, _ = redis.time()
    body = {"type": "status", "timestamp": seconds * 1000, "state": "running", "activeSymbols": symbols}
    redis.set(Keys(identity.sub).status, json.dumps(body))


def initial(page: str) -> dict[str, Any]:
    """What the page's script begins with."""
    text = page.partition('<script id="initial" type="application/json">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_role_opens_a_series_by_its_address_and_the_others_from_there(
    redis_server: str, identity: Identity, viewer: Client
) -> None:
    watch(redis_server, identity)
    answer = viewer.get(CHART, {"symbol": "simulated:ETH-USD", "timeframe": "5m", "at": "1772971200000"})
    page = answer.content.decode()
    begun = initial(page)
    assert answer.status_code == 200
    assert (begun["symbol"], begun["timeframe"], begun["at"]) == ("simulated:ETH-USD", "5m", 1_772_971_200_000)
    assert '<option value="other:ETH-USD">' in page
    assert '<a href="?symbol=simulated%3AETH-USD&amp;timeframe=4h">4h</a>' in page
    assert 'timeframe=5m" aria-current="true">5m</a>' in page


def test_without_a_symbol_the_first_one_shows_and_without_any_the_page_says_so(
    redis_server: str, identity: Identity, viewer: Client
) -> None:
    assert initial(viewer.get(CHART).content.decode())["symbol"] == ""
    watch(redis_server, identity)
    begun = initial(viewer.get(CHART).content.decode())
    assert (begun["symbol"], begun["timeframe"], begun["at"]) == ("other:ETH-USD", "1h", None)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("BTC-USD", "simulated:BTC-USD"),
        ("btc-usd", "simulated:BTC-USD"),
        ("SIMULATED:btc-usd", "simulated:BTC-USD"),
        # Which of the two is meant, or whether the other exchange's would do, is not guessed.
        ("ETH-USD", "ETH-USD"),
        ("kraken:BTC-USD", "kraken:BTC-USD"),
        ("<b>\x00", "<b>\x00"),
    ],
)
def test_a_symbol_without_its_exchange_is_found_where_only_one_can_be_meant(
    redis_server: str, identity: Identity, viewer: Client, asked: str, shown: str
) -> None:
    watch(redis_server, identity)
    answer = viewer.get(CHART, {"symbol": asked, "timeframe": "5m"}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (initial(page)["symbol"], initial(page)["timeframe"]) == (shown, "5m")
    assert "<b>" not in page


@pytest.mark.parametrize("query", ["timeframe=2m", "timeframe=%00", "at=soon", "at=-1", "at=٣", "at=" + "9" * 30])
def test_what_makes_no_sense_in_the_address_is_said_or_left_out(
    redis_server: str, identity: Identity, viewer: Client, query: str
) -> None:
    watch(redis_server, identity)
    answer = viewer.get(f"{CHART}?{quote(query, safe='=&%')}")
    begun = initial(answer.content.decode())
    assert (answer.status_code, begun["timeframe"], begun["at"]) == (200, "1h", None)
    assert ("There is no timeframe" in answer.content.decode()) == query.startswith("timeframe")


def test_an_alert_leads_to_its_bar_in_the_chart(identity: Identity, viewer: Client) -> None:
    Alert.objects.create(
        id=uuid.uuid4(),
        identity=identity,
        exchange="simulated",
        symbol="BTC-USD",
        timeframe="5m",
        open_time=1_772_971_200_000,
        kind="crossover",
        mode="scalper-macdv",
        settings_version=1,
        first_bar=1_772_000_000_000,
        indicators={},
    )
    link = f"{CHART}?symbol=simulated%3ABTC-USD&amp;timeframe=5m&amp;at=1772971200000"
    assert link in viewer.get("/").content.decode()
    assert link in viewer.get("/admin/runtime/alert/").content.decode()


def test_who_has_no_role_or_no_identity_sees_no_chart() -> None:
    assert Client().get(CHART).status_code == 302
    client = Client()
    client.force_login(a_login(None, Role.ADMIN))
    assert client.get(CHART).status_code == 403
