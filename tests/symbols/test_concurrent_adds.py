"""Fifty writers at once, by all the ways that there are: nothing is lost."""

import pytest

from settingsapp import services
from settingsapp.services import Cause
from symbols import tracking
from symbols.models import TrackedSymbol
from tests.settingsapp.threads import in_threads

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

WRITERS = 50


def test_fifty_adds_from_page_api_and_engine_are_all_there(redis_server: str) -> None:
    identity = services.create_identity()
    before = services.read(identity.sub)
    wanted = [f"NEW{number}-USD" for number in range(WRITERS)]

    def add(number: int) -> None:
        symbol = wanted[number]
        if number % 3 == 0:
            # As the engine does, carrying a command out.
            services.add_symbol(identity.sub, symbol, cause=Cause("command", None, "", command_id=f"c{number}"))
        else:
            tracking.add(identity.sub, [symbol], cause=Cause("api" if number % 3 == 1 else "admin", None, ""))

    assert in_threads(WRITERS, add) == []
    after = services.read(identity.sub)
    assert set(wanted) <= set(after.document.symbols)
    assert after.version == before.version + WRITERS
    noted = set(TrackedSymbol.objects.filter(identity=identity).values_list("symbol", flat=True))
    assert {f"simulated:{symbol}" for symbol in wanted} <= noted
