"""An identity and clients of its three roles."""

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def admin(identity: Identity) -> Client:
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    return client


@pytest.fixture
def viewer(identity: Identity) -> Client:
    client = Client()
    client.force_login(a_login(identity, Role.VIEWER))
    return client
