"""The scanner, from a shell."""

import io
import json
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from settingsapp import services
from settingsapp.models import Identity
from symbols.models import Proposal
from tests.symbols.scans import an_instrument, known

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def identity() -> Identity:
    """It watches ten symbols of an exchange that has two, SOL-USD among them."""
    now = int(time.time() * 1000)
    known("simulated", [an_instrument(symbol, priced_at=now) for symbol in ("SOL-USD", "XMR-USD")])
    return services.create_identity()


def said(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("scansymbols", *arguments, stdout=out, **options)
    return out.getvalue()


def test_each_symbol_is_told_with_its_reason_and_the_proposal_with_its_end(identity: Identity) -> None:
    lines = said().splitlines()
    made = Proposal.objects.get()
    assert lines[0] == "add     XMR-USD   fits: number 2 by volume, traded for 5 M USD in 24 h"
    assert "keep    SOL-USD   added by hand; fits: number 1 by volume, traded for 5 M USD in 24 h" in lines
    assert "keep    BTC-USD   added by hand; simulated is not known to trade it" in lines
    assert lines[-1].startswith(
        f"simulated: 1 to add, 0 to remove, 10 to keep. Proposal {made.pk} can be approved until"
    )
    assert (made.source, made.state) == ("shell", "pending")


def test_as_json_each_line_is_an_object_and_the_proposal_comes_last(identity: Identity) -> None:
    *lines, last = [json.loads(line) for line in said("--json").splitlines()]
    assert [line["verdict"] for line in lines] == ["add", *["keep"] * 10]
    assert (last["proposal"]["add"], last["proposal"]["id"]) == (1, str(Proposal.objects.get().pk))


@pytest.mark.parametrize(
    ("exchange", "told"),
    [("simulatd", "did you mean 'simulated'"), ("kraken", "enabled exchanges: simulated")],
)
def test_an_exchange_that_is_not_enabled_is_named_with_those_that_are(
    identity: Identity, exchange: str, told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        said(exchange=exchange)
