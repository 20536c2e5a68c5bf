"""Two hundred writers at the same moment: no change is lost, and who has seen an older version is told so."""

import json
from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from settingsapp import services, tokens, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login
from tests.settingsapp.threads import in_threads

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

WRITERS = 200
SETTINGS = "/api/v1/settings"


@pytest.fixture
def client(identity: Identity) -> Client:
    secret = tokens.make(a_login(identity, Role.ADMIN), "writers", Role.ADMIN, timezone.now()).secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    # The first use is noted, which none of the writers has to do then.
    assert client.get(SETTINGS).status_code == 200
    return client


def patch(client: Client, change: object, **headers: str) -> int:
    return client.patch(
        SETTINGS, json.dumps(change), content_type="application/merge-patch+json", headers=headers
    ).status_code


VARIABLES = ("ApiKeyEnvironmentVariableName", "SecretEnvironmentVariableName", "PasswordEnvironmentVariableName")


def value_of(number: int) -> tuple[str, str, object]:
    """An exchange, one of four fields of it, and its value: two hundred keys in all."""
    name, field = f"exchange_{number // 4}", number % 4
    if field < len(VARIABLES):
        return name, VARIABLES[field], f"VARIABLE_{number}"
    return name, "trade_settings", {"max_daily_trades": number}


def test_two_hundred_patches_of_two_hundred_keys_are_all_there_afterwards(client: Client, identity: Identity) -> None:
    statuses: list[int] = []

    def write(number: int) -> None:
        name, field, value = value_of(number)
        statuses.append(patch(client, {"exchanges": {name: {field: value}}}))

    assert in_threads(WRITERS, write) == []
    assert Counter(statuses) == {200: WRITERS}
    saved = services.read(identity.sub)
    assert saved.version == 1 + WRITERS
    exchanges = saved.document.as_json()["exchanges"]
    for number in range(WRITERS):
        name, field, value = value_of(number)
        found = exchanges[name][field]
        assert (found["max_daily_trades"] == number) if isinstance(value, dict) else (found == value)
    listed = versions.listed(identity.sub, limit=1 + WRITERS)
    assert [version.problem for version in listed] == [""] * (1 + WRITERS)


def test_of_two_hundred_patches_that_saw_the_same_version_one_wins(client: Client, identity: Identity) -> None:
    statuses: list[int] = []

    def write(number: int) -> None:
        change = {"perseus_profile": {"public_name": f"writer {number}"}}
        statuses.append(patch(client, change, **{"If-Match": '"1"'}))

    assert in_threads(WRITERS, write) == []
    assert Counter(statuses) == {200: 1, 412: WRITERS - 1}
    assert services.saved_version(identity.sub) == 2
