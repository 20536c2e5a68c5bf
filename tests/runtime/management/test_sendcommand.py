"""Commands from a shell: what is sent at once, and what is asked about first."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from runtime import services
from settingsapp.services import create_identity

# Which identity is meant is asked in a thread of its own, with a connection that sees only what is committed.
pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

CLEAR = ("clear-cache", "--payload", '{"scope": "candles"}')


class Terminal(io.StringIO):
    """A keyboard at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def sub() -> str:
    return create_identity().sub


def run(*arguments: str) -> tuple[str, str]:
    """What a command prints for others, and what it says beside."""
    out, beside = io.StringIO(), io.StringIO()
    call_command("sendcommand", *arguments, stdout=out, stderr=beside)
    return out.getvalue(), beside.getvalue()


def sent(sub: str) -> list[tuple[str, Any]]:
    return [(record.command, record.payload) for record in services.command_history(sub)]


def test_what_loses_nothing_is_sent_at_once(sub: str) -> None:
    out, beside = run("pause", "--payload", '{"minutes": 5}', "--json")
    assert json.loads(out)["state"] == "queued"
    assert beside == ""
    assert sent(sub) == [("pause", {"minutes": 5})]


def test_what_loses_something_is_refused_without_a_terminal_and_says_how_to_confirm_it(
    sub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError, match=r"All cached candles are thrown away.*add --yes") as refused:
        run(*CLEAR)
    assert refused.value.returncode == 1
    assert sent(sub) == []


def test_yes_confirms_it_beforehand(sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "queued" in run(*CLEAR, "--yes")[0]
    assert sent(sub) == [("clear-cache", {"scope": "candles"})]


@pytest.mark.parametrize("answer", ["y\n", " YES \n"])
def test_on_a_terminal_it_asks_and_says_what_will_be_lost(
    sub: str, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    out, beside = run(*CLEAR, "--json")
    assert "All cached candles are thrown away" in beside
    assert beside.endswith("Send clear-cache? [y/N] ")
    assert json.loads(out)["state"] == "queued"
    assert len(sent(sub)) == 1


def test_any_other_answer_sends_nothing(sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in ("n\n", "\n", "", "yessir\n"):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        with pytest.raises(CommandError, match="nothing was sent"):
            run(*CLEAR)
    assert sent(sub) == []


def test_who_interrupts_the_question_sends_nothing(sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setattr(terminal, "readline", interrupted)
    monkeypatch.setattr("sys.stdin", terminal)
    with pytest.raises(CommandError, match="nothing was sent"):
        run(*CLEAR)
    assert sent(sub) == []


def test_what_is_wrong_with_it_is_said_before_anything_is_asked(sub: str) -> None:
    with pytest.raises(CommandError, match=r"payload\.scope"):
        run("clear-cache", "--payload", '{"scope": "everything"}')
    with pytest.raises(CommandError, match="no identity"):
        run(*CLEAR, "--sub", "nobody")
