"""The control panel in a real browser, before the real product: every control, from the press to the result."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import make_viewer, noted, sign_in
from tests.running import RunningLivermore

pytestmark = pytest.mark.browser

CONTROL = "/admin/control/"


class Panel:
    """The page of one login; nothing may go wrong in it unseen."""

    def __init__(self, browser: Browser, livermore: RunningLivermore, user: str) -> None:
        self.context = browser.new_context(base_url=livermore.base_url)
        self.page: Page = self.context.new_page()
        self.wrong = noted(self.page)
        sign_in(self.page, livermore, CONTROL, user)
        expect(self.page.locator("#connection")).to_have_text("Live", timeout=15_000)

    def offer(self, command: str) -> Locator:
        return self.page.locator(f'form[data-command="{command}"]')

    def button(self, command: str) -> Locator:
        return self.offer(command).locator("button[type=submit]")

    def sent(self, command: str) -> Locator:
        return self.offer(command).locator(".sent li").first

    def succeeds(self, command: str, message: str = "", patience: float = 15_000) -> None:
        expect(self.sent(command)).to_have_attribute("data-state", "succeeded", timeout=patience)
        expect(self.sent(command)).to_contain_text(message)
        expect(self.sent(command)).to_contain_text("ended after")

    @property
    def state(self) -> Locator:
        return self.page.locator("#state-word")


@pytest.fixture
def panel(browser: Browser, livermore_up: RunningLivermore) -> Iterator[Panel]:
    panel = Panel(browser, livermore_up, "admin")
    expect(panel.state).to_have_text("Running", timeout=30_000)
    yield panel
    panel.context.close()
    assert panel.wrong == []


@pytest.mark.stores
def test_every_control_is_told_in_its_place_from_the_press_to_the_result(panel: Panel) -> None:
    page = panel.page
    expect(panel.button("resume")).to_be_disabled()
    expect(panel.offer("resume")).to_contain_text("It is not paused.")
    panel.offer("pause").get_by_label("For how long").select_option("for 15 minutes")
    panel.button("pause").click()
    panel.succeeds("pause")
    expect(panel.sent("pause")).to_contain_text("15 min")
    expect(panel.state).to_have_text("Paused")
    expect(page.locator("#state-until time")).to_be_visible()
    panel.button("resume").click()
    panel.succeeds("resume")
    expect(panel.state).to_have_text("Running")

    expect(panel.button("switch-mode")).to_be_disabled()
    expect(panel.offer("switch-mode")).to_contain_text("in the mode scalper-macdv already")
    panel.offer("switch-mode").locator("[name=mode]").select_option("position-monitor")
    panel.button("switch-mode").click()
    panel.succeeds("switch-mode")
    expect(page.locator("#mode")).to_have_text("position-monitor")

    panel.button("rollback").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo it").click()
    panel.succeeds("rollback")
    expect(page.locator("#mode")).to_have_text("scalper-macdv")

    panel.button("reload-settings").click()
    panel.succeeds("reload-settings")
    panel.offer("add-symbol").locator("[name=symbol]").fill("UNI-USD")
    panel.button("add-symbol").click()
    panel.succeeds("add-symbol", patience=30_000)
    removal = panel.offer("remove-symbol")
    removal.locator("[name=symbol]").select_option("simulated:UNI-USD")
    panel.button("remove-symbol").click()
    page.get_by_role("dialog", name="Remove simulated:UNI-USD?").get_by_role("button", name="Cancel").click()
    expect(panel.sent("remove-symbol")).to_have_count(0)
    panel.button("remove-symbol").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
    panel.succeeds("remove-symbol")
    expect(removal.locator("option", has_text="UNI-USD")).to_have_count(0)

    backfill = panel.offer("force-backfill")
    backfill.locator("[name=symbol]").select_option("simulated:ETH-USD")
    backfill.get_by_label("5m", exact=True).check()
    panel.button("force-backfill").click()
    panel.succeeds("force-backfill", "simulated:ETH-USD · 5m", patience=30_000)
    panel.button("clear-cache").click()
    page.get_by_label("Last prices").check()
    page.get_by_role("button", name="Throw it away").click()
    panel.succeeds("clear-cache", "tickers")
    panel.button("test-connection").click()
    panel.succeeds("test-connection")

    history = page.locator("#history li")
    expect(history).to_have_count(10)
    expect(history.first).to_contain_text("test-connection")
    expect(history.first).to_contain_text("Succeeded")


def test_what_cannot_be_done_is_said_in_the_words_of_who_refuses_it(panel: Panel) -> None:
    panel.offer("add-symbol").locator("[name=symbol]").fill("not a symbol")
    panel.button("add-symbol").click()
    expect(panel.sent("add-symbol")).to_have_attribute("data-state", "not sent")
    expect(panel.sent("add-symbol")).to_contain_text("a symbol is written as its exchange writes it")
    panel.offer("add-symbol").locator("[name=symbol]").fill("NOSUCH-USD")
    panel.button("add-symbol").click()
    expect(panel.sent("add-symbol")).to_have_attribute("data-state", "refused")


def test_keys_send_what_their_buttons_do_but_not_while_one_types(panel: Panel) -> None:
    page = panel.page
    page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(overlay.get_by_text("Pause", exact=True)).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    expect(overlay).to_be_hidden()
    page.keyboard.press("a")
    expect(panel.offer("add-symbol").locator("[name=symbol]")).to_be_focused()
    page.keyboard.type("pr")
    expect(panel.sent("pause")).to_have_count(0)
    page.locator("#controls-title").click()
    page.keyboard.press("p")
    panel.succeeds("pause")
    page.keyboard.press("r")
    panel.succeeds("resume")


def test_a_viewer_sees_everything_and_is_told_why_nothing_can_be_sent(
    browser: Browser, livermore_up: RunningLivermore
) -> None:
    viewer = make_viewer(livermore_up)
    eve = Panel(browser, livermore_up, viewer)
    for command, role in (("pause", "operator"), ("clear-cache", "admin")):
        expect(eve.button(command)).to_be_disabled()
        expect(eve.offer(command)).to_contain_text(f"This needs the role {role}; yours is viewer.")
    eve.context.close()
    assert eve.wrong == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_nothing_is_cut_off_on_any_screen(panel: Panel, width: int, scheme: Any) -> None:
    panel.page.set_viewport_size({"width": width, "height": 900})
    panel.page.emulate_media(color_scheme=scheme)
    assert panel.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.stores
def test_while_the_engine_is_away_nothing_is_offered_and_a_command_under_way_is_found_again(
    panel: Panel, livermore_up: RunningLivermore
) -> None:
    page = panel.page
    engine = _engine_pid(livermore_up)
    os.kill(engine, signal.SIGSTOP)
    try:
        panel.button("pause").click()
        expect(panel.sent("pause")).to_have_attribute("data-state", "queued")
        page.reload()
        expect(panel.state).to_have_text("Offline", timeout=10_000)
        expect(page.locator("#controls-off")).to_contain_text("The engine is offline")
        expect(panel.button("pause")).to_be_disabled()
        expect(panel.sent("pause")).to_have_attribute("data-state", "queued")
    finally:
        os.kill(engine, signal.SIGCONT)
    panel.succeeds("pause", patience=30_000)
    expect(panel.state).to_have_text("Paused", timeout=30_000)
    panel.button("resume").click()
    panel.succeeds("resume")


def _engine_pid(livermore: RunningLivermore) -> int:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                arguments = (process / "cmdline").read_bytes()
                environment = (process / "environ").read_bytes()
            except OSError:
                continue
            if b"runengine" in arguments and str(livermore.data_dir).encode() in environment:
                return int(process.name)
    raise AssertionError("no engine is running")
