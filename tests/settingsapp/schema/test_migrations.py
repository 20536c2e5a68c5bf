"""Documents of earlier forms."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.document import SCHEMA_VERSION, default_document
from settingsapp.schema.migrations import STEPS, NewerSchemaError, migrated
from settingsapp.schema.validation import InvalidSettingsError, read_saved, validate, validate_file
from tests.settingsapp.schema.landscape_file import a_landscape_file


def test_there_is_a_step_for_every_earlier_version() -> None:
    assert len(STEPS) == SCHEMA_VERSION


def test_from_0_a_settings_file_of_the_earlier_system_keeps_every_value() -> None:
    file = a_landscape_file()
    assert migrated(file) == {**file, "schema_version": 1}


def test_from_0_what_was_null_gets_its_default() -> None:
    file = a_landscape_file()
    file["scanner_symbols_last_update"] = file["scanner_exchange"] = None
    file["exchanges"]["coinbase"]["PasswordEnvironmentVariableName"] = None
    document = validate_file(file)
    assert (document.scanner_symbols_last_update, document.scanner_exchange) == ("", "")
    assert document.exchanges["coinbase"].password_variable == ""


def test_from_0_any_other_null_is_told_and_not_dropped() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        validate_file(a_landscape_file() | {"symbols": None, "unknown": None})
    assert {problem.path for problem in caught.value.problems} == {"symbols", "unknown"}


def test_the_present_form_stays_as_it_is() -> None:
    document = default_document("x").as_json()
    assert migrated(document) == document


def test_what_a_newer_program_wrote_is_told_so() -> None:
    with pytest.raises(NewerSchemaError, match="a newer Livermore"):
        migrated({"schema_version": SCHEMA_VERSION + 1})
    for read in (read_saved, validate_file):
        with pytest.raises(InvalidSettingsError) as caught:
            read({"schema_version": 99})
        assert caught.value.problems[0].path == "schema_version"


@pytest.mark.parametrize("version", ["1", 1.5, None, -1])
def test_a_version_that_is_none_is_refused_at_its_field(version: Any) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        validate_file({"schema_version": version})
    assert [problem.path for problem in caught.value.problems] == ["schema_version"]


def test_a_saved_document_of_an_earlier_form_is_read_and_not_searched_for_secrets_again() -> None:
    file = a_landscape_file()
    file["perseus_profile"]["description"] = "password: correct-h0rse"
    assert read_saved(file).perseus_profile.description == "password: correct-h0rse"
    with pytest.raises(InvalidSettingsError):
        validate(file)


@pytest.mark.parametrize("data", [None, [], "x", 7])
def test_what_is_no_object_is_no_document(data: Any) -> None:
    with pytest.raises(InvalidSettingsError):
        read_saved(data)


@given(st.dictionaries(st.sampled_from(sorted(a_landscape_file())), st.none() | st.integers() | st.lists(st.none())))
def test_steps_take_any_content(data: dict[str, Any]) -> None:
    assert migrated(data)["schema_version"] == SCHEMA_VERSION
