"""A new owner's first hour, with the real product in a real browser: settings, pause, a killed engine, its return."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from playwright.sync_api import Browser, Page, expect

from tests.running import RunningLivermore, an_installation, wait_until

pytestmark = [pytest.mark.stores, pytest.mark.browser]

STATE_WORD = "#state-word"


@pytest.fixture
def livermore() -> Iterator[RunningLivermore]:
    with an_installation() as installation:
        yield installation.start()


def signed_in(browser: Browser, livermore: RunningLivermore) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{livermore.base_url}/")
    page.fill("input[name=username]", livermore.username)
    page.fill("input[name=password]", livermore.password)
    page.keyboard.press("Enter")
    expect(page.locator(STATE_WORD)).to_have_text("Running", timeout=20_000)
    return page


def engine_pid(livermore: RunningLivermore) -> int:
    """The process id of the engine that runs on the installation's data directory."""
    marker = f"LIVERMORE_DATA_DIR={livermore.data_dir}".encode()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"runengine" in command and marker in environment:
            return int(process.name)
    return 0


def test_an_owner_changes_a_setting_pauses_and_finds_the_engine_paused_after_a_crash(
    browser: Browser, livermore: RunningLivermore
) -> None:
    page = signed_in(browser, livermore)
    expect(page.locator("#versions")).to_contain_text("engine runs version 1")

    # A setting is changed in the admin, and the engine follows within two seconds.
    admin = page.context.new_page()
    admin.goto(f"{livermore.base_url}/admin/settingsapp/usersettings/")
    admin.locator('select[name$="§risk_tolerance"]').select_option("high")
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.locator("dialog[open]").get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("Saved version 2.")).to_be_visible()
    expect(page.locator("#versions")).to_contain_text("engine runs version 2", timeout=2_000)

    # A pause from the shell is acknowledged, succeeds, and shows within a second.
    sent = livermore.manage("sendcommand", "pause", "--wait", "5")
    assert sent.returncode == 0, sent.stderr
    assert "acknowledged" in sent.stdout
    assert "succeeded: paused" in sent.stdout
    expect(page.locator(STATE_WORD)).to_have_text("Paused", timeout=1_000)
    page.evaluate(_WATCH_WORDS)

    # Killed while nobody can start it again: the page says so within five seconds.
    os.kill(livermore.pid, signal.SIGSTOP)
    try:
        os.kill(engine_pid(livermore), signal.SIGKILL)
        expect(page.locator(STATE_WORD)).to_have_text("Offline", timeout=5_000)
    finally:
        os.kill(livermore.pid, signal.SIGCONT)

    # With its supervisor back it is started again within ten seconds, still paused, and never shown running.
    expect(page.locator(STATE_WORD)).to_have_text("Paused", timeout=10_000)
    assert "Running" not in page.evaluate("() => window.wordsShown")
    status = livermore.manage("sendcommand", "status", "--wait", "5", "--json")
    told = json.loads(status.stdout.splitlines()[-1])["data"]
    assert told["desired"]["paused"] is True
    assert told["settingsVersion"] == 2

    resumed = livermore.manage("sendcommand", "resume", "--wait", "5")
    assert resumed.returncode == 0, resumed.stderr
    expect(page.locator(STATE_WORD)).to_have_text("Running", timeout=10_000)


def test_a_command_published_by_hand_gets_its_acknowledgement_and_its_result(livermore_up: RunningLivermore) -> None:
    url = livermore_up.environment.get("REDIS_URL") or f"unix://{livermore_up.data_dir}/valkey.sock"
    sub = json.loads(livermore_up.manage("shell", "-c", _PRINT_SUB).stdout.splitlines()[-1])
    client = redis.Redis.from_url(url)
    with client, client.pubsub() as responses:
        responses.subscribe(f"livermore:responses:{sub}")
        responses.get_message(timeout=5)
        wait_until(lambda: client.pubsub_numsub(f"livermore:commands:{sub}")[0][1] > 0, what="the engine listening")
        # Written from the protocol alone, as another program would.
        client.publish(
            f"livermore:commands:{sub}",
            '{"id":"by-hand-1","command":"pause","timestamp":1769817600000,"source":"admin"}',
        )
        heard: list[dict[str, Any]] = []
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and [m["type"] for m in heard] != ["ack", "result"]:
            message = responses.get_message(ignore_subscribe_messages=True, timeout=1)
            if message is not None:
                heard.append(json.loads(message["data"]))
    assert [message["type"] for message in heard] == ["ack", "result"]
    assert {message["commandId"] for message in heard} == {"by-hand-1"}
    assert heard[1]["success"] is True
    assert heard[1]["outcome"] == "succeeded"


_WATCH_WORDS = """() => {
    const word = document.querySelector('#state-word');
    window.wordsShown = [];
    new MutationObserver(() => window.wordsShown.push(word.textContent.trim()))
        .observe(word, {childList: true, characterData: true, subtree: true});
}"""
_PRINT_SUB = "import json; from settingsapp.identities import only_identity; print(json.dumps(only_identity()))"
