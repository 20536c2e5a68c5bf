"""The scanner over HTTP: scan, decide, undo, as a client of the API meets it."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from settingsapp import services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity
from symbols import deciding, refreshing, scanner
from symbols.exchanges import ExchangeUnavailableError
from symbols.models import CatalogueEntry, CatalogueRefresh, Proposal
from symbols.scanner import Asked
from tests.settingsapp.logins import a_login, signed_in
from tests.settingsapp.threads import in_threads
from tests.symbols.scans import an_instrument, known

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SCANNER = "/api/v1/symbols/scanner"
PROPOSALS = f"{SCANNER}/proposals"
SYSTEM = services.Cause("system", None, "")
WATCHED = ["BTC-USD", "ETH-USD"]


@pytest.fixture
def identity(db: None) -> Identity:
    """It watches two symbols by hand on an exchange that has four; prices are of now."""
    now = int(time.time() * 1000)
    prices: dict[str, dict[str, Any]] = {"BTC": {"volume_24h": 9e9}, "ETH": {}, "SOL": {"volume_24h": 8e6}, "XRP": {}}
    known("simulated", [an_instrument(f"{base}-USD", priced_at=now, **told) for base, told in prices.items()])
    made = services.create_identity()
    services.patch(made.sub, {"symbols": WATCHED}, cause=SYSTEM)
    return made


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN)


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, "" if body is None else json.dumps(body), content_type="application/json")


def proposed(client: Client) -> dict[str, Any]:
    response = post(client, PROPOSALS)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def decide(client: Client, proposal: dict[str, Any], what: str, body: Any = None) -> dict[str, Any]:
    response = post(client, f"{PROPOSALS}/{proposal['id']}/{what}", body)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def lists(identity: Identity) -> tuple[tuple[str, ...], tuple[str, ...]]:
    document = services.read(identity.sub).document
    return document.symbols, document.scanner_symbols


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    assert (set(body), body["error"]) == ({"error", "message", "fields"}, code)
    return body


def test_a_scan_proposes_and_changes_nothing(admin: Client, identity: Identity) -> None:
    version = services.saved_version(identity.sub)
    found = proposed(admin)
    assert (found["state"], [line["symbol"] for line in found["add"]]) == ("pending", ["SOL-USD", "XRP-USD"])
    assert [line["symbol"] for line in found["keep"]] == WATCHED
    assert found["expiresAt"] == found["createdAt"] + 24 * 3_600_000
    assert {"symbol", "reason", "numbers"} <= set(found["add"][0])
    assert services.saved_version(identity.sub) == version
    assert admin.get(f"{PROPOSALS}/{found['id']}").json() == found
    (listed,) = admin.get(PROPOSALS).json()["results"]
    assert (listed["id"], listed["add"], listed["keep"]) == (found["id"], 2, 2)


def test_how_the_scanner_stands_is_told_before_and_after_a_run(admin: Client, identity: Identity) -> None:
    before = admin.get(SCANNER).json()
    assert (before["enabled"], before["exchange"], before["instruments"]) == (False, "simulated", 4)
    assert (before["lastRun"], before["proposal"]) == (None, None)
    assert before["criteria"]["max_symbols"] == 50
    found = proposed(admin)
    after = admin.get(SCANNER).json()
    assert after["lastRun"] | {"durationMs": 0} == {
        **{"at": found["createdAt"], "durationMs": 0, "exchange": "simulated", "source": "api", "error": None}
    }
    assert after["proposal"]["id"] == found["id"]
    assert services.read(identity.sub).document.scanner_symbols_last_update.startswith("20")


def test_what_is_approved_is_one_version_and_one_undo(admin: Client, identity: Identity) -> None:
    version = services.saved_version(identity.sub)
    found = proposed(admin)
    part = decide(admin, found, "approve", {"add": ["SOL-USD"]})
    assert (part["state"], part["appliedVersion"]) == ("partly-approved", version + 1)
    assert lists(identity) == ((*WATCHED, "SOL-USD"), ("SOL-USD",))
    assert versions.listed(identity.sub)[0].way.startswith(f"proposal {found['id']}")
    undone = decide(admin, found, "undo")
    assert (undone["state"], undone["undoneVersion"], undone["left"]) == ("undone", version + 2, [])
    assert lists(identity) == ((*WATCHED,), ())


def test_all_of_it_is_approved_without_naming_any(admin: Client, identity: Identity) -> None:
    whole = decide(admin, proposed(admin), "approve")
    assert (whole["state"], whole["approved"]["add"]) == ("approved", ["simulated:SOL-USD", "simulated:XRP-USD"])
    assert lists(identity)[0] == (*WATCHED, "SOL-USD", "XRP-USD")
    assert proposed(admin)["add"] == []


def test_what_the_scanner_brought_goes_again_and_comes_back_to_its_place_by_undo(
    admin: Client, identity: Identity
) -> None:
    decide(admin, proposed(admin), "approve")
    services.patch(identity.sub, {"symbols": ["XRP-USD", *WATCHED, "SOL-USD"]}, cause=SYSTEM)
    services.patch(identity.sub, {"scanner": {"excluded_bases": ["XRP"]}}, cause=SYSTEM)
    found = proposed(admin)
    assert [line["reason"] for line in found["remove"]] == ["it is among what is never to be proposed"]
    decide(admin, found, "approve")
    assert lists(identity) == ((*WATCHED, "SOL-USD"), ("SOL-USD",))
    decide(admin, found, "undo")
    assert lists(identity) == (("XRP-USD", *WATCHED, "SOL-USD"), ("SOL-USD", "XRP-USD"))


def test_an_undo_leaves_what_somebody_has_changed_since(admin: Client, identity: Identity) -> None:
    found = proposed(admin)
    decide(admin, found, "approve")
    # Taken over by a person: it stays on the watchlist, and is the scanner's no more.
    services.patch(identity.sub, {"scanner_symbols": ["XRP-USD"]}, cause=SYSTEM)
    assert decide(admin, found, "undo")["left"] == ["simulated:SOL-USD"]
    assert lists(identity) == ((*WATCHED, "SOL-USD"), ())


def test_what_a_person_added_meanwhile_stays_theirs(admin: Client, identity: Identity) -> None:
    found = proposed(admin)
    services.add_symbol(identity.sub, "SOL-USD", cause=SYSTEM)
    decide(admin, found, "approve")
    assert lists(identity) == ((*WATCHED, "SOL-USD", "XRP-USD"), ("XRP-USD",))


def test_a_rejected_proposal_changes_nothing_and_is_decided(admin: Client, identity: Identity) -> None:
    found = proposed(admin)
    assert decide(admin, found, "reject")["state"] == "rejected"
    assert lists(identity)[0] == (*WATCHED,)
    told = refused(post(admin, f"{PROPOSALS}/{found['id']}/approve"), 409, "not_pending")
    assert told["message"] == "The proposal can't be approved: it was rejected."


def test_a_newer_scan_supersedes_and_time_expires(admin: Client) -> None:
    first, second = proposed(admin), proposed(admin)
    assert admin.get(f"{PROPOSALS}/{first['id']}").json()["state"] == "superseded"
    Proposal.objects.filter(pk=second["id"]).update(expires_at=1)
    told = refused(post(admin, f"{PROPOSALS}/{second['id']}/approve"), 409, "not_pending")
    assert told["message"] == "The proposal can't be approved: it has expired; scan again."
    assert admin.get(SCANNER).json()["proposal"]["state"] == "expired"
    proposed(admin)
    assert Proposal.objects.get(pk=second["id"]).state == "expired"


@pytest.mark.parametrize(
    ("body", "path", "told"),
    [
        ({"add": ["DOGE-USD"]}, "add.0", "the proposal does not add DOGE-USD"),
        ({"remove": ["BTC-USD"]}, "remove.0", "the proposal does not remove BTC-USD"),
        ({"add": [], "remove": []}, "add", "nothing of it is chosen; choose some, or reject it"),
    ],
)
def test_a_decision_that_does_not_fit_says_where(admin: Client, body: Any, path: str, told: str) -> None:
    answer = refused(post(admin, f"{PROPOSALS}/{proposed(admin)['id']}/approve", body), 422, "unfit_decision")
    assert answer["fields"] == [{"path": path, "message": told}]


def test_matches_are_counted_before_criteria_are_saved(admin: Client) -> None:
    def count(**criteria: Any) -> Any:
        return post(admin, f"{SCANNER}/matches", {"criteria": criteria})

    assert count().json() == {"exchange": "simulated", "matches": 4, "lookedAt": 4}
    assert count(min_volume_usd_24h=6e6).json()["matches"] == 2
    told = refused(count(min_volume_usd_24h=-1), 422, "invalid_settings")
    assert told["fields"][0]["path"] == "scanner.min_volume_usd_24h"
    assert admin.get(SCANNER).json()["criteria"]["min_volume_usd_24h"] == 1e6


def test_without_instruments_a_scan_says_so_and_so_does_the_status(admin: Client, identity: Identity) -> None:
    known("simulated", [])
    told = refused(post(admin, PROPOSALS), 409, "nothing_to_scan")
    assert told["message"].startswith("No instruments of simulated are known yet")
    assert admin.get(SCANNER).json()["lastRun"]["error"].startswith("no instruments of simulated")
    refused(post(admin, PROPOSALS, {"exchange": "kraken"}), 409, "not_enabled")


def test_a_viewer_sees_and_only_an_admin_acts(admin: Client, identity: Identity) -> None:
    found = proposed(admin)
    viewer, operator = signed_in(identity, Role.VIEWER), signed_in(identity, Role.OPERATOR)
    for path in (SCANNER, PROPOSALS, f"{PROPOSALS}/{found['id']}"):
        assert viewer.get(path).status_code == 200
    assert post(viewer, f"{SCANNER}/matches", {"criteria": {}}).status_code == 200
    for path in (PROPOSALS, *(f"{PROPOSALS}/{found['id']}/{what}" for what in ("approve", "reject", "undo"))):
        refused(post(operator, path), 403, "forbidden")


def test_another_identitys_proposal_is_not_there(admin: Client) -> None:
    found = proposed(admin)
    other = Client(raise_request_exception=False)
    other.force_login(a_login(services.create_identity(), Role.ADMIN, "stranger"))
    assert other.get(PROPOSALS).json()["results"] == []
    refused(other.get(f"{PROPOSALS}/{found['id']}"), 404, "not_found")
    refused(post(other, f"{PROPOSALS}/{found['id']}/approve"), 404, "not_found")


def test_only_the_latest_proposals_are_kept(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "KEPT", 2)
    first, *later = [proposed(admin)["id"] for _ in range(3)]
    assert [one["id"] for one in admin.get(PROPOSALS).json()["results"]] == later[::-1]
    refused(admin.get(f"{PROPOSALS}/{first}"), 404, "not_found")


def unreachable(*_: Any, **__: Any) -> Any:
    raise ExchangeUnavailableError("it does not answer within 20 s")


def test_where_the_exchange_can_not_be_read_the_known_prices_count_and_that_is_told(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "load", unreachable)
    CatalogueRefresh.objects.update(read_at=1)
    found = proposed(admin)
    assert found["notes"] == ["simulated could not be read anew: it does not answer within 20 s."]
    assert len(found["add"]) == 2


def test_an_exchange_of_which_nothing_is_known_is_read_first_and_said_to_be_unreadable_where_it_is(
    admin: Client, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    CatalogueEntry.objects.all().delete()
    CatalogueRefresh.objects.all().delete()
    told = refused(post(admin, f"{SCANNER}/matches", {"criteria": {}}), 409, "nothing_to_scan")
    assert told["message"] == "No instruments of simulated are known yet: a scan reads them first."
    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "load", unreachable)
        told = refused(post(admin, PROPOSALS), 409, "nothing_to_scan")
        assert told["message"] == (
            "No instruments of simulated are known yet, and simulated can't be read: it does not answer within 20 s."
        )
    CatalogueRefresh.objects.all().delete()
    assert proposed(admin)["lookedAt"] == 30


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(identity: Identity) -> None:
    made = scanner.propose(identity.sub, Asked("ada", "api"), int(time.time() * 1000))

    def approve(_: int) -> None:
        deciding.approve(identity.sub, made.pk, add=None, remove=None, cause=SYSTEM, now_ms=made.created_at)

    (late,) = in_threads(2, approve)
    assert str(late) == "the proposal can't be approved: it was approved already"
    assert lists(identity)[0] == (*WATCHED, "SOL-USD", "XRP-USD")
    assert services.saved_version(identity.sub) == made.settings_version + 1
