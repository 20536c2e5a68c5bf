"""The history of commands in a shell."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from runtime import services
from runtime.services import Order
from settingsapp.models import UserSettings
from settingsapp.services import create_identity

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def sub() -> str:
    sub = create_identity().sub
    row = UserSettings.objects.get()
    row.settings["perseus_profile"] |= {"timezone": "Asia/Kolkata", "date_format": "DD.MM.YYYY"}
    row.save()
    for number, command in enumerate(("pause", "resume", "pause")):
        payload: dict[str, Any] = {"minutes": 5} if number == 0 else {}
        services.send(sub, Order(command, payload, id=f"c{number}"), source="shell", issued_by="ada")
    return sub


def run(*arguments: str) -> tuple[list[str], str]:
    """The lines that are printed for others, and what is said beside."""
    out, beside = io.StringIO(), io.StringIO()
    call_command("commandhistory", *arguments, stdout=out, stderr=beside)
    return out.getvalue().splitlines(), beside.getvalue()


def ids(*arguments: str) -> list[str]:
    return [json.loads(line)["id"] for line in run("--json", *arguments)[0]]


@pytest.mark.usefixtures("sub")
def test_each_command_is_a_line_in_the_owners_words_for_times() -> None:
    lines, beside = run()
    assert beside == ""
    assert len(lines) == 3
    assert lines[2].endswith(' UTC+5:30 pause {"minutes": 5.0} (ada, shell) queued [c0]')


@pytest.mark.usefixtures("sub")
def test_it_is_filtered_and_searched_as_everywhere() -> None:
    assert ids() == ["c2", "c1", "c0"]
    assert ids("--command", "pause", "--state", "queued,failed", "--q", "MINUTES") == ["c0"]
    assert ids("--command", "resume", "--command", "status", "--issued-by", "ada", "--source", "shell") == ["c1"]
    assert ids("--outcome", "succeeded") == ids("--to", "2026-01-01") == []
    assert ids("--from", "2026-01-01", "--before", "c1") == ["c0"]


@pytest.mark.usefixtures("sub")
def test_it_says_how_to_go_on() -> None:
    lines, beside = run("--limit", "2")
    assert len(lines) == 2
    assert beside == "There are older ones: --before c1\n"
    assert run("--limit", "2", "--before", "c1")[1] == ""


@pytest.mark.usefixtures("sub")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--command", "paus"), "--command: 'paus' is not a command.*did you mean 'pause'"),
        (("--from", "noon"), "--from: a time"),
        (("--issued-by", ""), "--issued-by: a text of 1 to 150"),
        (("--before", "gone"), "no command gone in the last seven days"),
        (("--limit", "0"), "--limit: a whole number from 1 to 1000"),
        (("--sub", "nobody"), "no identity"),
    ],
)
def test_what_is_no_filter_is_an_error_that_says_what_would_be_right(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*arguments)
