"""The form shows the whole document, and gives back exactly what it was filled with."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp import jsonform
from settingsapp.jsonform import NO, OPEN, OPEN_ITEM, YES
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.modes import INDICATORS, LEVELS
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import validate

DEFAULT = default_document("7b0e").as_json()

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
open_or = st.none()
numbers = st.floats(0, 100, allow_nan=False)
variables = st.sampled_from(["", "A_KEY", "COINBASE_SECRET"])
symbols = st.lists(st.sampled_from(["BTC-USD", "ETH-USD", "SOL-USD", "1INCH-USD"]), unique=True)

overrides = st.fixed_dictionaries(
    {
        "trading_strategy": open_or | texts,
        "preferred_geographies": open_or | texts,
        "blacklisted_geographies": open_or | texts,
        "trading_hours_utc": open_or | st.sampled_from(["", "24/7", "09:00-17:30, 22:00-02:00"]),
        "trading_days": open_or | st.sampled_from(["", "all", "Mon-Fri"]),
        "max_daily_trades": open_or | st.integers(0, 100_000),
        "stop_loss_percentage": open_or | numbers,
        "take_profit_percentage": open_or | numbers,
        "preferred_timeframes": open_or | st.sampled_from(["", "1m,1d"]),
    }
)
exchanges = st.dictionaries(
    st.sampled_from(["coinbase", "kucoin", "0x_dex", "kraken"]),
    st.fixed_dictionaries(
        {
            "enabled": st.just(False),
            "ApiKeyEnvironmentVariableName": variables,
            "SecretEnvironmentVariableName": variables,
            "PasswordEnvironmentVariableName": variables,
            "trade_settings": overrides,
        }
    ),
)
thresholds = st.fixed_dictionaries(
    {
        "macdvCrossover": open_or | st.booleans(),
        "momentumShift": open_or | st.booleans(),
        "reversal": open_or | st.booleans(),
        "levels": open_or | st.sets(st.sampled_from(LEVELS)).map(sorted),
        "cooldownMinutes": open_or | st.floats(0, 10_080),
    }
)
indicators = st.sets(st.sampled_from(INDICATORS)).map(lambda some: sorted(some | {"macdv"}))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid documents, complete, with everything open that can be."""
    document = copy.deepcopy(DEFAULT)
    document["exchanges"] |= draw(exchanges)
    for mode in document["modes"].values():
        mode["alertThresholds"] = draw(thresholds)
        mode["indicatorsEnabled"] = draw(indicators)
    for name in ("symbols", "sparse_symbols", "disabled_symbols", "position_symbols"):
        document[name] = draw(symbols)
    profile = document["perseus_profile"]
    profile |= {"public_name": draw(texts), "risk_tolerance": draw(st.sampled_from(["low", "medium", "high"]))}
    document["scanner_to_maintain_symbols_enabled"] = draw(st.booleans())
    return document


@given(documents())
def test_what_the_form_is_filled_with_comes_back_unchanged(document: dict[str, Any]) -> None:
    assert validate(document).as_json() == document
    shown = json.loads(json.dumps(jsonform.to_form(document)))
    assert jsonform.from_form(shown, document) == document


@given(documents(), documents())
def test_what_is_changed_in_the_form_comes_back_as_it_was_meant(before: dict[str, Any], after: dict[str, Any]) -> None:
    # An empty text and an open one look the same in the form: where they can't be told apart, the old one stays.
    meant = jsonform.from_form(jsonform.to_form(after), before)
    assert jsonform.to_form(meant) == jsonform.to_form(after)
    assert validate(meant).as_json() == meant


@given(documents())
def test_the_form_shows_no_null_for_it_has_no_way_to(document: dict[str, Any]) -> None:
    def nulls(node: Any, path: str = "") -> Iterator[str]:
        if isinstance(node, dict):
            for key, child in node.items():
                yield from nulls(child, f"{path}.{key}")
        elif isinstance(node, list):
            for index, child in enumerate(node):
                yield from nulls(child, f"{path}.{index}")
        elif node is None:
            yield path

    left = {path.rpartition(".")[2] for path in nulls(jsonform.to_form(document))}
    # A number's field is empty where there is none, which the form writes as null.
    assert left <= {
        *("max_daily_trades", "stop_loss_percentage", "take_profit_percentage", "cooldownMinutes"),
        *("max_spread_percent", "min_change_percent_24h", "max_change_percent_24h", "top_n"),
    }


def test_every_field_of_the_document_is_in_the_form_with_its_title_and_its_help() -> None:
    def check(shown: dict[str, Any], value: Any, path: str) -> None:
        if not isinstance(value, dict):
            return
        children = shown["properties"]
        entry = shown.get("additionalProperties")
        for key, child in value.items():
            here = f"{path}.{key}"
            if entry is not None:
                check(entry, child, here)
            else:
                assert key in children, here
                assert children[key]["title"], here
                assert children[key]["helpText"], here
                check(children[key], child, here)

    check(jsonform.form_schema(), DEFAULT, "")
    assert set(jsonform.form_schema()["properties"]) == set(SettingsDocument.model_fields)


def test_the_form_gets_nothing_of_what_it_cannot_read() -> None:
    written = json.dumps(jsonform.form_schema())
    for word in ('"$ref"', '"$defs"', '"anyOf"', '"const"', '"null"'):
        assert word not in written


def test_each_call_gives_a_schema_of_its_own() -> None:
    first = jsonform.form_schema()
    first["properties"].clear()
    assert jsonform.form_schema()["properties"]


def test_what_livermore_writes_and_what_cannot_change_is_read_only() -> None:
    properties = jsonform.form_schema()["properties"]
    read_only = {name for name, node in properties.items() if node.get("readonly")}
    assert read_only == {*("schema_version", "sub", "portfolio_symbols_last_update", "scanner_symbols_last_update")}
    assert properties["modes"]["properties"]["position-monitor"]["properties"]["mode"]["readonly"]


@pytest.mark.parametrize(("shown", "meant"), [(OPEN, None), (YES, True), (NO, False), ("maybe", "maybe")])
def test_a_switch_that_may_stay_open_is_a_choice_of_three(shown: str, meant: Any) -> None:
    form = jsonform.to_form(DEFAULT)
    form["modes"]["scalper-macdv"]["alertThresholds"]["reversal"] = shown
    got = jsonform.from_form(form, DEFAULT)
    assert got["modes"]["scalper-macdv"]["alertThresholds"]["reversal"] == meant


def test_levels_are_open_where_that_is_chosen_whatever_else_is() -> None:
    form = jsonform.to_form(DEFAULT)
    levels = form["modes"]["scalper-macdv"]["alertThresholds"]
    assert levels["levels"] == [OPEN_ITEM]
    levels["levels"] = [OPEN_ITEM, 200]
    assert jsonform.from_form(form, DEFAULT)["modes"]["scalper-macdv"]["alertThresholds"]["levels"] is None
    levels["levels"] = []
    assert jsonform.from_form(form, DEFAULT)["modes"]["scalper-macdv"]["alertThresholds"]["levels"] == []


@pytest.mark.parametrize("shown", [None, 7, "text", [], {"exchanges": 3}, {"modes": {"scalper-macdv": []}}, {"a": 1}])
@pytest.mark.parametrize("base", [DEFAULT, {}, [], None, {"exchanges": 3}])
def test_data_of_any_shape_is_passed_on_for_the_validation_to_refuse(shown: Any, base: Any) -> None:
    assert jsonform.from_form(shown, base) == shown


def test_problems_are_told_under_their_fields() -> None:
    problems = [
        FieldProblem("exchanges.coinbase.enabled", "one"),
        FieldProblem("exchanges.coinbase.enabled", "two"),
        FieldProblem("symbols.3", "three"),
    ]
    assert jsonform.error_map(problems) == {"exchanges§coinbase§enabled": ["one", "two"], "symbols": ["line 4: three"]}


@given(symbols, st.sampled_from(["\n", " \n\n ", "\r\n"]))
def test_a_list_of_texts_is_written_with_one_on_each_line(listed: list[str], ending: str) -> None:
    form = jsonform.to_form(DEFAULT)
    form["symbols"] = ending.join(["", *listed, ""])
    assert jsonform.from_form(form, DEFAULT)["symbols"] == listed
    assert jsonform.to_form(DEFAULT | {"symbols": listed})["symbols"].split("\n") == (listed or [""])


def test_a_problem_with_one_choice_of_several_is_told_under_the_choices() -> None:
    path = "modes.scalper-macdv.indicatorsEnabled"
    found = jsonform.error_map([FieldProblem(f"{path}.1", "one"), FieldProblem("no.such.field", "two")])
    assert found == {path.replace(".", "§"): ["one"], "no§such§field": ["two"]}
