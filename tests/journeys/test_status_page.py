"""The status page in a real browser, before the real product: what it shows when all is well, and when it isn't."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from runtime.live import words
from runtime.live.presentation import presentation_of
from runtime.protocol.confirmation import what_is_lost
from settingsapp.schema.impact import EXPLAINED
from tests.browsing import noted
from tests.running import RunningLivermore
from tests.runtime.live.cases import (
    AGES,
    ALERTS,
    CACHES,
    COMMAND_STATES,
    DELIVERIES,
    DURATIONS,
    MACDVS,
    MOMENTS,
    NUMBERS,
    PRICED,
    PROFILES,
    SHARES,
    SIZES,
    STATUSES,
)

pytestmark = pytest.mark.browser

NOW = 100_000


@pytest.fixture
def page(browser: Browser, livermore_up: RunningLivermore, signed_in: Any) -> Iterator[Page]:
    """The status page, signed in; nothing may go wrong in it unseen."""
    context = browser.new_context(base_url=livermore_up.base_url, storage_state=signed_in)
    page = context.new_page()
    wrong = noted(page)
    page.goto("/")
    yield page
    context.close()
    assert wrong == []


def web_pid(livermore: RunningLivermore) -> int:
    """The process that answers for this installation."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                arguments = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"livermore.asgi:application" in arguments and f"port={livermore.port}:".encode() in arguments:
                return int(process.name)
    raise AssertionError("no web server is running")


def is_live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Live", timeout=10_000)


def test_a_wrong_password_is_said_and_the_name_is_kept(browser: Browser, livermore_up: RunningLivermore) -> None:
    context = browser.new_context(base_url=livermore_up.base_url)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("correct")
    expect(page.get_by_label("User name")).to_have_value("admin")
    context.close()


@pytest.mark.stores
def test_the_page_shows_the_engine_at_a_glance(page: Page) -> None:
    is_live(page)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=20_000)
    expect(page.locator("#versions")).to_have_text("engine runs version 1")
    expect(page.locator("#mode")).to_have_text("scalper-macdv")
    expect(page.locator("#market-notice")).to_have_text("simulated market – invented prices")
    expect(page.locator("#readings-rows tr").first).to_be_visible()


@pytest.mark.stores
def test_the_first_paint_holds_real_state_without_any_script(
    browser: Browser, livermore_up: RunningLivermore, signed_in: Any
) -> None:
    context = browser.new_context(base_url=livermore_up.base_url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#state-word")).to_have_text("Running")
    expect(page.locator("#versions")).to_have_text("engine runs version 1")
    expect(page.locator("#readings-rows tr").first).to_contain_text("ADA-USD")
    expect(page.locator("#readings-rows td .stage").first).to_be_visible()
    context.close()


def test_script_and_server_say_the_same_words(page: Page) -> None:
    cases = json.dumps(
        {
            "commands": COMMAND_STATES,
            "statuses": STATUSES,
            "alerts": ALERTS,
            "numbers": NUMBERS,
            "ages": AGES,
            "durations": DURATIONS,
            "macdvs": MACDVS,
            "sizes": SIZES,
            "caches": CACHES,
            "shares": SHARES,
            "now": NOW,
        }
    )
    said = page.evaluate(
        """async (text) => {
            const words = await import("/static/runtime/words.js");
            const cases = JSON.parse(text);
            return {
                commands: cases.commands.map((one) => Object.values(words.commandFace(one))),
                faces: cases.statuses.map((one) => Object.values(words.face(one.state))),
                sentences: cases.statuses.map((one) => words.sentence(one, cases.now)),
                versions: cases.statuses.map((one) => [words.versions(one), words.versionsTone(one)]),
                drifts: cases.statuses.map((one) => [
                    words.versions(one, (ms) => `at ${ms}`),
                    words.wanted(one, "mode", (ms) => `at ${ms}`),
                    words.wanted(one, "paused", (ms) => `at ${ms}`),
                ]),
                labels: cases.statuses.flatMap((one) => one.exchanges.map(words.exchangeLabel)),
                happened: cases.alerts.map(words.happened),
                values: cases.alerts.map((one) => words.values(one)),
                numbers: cases.numbers.map(words.number),
                ages: cases.ages.map(words.ago),
                durations: cases.durations.map(words.duration),
                tones: words.EXCHANGE_TONES,
                stages: words.STAGE_TONES,
                impacts: words.IMPACTS,
                macdvs: cases.macdvs.map(words.macdv),
                sizes: cases.sizes.map(words.size),
                rates: cases.caches.map(words.hitRate),
                shares: cases.shares.map(words.confirmed),
                stale: cases.statuses.map((one) => words.staleOn("simulated", one.staleSeries)),
            };
        }""",
        cases,
    )
    at = "at {}".format
    assert said == {
        "commands": [list(words.command_face(one)) for one in COMMAND_STATES],
        "faces": [list(words.face(one["state"])) for one in STATUSES],
        "sentences": [words.sentence(one, NOW) for one in STATUSES],
        "versions": [[words.versions(one), words.versions_tone(one)] for one in STATUSES],
        "drifts": [
            [words.versions(one, at), words.wanted(one, "mode", at), words.wanted(one, "paused", at)]
            for one in STATUSES
        ],
        "labels": [words.exchange_label(exchange) for one in STATUSES for exchange in one["exchanges"]],
        "happened": [words.happened(one) for one in ALERTS],
        "values": [[list(pair) for pair in words.values(one)] for one in ALERTS],
        "numbers": [words.number(one) for one in NUMBERS],
        "ages": [words.ago(one) for one in AGES],
        "durations": [words.duration(one) for one in DURATIONS],
        "tones": words.EXCHANGE_TONES,
        "stages": words.STAGE_TONES,
        "impacts": dict(EXPLAINED),
        "macdvs": [words.macdv(one) for one in MACDVS],
        "sizes": [words.size(one) for one in SIZES],
        "rates": [words.hit_rate(one) for one in CACHES],
        "shares": [words.confirmed(one) for one in SHARES],
        "stale": [words.stale_on("simulated", one["staleSeries"]) for one in STATUSES],
    }


def test_script_and_server_show_things_alike(page: Page) -> None:
    presentations = [presentation_of(profile) for profile in PROFILES]
    cases = {
        "bodies": [one.body() for one in presentations],
        "moments": MOMENTS,
        "numbers": NUMBERS,
        "priced": PRICED,
        "deliveries": DELIVERIES,
    }
    said = page.evaluate(
        """async (text) => {
            const { Presentation } = await import("/static/runtime/presentation.js");
            const words = await import("/static/runtime/words.js");
            const cases = JSON.parse(text);
            const all = cases.bodies.map((body) => new Presentation(body));
            return {
                moments: all.map((one) => cases.moments.map((ms) => [one.absolute(ms), one.clock(ms)])),
                brief: all.map((one) => cases.moments.map((ms) => one.briefly(ms, ms + 30_000_000))),
                numbers: all.map((one) => cases.numbers.map((value) => one.number(value))),
                priced: all.map((one) => cases.priced.map((value) => one.value(...value))),
                deliveries: cases.deliveries.map(words.delivery),
            };
        }""",
        json.dumps(cases),
    )
    assert said == {
        "moments": [[[one.absolute(ms), one.clock(ms)] for ms in MOMENTS] for one in presentations],
        "brief": [[one.briefly(ms, ms + 30_000_000) for ms in MOMENTS] for one in presentations],
        "numbers": [[one.number(value) for value in NUMBERS] for one in presentations],
        "priced": [[one.value(*value) for value in PRICED] for one in presentations],
        "deliveries": [words.delivery(one) for one in DELIVERIES],
    }


@pytest.mark.stores
def test_a_change_of_the_profile_shows_on_an_open_page_at_once(page: Page, livermore_up: RunningLivermore) -> None:
    is_live(page)
    expect(page.locator("#trading-mode")).to_have_text("paper")
    changed = {"public_name": "Jesse", "trading_mode": "live", "timezone": "Asia/Kolkata", "date_format": "DD.MM.YYYY"}
    before = {"public_name": "Trader", "trading_mode": "paper", "timezone": "UTC", "date_format": "YYYY-MM-DD"}
    patch_profile(page, changed)
    expect(page.locator("#trading-mode")).to_have_text("live")
    expect(page.locator("#public-name")).to_have_text("Jesse")
    expect(page.locator("#started time")).to_have_attribute("title", re.compile(r"^\d\d\.\d\d\.\d{4} .* UTC\+5:30$"))
    page.reload()
    expect(page.locator("#trading-mode")).to_have_text("live")
    is_live(page)
    patch_profile(page, before)
    expect(page.locator("#trading-mode")).to_have_text("paper")


def patch_profile(page: Page, fields: dict[str, str]) -> None:
    """Change the profile through the API, as this page's login."""
    status = page.evaluate(
        """async (body) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const headers = { "Content-Type": "application/merge-patch+json", "X-CSRFToken": token };
            return (await fetch("/api/v1/settings", { method: "PATCH", headers, body })).status;
        }""",
        json.dumps({"perseus_profile": fields}),
    )
    assert status == 200


@pytest.mark.stores
def test_pause_and_resume_tell_their_way_to_the_result(page: Page) -> None:
    is_live(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#command-progress")).to_contain_text("succeeded")
    expect(page.locator("#state-word")).to_have_text("Paused", timeout=2_000)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#state-word")).to_have_text("Running", timeout=3_000)


def test_what_throws_something_away_is_sent_once_it_is_confirmed_and_told_to_its_end(page: Page) -> None:
    is_live(page)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=20_000)
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None)
    page.evaluate(
        """() => {
            window.told = [];
            const progress = document.getElementById("command-progress");
            new MutationObserver(() => window.told.push(progress.textContent)).observe(progress, { childList: true });
        }"""
    )
    opener = page.get_by_role("button", name="Clear cache…")
    dialog = page.get_by_role("dialog", name="Clear the cache?")
    confirm = dialog.get_by_role("button", name="Throw it away")

    opener.click()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Everything").check()
    expect(dialog.locator("#clear-cache-loss")).to_have_text(str(what_is_lost("clear-cache", {"scope": "all"})))
    for key in ("Tab", "Shift+Tab"):
        reached = set()
        for _ in range(6):
            page.keyboard.press(key)
            reached.add(page.evaluate("document.activeElement.closest('dialog') && document.activeElement.value"))
        assert reached == {"", "all", "confirmed"}
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    opener.click()
    dialog.get_by_label("One symbol").check()
    dialog.get_by_label("Symbol", exact=True).select_option("simulated:ETH-USD")
    expect(dialog.locator("#clear-cache-loss")).to_contain_text(
        "All that is cached of simulated:ETH-USD is thrown away"
    )
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert sent == []

    opener.click()
    expect(confirm).to_be_disabled()
    dialog.get_by_label("One symbol").check()
    dialog.get_by_label("Symbol", exact=True).select_option("simulated:ETH-USD")
    confirm.click()
    expect(page.locator("#command-progress")).to_contain_text("clear-cache: succeeded")
    assert [(one["command"], one["payload"]) for one in sent] == [
        ("clear-cache", {"scope": "symbol", "symbol": "simulated:ETH-USD"})
    ]
    told = [text.removeprefix("clear-cache: ").partition(" – ")[0] for text in page.evaluate("window.told")]
    assert (told[0], told[-2:]) == ("sending…", ["acknowledged", "succeeded"])
    assert set(told) <= {"sending…", "queued", "acknowledged", "succeeded"}


@pytest.mark.stores
def test_the_history_is_filtered_and_searched_without_any_script(
    browser: Browser, livermore_up: RunningLivermore, signed_in: Any
) -> None:
    context = browser.new_context(
        base_url=livermore_up.base_url,
        storage_state=signed_in,
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    token = next(cookie for cookie in signed_in["cookies"] if cookie["name"] == "csrftoken")
    for command_id in ("find-me", "not-me"):
        sent = context.request.post(
            "/api/v1/runtime/commands?wait=10",
            data={"command": "status", "id": command_id},
            headers={"X-CSRFToken": token["value"]},
        )
        assert sent.json()["outcome"] == "succeeded"
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="all commands").click()
    rows = page.locator(".records tbody tr")
    expect(rows.first).to_contain_text("Succeeded")
    page.get_by_label("Search", exact=True).fill("FIND-me")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("status", exact=True).check()
    page.get_by_label("succeeded", exact=True).check()
    page.get_by_label("Queued from").fill("2026-01-01T00:00:00")
    page.get_by_role("button", name="Search").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("succeeded", exact=True)).to_be_checked()
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")
    page.get_by_role("link", name="status", exact=True).click()
    expect(page.locator(".record")).to_contain_text("find-me")
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")
    page.go_back()
    page.get_by_label("Queued to").fill("2025-01-01T00:00:00")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#wanted-from-error")).to_contain_text("a time that is not after")
    expect(page.get_by_label("Search", exact=True)).to_have_value("FIND-me")
    context.close()


@pytest.mark.stores
def test_a_page_comes_back_by_itself_when_the_web_server_was_killed(page: Page, livermore_up: RunningLivermore) -> None:
    is_live(page)
    page.evaluate("window.stayed = true")
    os.kill(web_pid(livermore_up), signal.SIGKILL)
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    expect(page.locator("#connection")).to_have_text("Live", timeout=30_000)
    expect(page.locator("#state-word")).to_have_text("Running")
    assert page.evaluate("window.stayed")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (2560, "dark")])
def test_nothing_is_cut_off_on_any_screen(page: Page, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    is_live(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.stores
def test_nothing_is_shown_as_running_once_the_server_is_silent(page: Page, livermore_up: RunningLivermore) -> None:
    is_live(page)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=20_000)
    web = web_pid(livermore_up)
    os.kill(web, signal.SIGSTOP)
    try:
        expect(page.locator("#state-word")).to_have_text("Offline", timeout=7_000)
        expect(page.locator("#state-sentence")).to_contain_text("last heard")
    finally:
        os.kill(web, signal.SIGCONT)
    is_live(page)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=10_000)
