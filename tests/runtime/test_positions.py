"""The positions over HTTP and in the admin, as the engine left them in the database."""

import html
import re
import time
from typing import Any

import pytest
from django.test import Client

from runtime.engine.holdings import Account, Holding, Holdings, LeftOut
from runtime.engine.ports.positions import Entry
from runtime.persistence.database import Fence
from runtime.persistence.positions import PositionBook
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

API = "/api/v1/runtime/positions"
PAGE = "/admin/positions/"
HELD = Holdings(
    (
        Holding("BTC", "BTC-USD", 0.15, 65000.0, 9750.0, 61000.0),
        Holding("ETH", "ETH-USD", 2.5, None, None, None),
    ),
    (LeftOut("DOGE", 2.0, "worth 0.28 USD, less than position_min_value_usd (1)"),),
)


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def viewer(identity: Identity) -> Client:
    return signed_in(identity, Role.VIEWER)


def signed_in(identity: Identity | None, role: Role | None) -> Client:
    client = Client()
    client.force_login(a_login(identity, role))
    return client


def settings(identity: Identity, **fields: Any) -> None:
    row = UserSettings.objects.get(identity=identity)
    row.settings |= fields
    row.save()


def keep(identity: Identity, *accounts: Account, entries: tuple[Entry, ...] = ()) -> None:
    book = PositionBook(identity.sub, Fence(identity.sub, "1"))
    book._keep_accounts(accounts)
    for entry in entries:
        book._write(entry)


def told(client: Client) -> dict[str, Any]:
    response = client.get(API)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def words(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def test_what_an_exchange_told_is_listed_with_limits_from_the_entry(identity: Identity, viewer: Client) -> None:
    now = int(time.time() * 1000)
    settings(identity, load_positions_from_exchange=True, disabled_symbols=["ETH-USD"])
    entry = Entry("simulated:BTC-USD", 61000.0, now, is_cost=True)
    keep(identity, Account("simulated", HELD, refreshed_at=now), entries=(entry,))
    body = told(viewer)
    assert body["loadedFromExchange"] is True
    assert body["positions"][0] == {
        "symbol": "BTC-USD",
        "exchange": "simulated",
        "watched": True,
        "currency": "BTC",
        "amount": 0.15,
        "price": 65000.0,
        "valueUsd": 9750.0,
        "entryPrice": 61000.0,
        "entryFrom": "cost",
        "since": now,
        "stopLossPrice": 57950.0,
        "takeProfitPrice": pytest.approx(67100.0),
    }
    ether = body["positions"][1]
    assert (ether["watched"], ether["valueUsd"], ether["entryPrice"], ether["stopLossPrice"]) == (
        *(False, None, None, None),
    )
    (account,) = body["accounts"]
    assert (account["stale"], account["refreshedAt"], account["problem"]) == (False, now, "")
    assert [left["currency"] for left in account["leftOut"]] == ["DOGE"]
    page = words(viewer)
    for part in ("BTC-USD simulated", "9,750", "61,000 cost", "57,950", "made up", "fresh", "not watched", "2 DOGE"):
        assert part in page
    assert "no price now" in page


def test_a_failing_account_says_why_and_since_when_and_an_old_one_that_it_is_stale(
    identity: Identity, viewer: Client
) -> None:
    now = int(time.time() * 1000)
    settings(identity, load_positions_from_exchange=True, position_refresh_hours=1)
    failing = Account("simulated", HELD, refreshed_at=now, problem="it is <away>.", failing_since=1_769_860_800_000)
    keep(identity, failing, Account("other", refreshed_at=now - 2 * 3_600_000))
    assert [(one["exchange"], one["stale"], one["failingSince"]) for one in told(viewer)["accounts"]] == [
        ("other", True, None),
        ("simulated", True, 1_769_860_800_000),
    ]
    page = words(viewer)
    assert "Failing since 2026-01-31 12:00:00 UTC: it is <away>. The positions last known are kept." in page
    assert "other stale Last refreshed 2 h ago" in page


def test_without_loading_the_settings_list_is_shown(identity: Identity, viewer: Client) -> None:
    settings(identity, position_symbols=["BTC-USD"])
    body = told(viewer)
    assert (body["loadedFromExchange"], body["accounts"]) == (False, [])
    assert [(one["symbol"], one["amount"], one["watched"]) for one in body["positions"]] == [("BTC-USD", None, True)]
    assert "not seen yet" in words(viewer)


@pytest.mark.parametrize(
    ("loading", "accounts", "text"),
    [
        (False, (), "There are no positions."),
        (True, (), "No exchange was asked yet"),
        (True, (Account("simulated", refreshed_at=1),), "Nothing is held that makes a position"),
    ],
)
def test_an_empty_page_says_what_it_means(
    identity: Identity, viewer: Client, loading: bool, accounts: tuple[Account, ...], text: str
) -> None:
    settings(identity, load_positions_from_exchange=loading, position_symbols=[])
    keep(identity, *accounts)
    assert told(viewer)["positions"] == []
    assert text in words(viewer)


def test_settings_that_can_not_be_read_are_told_of(identity: Identity, viewer: Client) -> None:
    settings(identity, position_symbols=7)
    assert viewer.get(API).status_code == 409
    response = viewer.get(PAGE)
    assert response.status_code == 409
    assert "can&#x27;t be shown" in response.content.decode() or "can't be shown" in response.content.decode()


def test_nobody_sees_them_without_a_role_and_nobody_those_of_another_identity(identity: Identity) -> None:
    settings(identity, load_positions_from_exchange=True)
    keep(identity, Account("simulated", HELD, refreshed_at=1))
    stranger = signed_in(identity, None)
    assert [stranger.get(path).status_code for path in (API, PAGE)] == [403, 403]
    assert Client().get(API).status_code == 401
    other = services.create_identity()
    settings(other, load_positions_from_exchange=True)
    assert (
        told(signed_in(other, Role.ADMIN))["positions"],
        len(told(signed_in(identity, Role.VIEWER))["positions"]),
    ) == (*([], 2),)


def test_every_role_finds_the_page_in_the_admins_list(identity: Identity) -> None:
    for role in Role:
        assert f'href="{PAGE}"' in signed_in(identity, role).get("/admin/").content.decode()


def test_the_api_documents_what_it_answers(viewer: Client) -> None:
    schema = viewer.get("/api/v1/openapi.json").json()
    answer = schema["paths"][API]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["$ref"].endswith("PositionsOut")
    assert "takeProfitPrice" in schema["components"]["schemas"]["PositionOut"]["properties"]
