"""The one write path."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection

from settingsapp import services
from settingsapp.audit import OWN_LOGIN
from settingsapp.events import settings_saved
from settingsapp.identities import only_identity
from settingsapp.models import UserSettings
from settingsapp.schema.document import SCHEMA_VERSION, STARTING_WATCHLIST
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.services import Cause, SavedSettings, StaleVersionError, UnknownIdentityError
from tests.settingsapp.schema.landscape_file import a_landscape_file
from tests.settingsapp.threads import in_threads

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

SYSTEM = Cause("system", None, "")
LOW = {"perseus_profile": {"risk_tolerance": "low"}}


@pytest.fixture
def saved_sub() -> str:
    return services.create_identity().sub


@pytest.fixture
def facts() -> Iterator[list[dict[str, Any]]]:
    """Every fact that was stated, in order."""
    heard: list[dict[str, Any]] = []

    def hear(**fact: Any) -> None:
        heard.append(fact)

    settings_saved.connect(hear)
    yield heard
    settings_saved.disconnect(hear)


def test_a_new_identity_has_version_1_and_an_entry_in_the_log(saved_sub: str) -> None:
    saved = services.read(saved_sub)
    assert (saved.version, saved.sub, saved.document.sub) == (1, saved_sub, saved_sub)
    assert services.saved_version(saved_sub) == 1
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Added the default settings “version 1”."


def test_a_patch_makes_a_version_states_the_fact_and_leaves_an_entry(
    saved_sub: str, facts: list[dict[str, Any]]
) -> None:
    user = User.objects.create_user("ada")
    before = services.read(saved_sub)
    cause = Cause("api", user.pk, "ada")
    after = services.patch(saved_sub, LOW, cause=cause)
    assert (after.version, after.updated_by) == (2, "ada")
    assert after.document.perseus_profile.risk_tolerance == "low"
    assert services.read(saved_sub) == after, "what is returned is what is saved"
    assert len(facts) == 1
    assert (facts[0]["sub"], facts[0]["before"], facts[0]["after"], facts[0]["cause"]) == (
        saved_sub,
        before,
        after,
        cause,
    )
    entry = LogEntry.objects.latest("pk")
    assert entry.user == user
    assert entry.get_change_message() == "Changed perseus_profile.risk_tolerance: medium → low."


def test_a_write_that_changes_nothing_makes_no_version(saved_sub: str, facts: list[dict[str, Any]]) -> None:
    unchanged = services.patch(saved_sub, {"perseus_profile": {"risk_tolerance": "medium"}}, cause=SYSTEM)
    again = services.replace(saved_sub, unchanged.document.as_json(), cause=SYSTEM)
    assert (unchanged.version, again.version, facts, LogEntry.objects.count()) == (1, 1, [], 1)


def test_null_in_a_patch_gives_a_field_its_default_back(saved_sub: str) -> None:
    services.patch(saved_sub, LOW, cause=SYSTEM)
    after = services.patch(saved_sub, {"perseus_profile": {"risk_tolerance": None}}, cause=SYSTEM)
    assert after.document.perseus_profile.risk_tolerance == "medium"


def test_an_invalid_document_leaves_everything_as_it_was(saved_sub: str, facts: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        services.patch(saved_sub, {"perseus_profile": {"timezone": "Mars"}}, cause=SYSTEM)
    assert caught.value.problems[0].path == "perseus_profile.timezone"
    assert (services.saved_version(saved_sub), facts) == (1, [])


def test_a_writer_who_has_seen_an_older_version_is_told_the_current_one(saved_sub: str) -> None:
    services.patch(saved_sub, LOW, cause=SYSTEM, expected_version=1)
    with pytest.raises(StaleVersionError) as caught:
        services.patch(saved_sub, {"symbols": []}, cause=SYSTEM, expected_version=1)
    assert caught.value.current_version == 2


def test_the_identity_of_a_document_can_not_be_changed_and_need_not_be_said(saved_sub: str) -> None:
    with pytest.raises(InvalidSettingsError, match="can't be changed"):
        services.patch(saved_sub, {"sub": "somebody-else"}, cause=SYSTEM)
    document = services.replace(saved_sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM).document
    assert (document.sub, document.symbols) == (saved_sub, ("BTC-USD",))


def test_an_import_keeps_its_receivers_identity(saved_sub: str) -> None:
    document = services.replace(saved_sub, a_landscape_file(), cause=Cause("import", None, "")).document
    assert document.sub == saved_sub
    assert document.perseus_profile.public_name == "Jesse"


def test_what_an_earlier_program_saved_is_read_in_the_present_form_and_saved_in_it_with_the_next_change(
    saved_sub: str,
) -> None:
    earlier = a_landscape_file() | {"sub": saved_sub, "scanner_exchange": None}
    UserSettings.objects.filter(identity__sub=saved_sub).update(settings=earlier)
    read = services.read(saved_sub)
    assert (read.version, read.document.schema_version, read.document.scanner_exchange) == (1, SCHEMA_VERSION, "")
    assert UserSettings.objects.get(identity__sub=saved_sub).settings == earlier, "reading writes nothing"
    after = services.patch(saved_sub, LOW, cause=SYSTEM)
    saved = UserSettings.objects.get(identity__sub=saved_sub).settings
    assert (after.version, saved["schema_version"], saved["scanner_exchange"]) == (2, SCHEMA_VERSION, "")
    assert saved["symbols"] == earlier["symbols"]


def test_an_unknown_identity_is_told_which_there_are(saved_sub: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: services.read("nobody"),
        lambda: services.saved_version("nobody"),
        lambda: services.patch("nobody", {}, cause=SYSTEM),
        lambda: only_identity("nobody"),
    ]
    for call in calls:
        with pytest.raises(UnknownIdentityError, match=saved_sub):
            call()


def test_the_only_identity_needs_no_name_but_one_of_several_does(saved_sub: str) -> None:
    assert only_identity() == saved_sub
    other = services.create_identity().sub
    with pytest.raises(UnknownIdentityError, match="--sub") as caught:
        only_identity()
    assert saved_sub in str(caught.value)
    assert other in str(caught.value)


def test_a_symbol_is_added_once_however_it_is_spelled(saved_sub: str) -> None:
    after, changed = services.add_symbol(saved_sub, "UNI-USD", cause=SYSTEM)
    assert changed
    assert after.document.symbols == (*STARTING_WATCHLIST, "UNI-USD")
    for spelling in ("UNI-USD", "simulated:UNI-USD"):
        assert services.add_symbol(saved_sub, spelling, cause=SYSTEM) == (after, False)


def test_adding_a_switched_off_symbol_switches_it_on(saved_sub: str) -> None:
    services.patch(saved_sub, {"disabled_symbols": ["simulated:BTC-USD"]}, cause=SYSTEM)
    after, changed = services.add_symbol(saved_sub, "BTC-USD", cause=SYSTEM)
    assert changed
    assert (after.document.disabled_symbols, after.document.symbols) == ((), STARTING_WATCHLIST)


def test_removing_a_symbol_takes_all_its_spellings_off_every_list(saved_sub: str) -> None:
    patch = {"sparse_symbols": ["simulated:BTC-USD"], "disabled_symbols": ["BTC-USD"]}
    services.patch(saved_sub, patch, cause=SYSTEM)
    after, changed = services.remove_symbol(saved_sub, "simulated:BTC-USD", cause=SYSTEM)
    assert changed
    assert (after.document.symbols, after.document.sparse_symbols, after.document.disabled_symbols) == (
        STARTING_WATCHLIST[1:],
        (),
        (),
    )
    assert services.remove_symbol(saved_sub, "BTC-USD", cause=SYSTEM) == (after, False)


@pytest.mark.parametrize(("symbol", "part"), [("btc", "in capitals"), ("kraken:XBTUSD", "exchanges")])
def test_a_symbol_that_can_not_be_added_is_refused_as_a_symbol(saved_sub: str, symbol: str, part: str) -> None:
    with pytest.raises(InvalidSettingsError, match=part) as caught:
        services.add_symbol(saved_sub, symbol, cause=SYSTEM)
    assert [problem.path for problem in caught.value.problems] == ["symbol"]


def test_a_guard_that_raises_stops_the_write(saved_sub: str, facts: list[dict[str, Any]]) -> None:
    class LeaseLostError(Exception):
        pass

    def guard() -> None:
        assert connection.in_atomic_block
        raise LeaseLostError

    for edit in (services.add_symbol, services.remove_symbol):
        with pytest.raises(LeaseLostError):
            edit(saved_sub, "BTC-USD", cause=SYSTEM, guard=guard)
    assert (services.saved_version(saved_sub), facts) == (1, [])


def test_a_command_is_logged_as_its_senders_and_names_itself(saved_sub: str) -> None:
    User.objects.create_user("ada")
    after, _ = services.add_symbol(saved_sub, "UNI-USD", cause=Cause("command", None, "ada", "cmd-1"))
    assert after.updated_by == services.read(saved_sub).updated_by == "ada"
    entry = LogEntry.objects.latest("pk")
    assert entry.get_change_message() == "Changed symbols: added UNI-USD."


def test_what_no_login_did_is_logged_as_livermores_own_and_nobody_can_sign_in_as_it(saved_sub: str) -> None:
    after, _ = services.add_symbol(saved_sub, "UNI-USD", cause=Cause("command", None, "root", "cmd-1"))
    assert after.updated_by == OWN_LOGIN
    own = User.objects.get(username=OWN_LOGIN)
    assert not own.is_active
    assert not own.has_usable_password()


def test_a_receiver_that_fails_does_not_break_the_save(saved_sub: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("deaf")

    settings_saved.connect(fail)
    try:
        assert services.patch(saved_sub, LOW, cause=SYSTEM).version == 2
    finally:
        settings_saved.disconnect(fail)
    assert "deaf" in caplog.text


def test_a_damaged_document_is_told_and_can_be_replaced(saved_sub: str, facts: list[dict[str, Any]]) -> None:
    UserSettings.objects.update(settings={"sub": saved_sub, "symbols": "BTC-USD"})
    with pytest.raises(InvalidSettingsError, match="symbols: is a list"):
        services.read(saved_sub)
    after = services.replace(saved_sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM)
    assert (after.version, services.read(saved_sub), facts[0]["before"]) == (2, after, None)


def test_writers_at_once_lose_nothing_and_each_makes_a_version(saved_sub: str, facts: list[dict[str, Any]]) -> None:
    def add(number: int) -> None:
        for step in range(5):
            services.add_symbol(saved_sub, f"N{number}S{step}-USD", cause=SYSTEM)

    assert in_threads(8, add) == []
    saved = services.read(saved_sub)
    assert saved.version == 41
    assert len(saved.document.symbols) == 10 + 40
    assert sorted(fact["after"].version for fact in facts) == list(range(2, 42))
    assert LogEntry.objects.count() == 41


def test_of_writers_that_saw_the_same_version_exactly_one_wins(saved_sub: str) -> None:
    won: list[SavedSettings] = []

    def save(number: int) -> None:
        patch = {"perseus_profile": {"public_name": f"writer {number}"}}
        won.append(services.patch(saved_sub, patch, cause=SYSTEM, expected_version=1))

    raised = in_threads(6, save)
    assert [type(error) for error in raised] == [StaleVersionError] * 5
    assert [saved.version for saved in won] == [2]
    assert services.read(saved_sub) == won[0]
