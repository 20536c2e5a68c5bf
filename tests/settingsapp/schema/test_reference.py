"""The reference says what the model says."""

from pathlib import Path

from settingsapp.schema.fields import leaf_fields
from settingsapp.schema.impact import IMPACTS
from settingsapp.schema.reference import entries, markdown

FILE = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def test_the_reference_in_the_docs_is_the_models() -> None:
    command = "python -m settingsapp.schema.reference > docs/settings.md"
    assert FILE.read_text() == markdown(), f"the model has changed; write it anew: {command}"


def test_every_field_stands_in_it_once_with_all_that_is_to_be_said() -> None:
    fields = [field for section in entries() for field in section.fields]
    assert sorted(field.path for field in fields) == sorted(field.pattern for field in leaf_fields())
    for field in fields:
        assert all((field.title, field.meaning, field.allowed, field.default)), field.path
        assert field.impact is IMPACTS[field.path]


def test_every_part_has_a_heading_of_its_own() -> None:
    headings = [section.title for section in entries()]
    assert len(set(headings)) == len(headings)
    assert "Modes: MACD-V scalper: Alert thresholds" in headings
    assert "Exchanges: each" in headings


def test_bounds_and_choices_are_told_in_words() -> None:
    allowed = {field.path: field.allowed for section in entries() for field in section.fields}
    assert allowed["position_refresh_hours"] == "a number, more than 0, at most 720"
    assert allowed["perseus_profile.trading_mode"] == "one of paper, live"
    assert allowed["exchanges.*.trade_settings.max_daily_trades"] == (
        "a whole number, at least 0, at most 100,000; or null: left open"
    )
    assert allowed["modes.position-monitor.symbolSource"] == 'always "positions"'
