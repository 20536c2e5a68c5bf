"""How things are shown to the owner."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from runtime.models import Alert
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import create_identity
from tests.effects.table import below, effect_of
from tests.runtime.live.cases import MOMENT
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def identity() -> Identity:
    return create_identity()


@pytest.fixture
def owner(identity: Identity) -> Client:
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    return client


@pytest.fixture
def alert(identity: Identity) -> Alert:
    """An alert on BTC-USD whose candle opened on 2026-03-08 at 19:05:09 UTC."""
    return Alert.objects.create(
        id=uuid.uuid4(),
        identity=identity,
        exchange="simulated",
        symbol="BTC-USD",
        timeframe="1m",
        open_time=MOMENT,
        kind="crossover",
        mode="scalper-macdv",
        settings_version=1,
        first_bar=MOMENT,
        indicators={"close": 64321.5, "macdv": 101.25},
        channels=["email"],
        trading_mode="live",
    )


def patch(client: Client, **document: Any) -> Any:
    return client.patch("/api/v1/settings", document, content_type="application/merge-patch+json")


def page_with(client: Client, **profile: Any) -> str:
    """Save a profile and return the status page as the server paints it."""
    assert patch(client, perseus_profile=profile).status_code == 200
    response = client.get("/")
    assert response.status_code == 200
    # What follows is for the scripts.
    return response.content.decode().split('<script id="initial"')[0]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", strip_tags(page))


@effect_of(*below("perseus_profile", "timezone", "date_format", "time_format"))
@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        ({}, "2026-03-08 19:05:09 UTC"),
        ({"timezone": "America/New_York"}, "2026-03-08 15:05:09 UTC−4"),
        ({"date_format": "DD.MM.YYYY"}, "08.03.2026 19:05:09 UTC"),
        ({"time_format": "12h"}, "2026-03-08 7:05:09 PM UTC"),
    ],
)
def test_times_are_shown_in_the_owners_zone_and_format(
    owner: Client, alert: Alert, profile: dict[str, Any], shown: str
) -> None:
    assert f"1m candle of {shown} ·" in text_of(page_with(owner, **profile))


@effect_of(*below("perseus_profile", "locale", "currency"))
@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        ({}, "64,321.5"),
        ({"locale": "de-DE"}, "64.321,5"),
        ({"currency": "EUR"}, "64,321.5 USD"),
    ],
)
def test_numbers_have_the_locales_marks_and_foreign_prices_their_currency(
    owner: Client, alert: Alert, profile: dict[str, Any], shown: str
) -> None:
    assert f"<dt>Close</dt><dd>{shown}</dd>" in page_with(owner, **profile)


@effect_of(*below("perseus_profile", "public_name", "trading_mode"))
def test_name_and_trading_mode_are_shown_on_every_page_and_the_mode_with_every_alert(
    owner: Client, alert: Alert
) -> None:
    text = text_of(page_with(owner, public_name="Jesse Livermore", trading_mode="live"))
    assert "live Jesse Livermore" in text
    assert "trading mode live" in text
    assert "Meant for email." in text
    assert "Jesse Livermore · trading mode live" in strip_tags(owner.get("/admin/").content.decode())
    told = owner.get("/api/v1/runtime/alerts").json()["results"][0]
    assert told["delivery"] == {"channels": ["email"], "heldBack": "", "tradingMode": "live", "sent": {}}


@effect_of("perseus_profile.trading_mode", *below("exchanges.*", "ApiKeyEnvironmentVariableName"))
def test_live_needs_the_names_of_the_credentials(owner: Client) -> None:
    refused = patch(owner, perseus_profile={"trading_mode": "live"}, exchanges={"kucoin": {"enabled": True}})
    assert refused.status_code == 422
    assert [field["path"] for field in refused.json()["fields"]] == [
        "exchanges.kucoin.ApiKeyEnvironmentVariableName",
        "exchanges.kucoin.SecretEnvironmentVariableName",
        "exchanges.kucoin.PasswordEnvironmentVariableName",
    ]
    named = {
        "enabled": True,
        "ApiKeyEnvironmentVariableName": "KUCOIN_KEY",
        "SecretEnvironmentVariableName": "KUCOIN_SECRET",
        "PasswordEnvironmentVariableName": "KUCOIN_PASSWORD",
    }
    assert patch(owner, perseus_profile={"trading_mode": "live"}, exchanges={"kucoin": named}).status_code == 200


def test_what_an_owner_writes_is_shown_as_text(owner: Client) -> None:
    patch(owner, perseus_profile={"public_name": "<script>alert(1)</script>"})
    page = owner.get("/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
