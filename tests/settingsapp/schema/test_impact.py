"""What a change causes."""

from typing import Any

import pytest

from settingsapp.schema.diff import changes
from settingsapp.schema.document import default_document
from settingsapp.schema.fields import leaf_fields, matches
from settingsapp.schema.impact import EXPLAINED, IMPACTS, Impact, impact_of, strongest
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.validation import validate

BEFORE = default_document("x")


def test_every_field_has_exactly_one_impact_and_nothing_else_has_one() -> None:
    assert [field.pattern for field in leaf_fields() if field.pattern not in IMPACTS] == []
    assert set(IMPACTS) - {field.pattern for field in leaf_fields()} == set()
    assert set(EXPLAINED) == set(Impact)


def test_no_path_is_that_of_two_fields() -> None:
    for field in leaf_fields():
        path = field.pattern.replace("*", "some_name")
        assert [other.pattern for other in leaf_fields() if matches(other.pattern, path)] == [field.pattern]


@pytest.mark.parametrize(
    ("patch", "impact"),
    [
        ({"perseus_profile": {"description": "Me"}}, Impact.NONE),
        ({"perseus_profile": {"risk_tolerance": "low"}}, Impact.HOT),
        ({"exchanges": {"simulated": {"trade_settings": {"max_daily_trades": 3}}}}, Impact.HOT),
        ({"exchanges": {"simulated": {"enabled": False}}}, Impact.RESUBSCRIBE),
        ({"symbols": ["BTC-USD"]}, Impact.RESUBSCRIBE),
        ({"exchanges": {"kraken": {}}}, Impact.NONE),
        ({"exchanges": {"kraken": {"enabled": True}}}, Impact.RESUBSCRIBE),
        ({"livermore_runtime": {"logging": {"log_directory": "logs"}}}, Impact.HOT),
    ],
)
def test_a_change_causes_what_its_field_does(patch: dict[str, Any], impact: Impact) -> None:
    after = validate(merged(BEFORE.as_json(), patch))
    assert [impact_of(change) for change in changes(BEFORE, after)] == [impact]


def test_the_strongest_of_several_counts() -> None:
    assert strongest([Impact.HOT, Impact.RESTART, Impact.NONE]) is Impact.RESTART
    assert strongest([]) is Impact.NONE
