"""An identity with a watchlist, what its exchange trades, and who may change it."""

import time

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import Cause
from symbols import refreshing
from tests.settingsapp.logins import signed_in


@pytest.fixture
def identity(redis_server: str) -> Identity:
    made = services.create_identity()
    lists = {"symbols": ["BTC-USD", "ETH-USD"], "sparse_symbols": ["SOL-USD"]}
    services.patch(made.sub, lists, cause=Cause("system", None, ""))
    refreshing.make_fresh("simulated", int(time.time() * 1000))
    return made


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN, "the-admin")
