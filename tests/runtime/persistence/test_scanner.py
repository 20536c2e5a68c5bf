"""The scanner as the engine asks for it."""

import pytest
from channels.db import database_sync_to_async

from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.scanner import ScanRejectedError
from runtime.models import EngineRecord
from runtime.persistence.database import Fence
from runtime.persistence.scanner import SavedScanner
from runtime.protocol.commands import Command, parse_command
from settingsapp import services
from settingsapp.models import Identity
from symbols.models import Proposal, ScannerRun
from tests.runtime.fake_clock import FakeClock
from tests.symbols.scans import NOW, an_instrument, known

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def identity(transactional_db: None) -> Identity:
    known("simulated", [an_instrument("XMR-USD")])
    return services.create_identity()


def a_command(command_id: str = "command-1") -> Command:
    return parse_command({"id": command_id, "command": "scan-symbols", "source": "schedule", "issuedBy": "ada"})


async def test_a_command_that_is_delivered_twice_makes_one_proposal(identity: Identity) -> None:
    kept = SavedScanner(identity.sub, Fence(identity.sub, "7"), FakeClock(NOW))
    first = await kept.propose("", a_command())
    again = await kept.propose("", a_command())
    other = await kept.propose("", a_command("command-2"))
    assert (first.add, first.proposal) == (1, again.proposal)
    assert other.proposal != first.proposal
    states = await database_sync_to_async(lambda: set(Proposal.objects.values_list("state", "source", "created_by")))()
    assert states == {("superseded", "schedule", "ada"), ("pending", "schedule", "ada")}


async def test_an_engine_that_leads_no_more_proposes_nothing(identity: Identity) -> None:
    await database_sync_to_async(EngineRecord.objects.create)(identity=identity, fencing_token=8)
    kept = SavedScanner(identity.sub, Fence(identity.sub, "7"), FakeClock(NOW))
    with pytest.raises(LeaseLostError):
        await kept.propose("", a_command())
    assert not await database_sync_to_async(Proposal.objects.exists)()


async def test_what_can_not_be_scanned_is_rejected_and_stands_as_the_last_runs_error(identity: Identity) -> None:
    kept = SavedScanner(identity.sub, Fence(identity.sub, "7"), FakeClock(NOW))
    with pytest.raises(ScanRejectedError, match="kraken is not enabled"):
        await kept.propose("kraken", a_command())
    run = await database_sync_to_async(ScannerRun.objects.get)(identity=identity)
    assert (run.exchange, run.source) == ("kraken", "schedule")
    assert run.error.startswith("kraken is not enabled")
