"""What is a document, and what is told about what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError, json_schema, validate
from tests.settingsapp.schema.landscape_file import a_landscape_file


def problems_of(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidSettingsError) as caught:
        validate(data)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_file_of_the_earlier_shape_is_taken_unchanged() -> None:
    file = a_landscape_file()
    written = validate(file).as_json()
    assert merged(written, file) == written, "every value of the file stands in the document"


def test_what_a_file_leaves_out_gets_its_default() -> None:
    assert validate({}) == SettingsDocument()
    assert validate({"exchanges": {"simulated": {}}}).exchanges["simulated"].enabled is False


def test_a_new_identity_has_something_to_see_without_an_account() -> None:
    document = default_document("someone")
    assert document.sub == "someone"
    assert [name for name, exchange in document.exchanges.items() if exchange.enabled] == ["simulated"]
    assert len(document.symbols) == 10
    assert document.livermore_runtime.start_mode == "scalper-macdv"


def test_a_document_survives_the_way_through_json() -> None:
    document = validate(a_landscape_file())
    assert validate(json.loads(json.dumps(document.as_json()))) == document


def test_an_unknown_field_is_refused_with_the_one_that_was_meant() -> None:
    found = problems_of({"simbols": [], "perseus_profile": {"risk_tolerence": "low"}, "modes": {"xyzzy": {}}})
    assert found == {
        "simbols": "no such field; did you mean 'symbols'?",
        "perseus_profile.risk_tolerence": "no such field; did you mean 'risk_tolerance'?",
        "modes.xyzzy": "no such field",
    }


def test_an_unknown_field_of_an_exchange_and_of_a_mode_finds_its_neighbours() -> None:
    data = {
        "exchanges": {"coinbase": {"ApiKeyEnvironmentVariable": "X"}},
        "modes": {"scalper-macdv": {"alertThresholds": {"macdvcrossover": True}}},
    }
    assert problems_of(data) == {
        "exchanges.coinbase.ApiKeyEnvironmentVariable": (
            "no such field; did you mean 'ApiKeyEnvironmentVariableName'?"
        ),
        "modes.scalper-macdv.alertThresholds.macdvcrossover": "no such field; did you mean 'macdvCrossover'?",
    }


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("timezone", "Mars/Olympus", "IANA"),
        ("timezone", "../../etc/passwd", "IANA"),
        ("timezone", "", "IANA"),
        ("locale", "English", "en-US"),
        ("currency", "usd", "capitals"),
        ("date_format", "whenever", "YYYY-MM-DD"),
        ("time_format", "sundial", "HH:mm:ss"),
        ("trading_mode", "real", "'paper' or 'live'"),
        ("risk_tolerance", None, "'low', 'medium' or 'high'"),
        ("notification_preferences", "discord,pigeon", "pigeon"),
        ("public_name", 7, "is a text"),
        ("primary_exchange", "Coin Base", "a-z"),
        ("trade_settings", [], "is an object"),
    ],
)
def test_a_wrong_value_of_the_profile_is_told_what_would_be_right(field: str, value: Any, part: str) -> None:
    found = problems_of({"perseus_profile": {field: value}})
    assert list(found) == [f"perseus_profile.{field}"]
    assert part in found[f"perseus_profile.{field}"]


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("stop_loss_percentage", 101, "at most 100"),
        ("stop_loss_percentage", -0.1, "at least 0"),
        ("stop_loss_percentage", "5", "is a number"),
        ("stop_loss_percentage", True, "is a number"),
        ("max_daily_trades", 1.5, "whole number"),
        ("max_daily_trades", 10**30, "at most 100000"),
        ("trading_hours_utc", "9 to 5", "09:00-17:30"),
        ("trading_hours_utc", "24:30-25:00", "time of day"),
        ("trading_days", "Mon-Xyz", "Mon-Fri"),
        ("trading_days", "T", "is not a day"),
        ("preferred_timeframes", "5m,30m", "'30m' is not a timeframe"),
    ],
)
def test_wrong_trade_settings_are_told_for_the_profile_and_for_an_exchange(field: str, value: Any, part: str) -> None:
    found = problems_of(
        {
            "perseus_profile": {"trade_settings": {field: value}},
            "exchanges": {"simulated": {"trade_settings": {field: value}}},
        }
    )
    assert list(found) == [f"perseus_profile.trade_settings.{field}", f"exchanges.simulated.trade_settings.{field}"]
    assert all(part in message for message in found.values())


@pytest.mark.parametrize("name", ["Coinbase", "coin base", "", "x" * 41, "é"])
def test_an_exchange_needs_a_proper_name(name: str) -> None:
    assert problems_of({"exchanges": {"simulated": {}, name: {}}}) == {
        f"exchanges.{name}": "an exchange's name has 1 to 40 of the characters a-z, 0-9 and _"
    }


def test_an_exchange_that_livermore_does_not_know_may_stand_there_but_not_be_enabled() -> None:
    unknown = {"simulated": {"enabled": True}, "coinbas": {"enabled": False}}
    validate({"exchanges": unknown})
    found = problems_of({"exchanges": unknown | {"coinbas": {"enabled": True}}})
    assert "did you mean 'coinbase'?" in found["exchanges.coinbas.enabled"]


SECRETS = [
    "https://discord.com/api/webhooks/123/abc",
    "sk_live_abcdefghijk1234567890ABCDEF",
    "d41d8cd98f00b204e9800998ecf8427e",
    "-----BEGIN EC PRIVATE KEY-----",
    "AKIAIOSFODNN7EXAMPLE",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_pasted_secret_is_refused_and_never_repeated(secret: str) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        validate(
            {
                "exchanges": {"simulated": {"SecretEnvironmentVariableName": secret}},
                "perseus_profile": {"discord_integration": {"webhook_url_environment_variable": secret}},
            }
        )
    assert len(caught.value.problems) == 2
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["DJANGO_SECRET_KEY", "DATABASE_URL", "aws_secret_access_key", "LIVERMORE_X", "PATH"])
def test_the_servers_own_variables_are_out_of_reach(name: str) -> None:
    found = problems_of({"exchanges": {"simulated": {"ApiKeyEnvironmentVariableName": name}}})
    assert "belongs to the server" in found["exchanges.simulated.ApiKeyEnvironmentVariableName"]


def test_live_trading_needs_the_names_of_the_credentials() -> None:
    data = {
        "perseus_profile": {"trading_mode": "live"},
        "exchanges": {"simulated": {"enabled": True}, "kucoin": {"enabled": True}, "kraken": {"enabled": False}},
    }
    assert set(problems_of(data)) == {
        "exchanges.kucoin.ApiKeyEnvironmentVariableName",
        "exchanges.kucoin.SecretEnvironmentVariableName",
        "exchanges.kucoin.PasswordEnvironmentVariableName",
    }


def test_discord_needs_its_variable() -> None:
    found = problems_of({"perseus_profile": {"discord_integration": {"enabled": True}}})
    assert list(found) == ["perseus_profile.discord_integration.webhook_url_environment_variable"]


@pytest.mark.parametrize("name", ["symbols", "sparse_symbols", "disabled_symbols", "position_symbols"])
def test_the_symbol_lists_refuse_what_is_no_symbol_twice_or_of_no_exchange(name: str) -> None:
    assert "in capitals" in problems_of({name: ["btc-usd"]})[f"{name}.0"]
    found = problems_of({name: ["BTC-USD", "simulated:BTC-USD", "BTC-USD", "kraken:BTC-USD"]})
    assert "'BTC-USD' is the same" in found[f"{name}.1"]
    assert "twice" in found[f"{name}.2"]
    assert "not one of this document's exchanges" in found[f"{name}.3"]


def test_the_primary_exchange_is_one_of_the_documents() -> None:
    found = problems_of({"perseus_profile": {"primary_exchange": "kraken"}})
    assert found == {
        "perseus_profile.primary_exchange": ("'kraken' is not one of this document's exchanges; there are simulated")
    }


def test_the_order_book_scalper_can_be_configured_but_not_started() -> None:
    validate({"modes": {"scalper-orderbook": {"symbolSource": "scanner"}}})
    found = problems_of({"livermore_runtime": {"start_mode": "scalper-orderbook"}})
    assert "not implemented" in found["livermore_runtime.start_mode"]


@pytest.mark.parametrize(
    ("mode", "config", "path"),
    [
        ("position-monitor", {"symbolSource": "watchlist"}, "symbolSource"),
        ("scalper-macdv", {"symbolSource": "everything"}, "symbolSource"),
        ("scalper-macdv", {"indicatorsEnabled": ["rsi"]}, "indicatorsEnabled"),
        ("position-monitor", {"indicatorsEnabled": []}, "indicatorsEnabled"),
        ("scalper-macdv", {"indicatorsEnabled": ["macdv", "macdv"]}, "indicatorsEnabled"),
        ("scalper-macdv", {"indicatorsEnabled": ["macdv", "vwap"]}, "indicatorsEnabled.1"),
        ("scalper-macdv", {"mode": "position-monitor"}, "mode"),
        ("scalper-macdv", {"alertThresholds": {"levels": [150, 175]}}, "alertThresholds.levels.1"),
        ("scalper-macdv", {"alertThresholds": {"levels": [200, 150]}}, "alertThresholds.levels"),
        ("scalper-macdv", {"alertThresholds": {"cooldownMinutes": -1}}, "alertThresholds.cooldownMinutes"),
    ],
)
def test_a_mode_refuses_what_it_cannot_work_with(mode: str, config: dict[str, Any], path: str) -> None:
    assert list(problems_of({"modes": {mode: config}})) == [f"modes.{mode}.{path}"]


@pytest.mark.parametrize(
    "data", [{"position_refresh_hours": float("nan")}, {"sub": "\ud800"}, {"sub": "a\0b"}, {"sub": {1}}]
)
def test_what_a_database_would_refuse_is_refused_before(data: dict[str, Any]) -> None:
    assert list(problems_of(data)) == [""]


def test_several_problems_are_told_at_once() -> None:
    assert len(problems_of({"symbols": "BTC-USD", "exchanges": [], "perseus_profile": 3, "sub": 1})) == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(SettingsDocument.model_fields)), value=JSON)
def test_any_value_of_any_field_is_taken_or_refused_in_words(field: str, value: Any) -> None:
    problems: tuple[FieldProblem, ...] = ()
    try:
        document = validate({field: value})
        assert validate(document.as_json()) == document
    except InvalidSettingsError as error:
        problems = error.problems or (FieldProblem("", ""),)
    assert all(problem.message for problem in problems)


def test_every_field_has_a_title_and_a_description() -> None:
    schema = json_schema()
    for name, node in ({"document": schema} | schema["$defs"]).items():
        for field, child in node.get("properties", {}).items():
            # What a field says in the same words as its section is written once, with the section.
            told = (schema["$defs"][child["$ref"].rpartition("/")[2]] if "$ref" in child else {}) | child
            assert told.get("title"), f"{name}.{field} has no title"
            assert len(told.get("description", "")) > 10, f"{name}.{field} has no description"


@pytest.mark.parametrize(
    "data",
    [
        {f"unknown{number}": 1 for number in range(5_000)},
        {"symbols": [f"kraken{number}:A" for number in range(5_000)]},
        {"symbols": ["password: correct-h0rse"] * 5_000},
    ],
    ids=["fields", "rules", "secrets"],
)
def test_of_thousands_of_problems_the_first_are_told(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        validate(data)
    assert 200 <= len(caught.value.problems) <= 201
