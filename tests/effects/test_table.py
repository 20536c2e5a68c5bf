"""No field of the settings is without an effect that a test shows."""

import importlib
import pkgutil
from itertools import combinations
from typing import Any

import pytest

from settingsapp.schema.fields import leaf_fields
from settingsapp.schema.validation import InvalidSettingsError, validate
from tests import effects
from tests.effects.table import EFFECTS, INFORMATION_ONLY, SAYS_WHAT_IT_STANDS_IN, WAITING

for module in pkgutil.iter_modules(effects.__path__, "tests.effects."):
    importlib.import_module(module.name)

FIELDS = {field.pattern: field for field in leaf_fields()}
GROUPS = {
    "shown": frozenset(EFFECTS),
    "information only": INFORMATION_ONLY,
    "says what it stands in": SAYS_WHAT_IT_STANDS_IN,
    **WAITING,
}


def test_every_field_has_an_effect_or_a_reason_why_not() -> None:
    assert set(FIELDS) - frozenset().union(*GROUPS.values()) == set()


def test_the_table_names_only_fields_that_there_are() -> None:
    assert frozenset().union(*GROUPS.values()) - set(FIELDS) == set()


@pytest.mark.parametrize(("one", "other"), list(combinations(GROUPS, 2)))
def test_no_field_stands_in_two_places(one: str, other: str) -> None:
    assert GROUPS[one] & GROUPS[other] == set()


@pytest.mark.parametrize("pattern", sorted(INFORMATION_ONLY))
def test_what_is_information_only_says_so(pattern: str) -> None:
    assert "Information only" in str(FIELDS[pattern].node)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("schema_version", 2),
        ("modes.position-monitor.mode", "scalper-macdv"),
        ("modes.scalper-macdv.mode", "position-monitor"),
        ("modes.scalper-orderbook.mode", "position-monitor"),
        ("modes.position-monitor.symbolSource", "watchlist"),
    ],
)
def test_what_says_where_it_stands_can_say_nothing_else(path: str, other: object) -> None:
    nested: Any = other
    for part in reversed(path.split(".")):
        nested = {part: nested}
    assert path in SAYS_WHAT_IT_STANDS_IN
    with pytest.raises(InvalidSettingsError) as caught:
        validate(nested)
    assert [problem.path for problem in caught.value.problems] == [path]
