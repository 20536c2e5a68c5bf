"""The settings editor as its owner meets it: form and JSON, what is wrong, what would change, drafts, other tabs."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.running import PASSWORD, RunningLivermore, chromium

pytestmark = pytest.mark.browser

EDITOR = "/admin/settingsapp/usersettings/"
PROFILE = "rjf§perseus_profile§"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

COLLECT_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => window.violations.push(
  `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class Desk:
    """One tab of a login's browser, with all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda m: self.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.add_init_script(COLLECT_VIOLATIONS)

    def open(self) -> "Desk":
        self.page.goto(EDITOR)
        expect(self.page.locator(".editor.ready")).to_be_attached(timeout=15_000)
        return self

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[name='{name}']")

    @property
    def text(self) -> str:
        return str(self.page.evaluate("ace.edit('json-text').getValue()"))

    def until_text(self, condition: str, expected: Any = None) -> None:
        """Wait until the JSON's text, as `text`, fulfils a JavaScript condition."""
        self.page.wait_for_function(
            f"(expected) => {{ const text = ace.edit('json-text').getValue(); return {condition}; }}", arg=expected
        )

    def write(self, before: str, after: str) -> None:
        """Replace a piece of the JSON as somebody would who types."""
        self.page.evaluate(
            """([before, after]) => {
              const editor = ace.edit("json-text");
              editor.focus();
              editor.find(before, { caseSensitive: true, wrap: true, start: { row: 0, column: 0 } });
              editor.insert(after);
            }""",
            [before, after],
        )

    def row_of(self, name: str) -> Locator:
        return self.page.locator(".rjf-form-row", has=self.field(name)).last

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def confirm(self) -> None:
        self.page.locator("dialog[open]").get_by_role("button", name="Save", exact=True).click()

    def told(self, text: str) -> None:
        expect(self.page.locator("#toast-successes")).to_contain_text(text)

    def refused(self, text: str) -> None:
        expect(self.page.locator("#toast-failures")).to_contain_text(text)

    def banner(self, kind: str) -> Locator:
        return self.page.locator(f".banner[data-kind={kind}]")

    def unsaved(self, yes: bool) -> None:
        expect(self.page.locator("#unsaved")).to_be_visible(visible=yes)

    def saved(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.page.request.get("/api/v1/settings").json()
        return answer

    def patch(self, changes: dict[str, Any]) -> int:
        """Save something elsewhere; returns the new version."""
        cookie = next(c for c in self.page.context.cookies() if c["name"] == "csrftoken")
        answer = self.page.request.patch(
            "/api/v1/settings",
            data=json.dumps(changes),
            headers={"X-CSRFToken": cookie["value"], "Content-Type": "application/merge-patch+json"},
        )
        assert answer.status == 200, answer.text()
        return int(answer.json()["version"])

    def untroubled(self) -> None:
        assert self.troubles == []
        assert self.page.evaluate("window.violations") == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(quiet))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, livermore_up: RunningLivermore) -> Any:
    context = browser.new_context(base_url=livermore_up.base_url)
    page = context.new_page()
    page.goto("/login/?next=/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#user-tools")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def new_context(browser: Browser, livermore_up: RunningLivermore, cookies: Any) -> Iterator[Callable[..., Any]]:
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        options = {"viewport": WIDE} | options
        contexts.append(browser.new_context(base_url=livermore_up.base_url, storage_state=cookies, **options))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def desk(new_context: Callable[..., BrowserContext]) -> Desk:
    return Desk(new_context().new_page())


def test_the_json_follows_the_form(desk: Desk) -> None:
    desk.open().field(f"{PROFILE}public_name").fill("Jesse")
    desk.until_text("JSON.parse(text).perseus_profile.public_name === 'Jesse'")
    desk.unsaved(yes=True)
    desk.field("rjf§symbols").fill("BTC-USD\n\n ETH-USD \n")
    desk.until_text('JSON.stringify(JSON.parse(text).symbols) === \'["BTC-USD","ETH-USD"]\'')
    expect(desk.field("rjf§symbols")).to_have_value("BTC-USD\n\n ETH-USD \n")
    reversal = desk.field("rjf§modes§scalper-macdv§alertThresholds§reversal")
    reversal.select_option("no")
    desk.until_text("JSON.parse(text).modes['scalper-macdv'].alertThresholds.reversal === false")
    reversal.select_option("open")
    desk.until_text("JSON.parse(text).modes['scalper-macdv'].alertThresholds.reversal === null")
    desk.untroubled()


def test_the_form_follows_the_json_and_the_cursor_stays_where_it_was(desk: Desk) -> None:
    before = desk.open().saved()["settings"]["perseus_profile"]["currency"]
    desk.write(f'"currency": "{before}"', '"currency": "EUR"')
    expect(desk.field(f"{PROFILE}currency")).to_have_value("EUR")
    cursor = desk.page.evaluate("ace.edit('json-text').getCursorPosition()")
    desk.page.keyboard.type(" ")
    after = desk.page.evaluate("ace.edit('json-text').getCursorPosition()")
    assert after == {"row": cursor["row"], "column": cursor["column"] + 1}
    desk.field(f"{PROFILE}description").press_sequentially("typed on")
    expect(desk.field(f"{PROFILE}description")).to_be_focused()
    desk.until_text("JSON.parse(text).perseus_profile.description.endsWith('typed on')")
    desk.page.evaluate("while (ace.edit('json-text').session.getUndoManager().canUndo()) ace.edit('json-text').undo()")
    expect(desk.field(f"{PROFILE}currency")).to_have_value(before)
    desk.unsaved(yes=False)
    desk.untroubled()


def test_broken_json_is_told_at_its_line_and_never_reaches_the_form(desk: Desk) -> None:
    desk.open().write('"currency":', '"currency"')
    problems = desk.page.locator("#problems")
    line = desk.text[: desk.text.index('"currency"')].count("\n") + 1
    expect(problems).to_have_text(f'1 problem: line {line}, a colon is expected after "currency"; here stands "\\""')
    expect(desk.page.locator("#form-note")).to_contain_text(f"line {line} of the JSON")
    marked = desk.page.evaluate("ace.edit('json-text').session.getAnnotations()")
    assert [(one["row"] + 1, one["type"]) for one in marked] == [(line, "error")]
    expect(desk.field(f"{PROFILE}currency")).to_have_value(desk.saved()["settings"]["perseus_profile"]["currency"])
    desk.save()
    desk.refused("Not saved: there is 1 problem.")
    desk.page.evaluate("ace.edit('json-text').undo()")
    expect(problems).to_be_hidden()
    expect(desk.page.locator("#form-note")).to_be_hidden()
    desk.untroubled()


def test_json_of_the_wrong_shape_is_told_and_the_form_comes_back_with_the_right_one(desk: Desk) -> None:
    desk.open().write('"exchanges": {', '"exchanges": [], "more": {')
    expect(desk.page.locator("#form-note")).to_contain_text("(exchanges) – is an object")
    expect(desk.field("rjf§exchanges§simulated§enabled")).to_be_attached()
    desk.page.evaluate("ace.edit('json-text').undo()")
    expect(desk.page.locator("#form-note")).to_be_hidden()
    desk.field(f"{PROFILE}public_name").fill("still works")
    desk.until_text("text.includes('still works')")
    desk.untroubled()


def test_what_is_wrong_is_told_while_typing_under_the_field_and_at_the_line(desk: Desk) -> None:
    desk.open().field(f"{PROFILE}timezone").fill("Mars/Olympus")
    wrong = desk.row_of(f"{PROFILE}timezone")
    expect(wrong.locator(".rjf-error-text")).to_contain_text("is not a time zone")
    expect(desk.field(f"{PROFILE}timezone")).to_have_attribute("aria-invalid", "true")
    line = desk.text[: desk.text.index('"timezone"')].count("\n") + 1
    expect(desk.page.locator("#problems")).to_contain_text(f"line {line}, perseus_profile.timezone")
    desk.field("rjf§symbols").fill("BTC-USD\neth usd")
    symbols = desk.row_of("rjf§symbols").locator(".rjf-error-text")
    expect(symbols).to_contain_text("line 2: a symbol is written as its exchange writes it")
    expect(desk.page.locator("#problems")).to_contain_text("2 problems")
    desk.field(f"{PROFILE}timezone").fill("America/New_York")
    expect(wrong.locator(".rjf-error-text")).to_have_count(0)
    desk.page.locator("#problems").click()
    assert desk.page.evaluate("ace.edit('json-text').isFocused()")
    desk.untroubled()


def test_saving_shows_the_difference_and_its_impact_asks_and_says_that_it_is_done(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    desk.field("rjf§symbols").fill("BTC-USD\nETH-USD\nUNI-USD")
    desk.save()
    asked = desk.page.locator("dialog[open]")
    expect(asked).to_contain_text("Also watched: simulated:UNI-USD")
    expect(asked).to_contain_text("No longer watched:")
    expect(asked.locator(".impact").first).to_have_text("The engine resubscribes")
    asked.get_by_role("button", name="Go on editing").click()
    expect(asked).to_have_count(0)
    assert desk.saved()["version"] == version
    desk.save()
    desk.confirm()
    desk.told(f"Saved version {version + 1}.")
    desk.unsaved(yes=False)
    expect(desk.page.locator(".field-version .readonly")).to_have_text(str(version + 1))
    assert desk.saved()["settings"]["symbols"] == ["BTC-USD", "ETH-USD", "UNI-USD"]
    expect(desk.banner("newer")).to_have_count(0)
    desk.save()
    desk.told("Nothing has changed")
    assert desk.saved()["version"] == version + 1
    desk.untroubled()


def test_the_keyboard_saves_and_discards(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    name = desk.field(f"{PROFILE}public_name")
    before = name.input_value()
    name.fill("by keyboard")
    name.press("Escape")
    expect(desk.dialog("Discard your unsaved changes?")).to_contain_text(f"{before} → by keyboard")
    desk.page.keyboard.press("Escape")
    expect(name).to_have_value("by keyboard")
    name.press("Escape")
    desk.dialog("Discard your unsaved changes?").get_by_role("button", name="Discard").click()
    expect(name).to_have_value(before)
    desk.unsaved(yes=False)
    name.fill("saved by keyboard")
    name.press("Control+s")
    expect(desk.dialog("Save 1 change?").get_by_role("button", name="Save")).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.told(f"Saved version {version + 1}.")
    assert desk.saved()["settings"]["perseus_profile"]["public_name"] == "saved by keyboard"
    desk.untroubled()


def test_after_a_crash_the_draft_is_offered_and_comes_back(desk: Desk) -> None:
    desk.open().field(f"{PROFILE}description").fill("not saved yet")
    desk.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => localStorage[key].includes('not saved yet'))"
    )
    desk.page.close(run_before_unload=False)
    again = Desk(desk.page.context.new_page()).open()
    expect(again.banner("draft")).to_contain_text("You have unsaved changes from less than a minute ago.")
    again.banner("draft").get_by_role("button", name="Show the difference").click()
    expect(again.dialog("The unsaved changes")).to_contain_text("→ not saved yet")
    again.page.keyboard.press("Escape")
    again.banner("draft").get_by_role("button", name="Restore").click()
    expect(again.field(f"{PROFILE}description")).to_have_value("not saved yet")
    again.unsaved(yes=True)
    again.page.close(run_before_unload=False)
    third = Desk(desk.page.context.new_page()).open()
    third.banner("draft").get_by_role("button", name="Discard").click()
    expect(third.banner("draft")).to_have_count(0)
    assert third.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
    third.untroubled()


def test_a_draft_of_an_older_version_says_so(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    desk.field(f"{PROFILE}description").fill("begun before")
    desk.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => localStorage[key].includes('begun before'))"
    )
    desk.page.close(run_before_unload=False)
    again = Desk(desk.page.context.new_page())
    newer = again.patch({"perseus_profile": {"public_name": f"at {version + 1}"}})
    again.open()
    expect(again.banner("draft")).to_contain_text(f"begun on version {version}; version {newer} has been saved since")
    again.banner("draft").get_by_role("button", name="Show the difference").click()
    expect(again.dialog("The unsaved changes")).to_contain_text(f"at {newer} → ")
    again.page.keyboard.press("Escape")
    again.banner("draft").get_by_role("button", name="Discard").click()
    expect(again.banner("draft")).to_have_count(0)


def test_of_two_tabs_neither_loses_what_the_other_saved(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    other = Desk(desk.page.context.new_page()).open()
    other.field(f"{PROFILE}description").fill("of the other tab")
    desk.field(f"{PROFILE}public_name").fill(f"first at {version}")
    desk.save()
    desk.confirm()
    desk.told(f"Saved version {version + 1}.")
    expect(other.banner("newer")).to_contain_text(f"Version {version + 1} has been saved elsewhere by admin")
    other.banner("newer").get_by_role("button", name="Show the difference").click()
    expect(other.page.locator("dialog[open]")).to_contain_text(f"→ first at {version}")
    other.page.keyboard.press("Escape")
    other.save()
    other.refused("another version has been saved meanwhile")
    assert other.saved()["version"] == version + 1
    expect(other.field(f"{PROFILE}description")).to_have_value("of the other tab")
    other.banner("newer").get_by_role("button", name="Drop mine").click()
    expect(other.field(f"{PROFILE}public_name")).to_have_value(f"first at {version}")
    other.unsaved(yes=False)
    other.field(f"{PROFILE}description").fill("again")
    other.save()
    other.confirm()
    other.told(f"Saved version {version + 2}.")
    profile = desk.saved()["settings"]["perseus_profile"]
    assert (profile["public_name"], profile["description"]) == (f"first at {version}", "again")


def test_a_save_that_comes_too_late_is_refused_by_the_server_and_explained(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    desk.field(f"{PROFILE}description").fill(f"mine at {version}")
    desk.save()
    expect(desk.page.locator("dialog[open]")).to_contain_text(f"mine at {version}")
    desk.patch({"perseus_profile": {"public_name": f"theirs at {version}"}})
    desk.confirm()
    desk.refused("another version has been saved meanwhile")
    assert desk.saved()["settings"]["perseus_profile"]["public_name"] == f"theirs at {version}"
    desk.banner("newer").get_by_role("button", name="Keep mine").click()
    desk.save()
    expect(desk.page.locator("dialog[open]")).to_contain_text(f"theirs at {version} → ")
    desk.page.keyboard.press("Escape")


def test_an_exchange_shows_the_fields_it_needs_and_what_the_engine_has(desk: Desk) -> None:
    desk.open()
    exchanges = desk.page.locator(".exchange-adder")
    exchanges.get_by_role("combobox").select_option("coinbase")
    exchanges.get_by_role("button", name="Add exchange").click()
    exchanges.get_by_role("combobox").select_option("kucoin")
    exchanges.get_by_role("button", name="Add exchange").click()
    expect(desk.field("rjf§exchanges§coinbase§SecretEnvironmentVariableName")).to_be_visible()
    expect(desk.field("rjf§exchanges§coinbase§PasswordEnvironmentVariableName")).to_be_hidden()
    expect(desk.field("rjf§exchanges§kucoin§PasswordEnvironmentVariableName")).to_be_visible()
    desk.until_text("'kucoin' in JSON.parse(text).exchanges")
    desk.page.once("dialog", lambda dialog: dialog.accept("kraken"))
    title = desk.page.locator(".rjf-form-group-title", has_text="kucoin")
    title.get_by_role("button", name="Edit").click()
    desk.until_text("'kraken' in JSON.parse(text).exchanges && !('kucoin' in JSON.parse(text).exchanges)")
    expect(desk.field("rjf§exchanges§kraken§PasswordEnvironmentVariableName")).to_be_hidden()
    key = desk.field("rjf§exchanges§coinbase§ApiKeyEnvironmentVariableName")
    key.fill("SURELY_NOT_THERE")
    state = desk.row_of("rjf§exchanges§coinbase§ApiKeyEnvironmentVariableName").locator(".variable-state")
    expect(state).to_have_text("not saved yet")
    desk.save()
    desk.confirm()
    expect(state).to_have_text("missing", timeout=15_000)
    wrapper = desk.page.locator(".rjf-form-group-wrapper", has=desk.field("rjf§exchanges§kraken§enabled")).last
    wrapper.locator("> .rjf-form-row-controls .rjf-remove-button").click()
    desk.until_text("!('kraken' in JSON.parse(text).exchanges)")
    desk.untroubled()


def test_a_connection_is_tested_by_the_engine(desk: Desk) -> None:
    desk.open()
    simulated = desk.page.locator(".rjf-form-group-inner", has=desk.field("rjf§exchanges§simulated§enabled")).last
    simulated.get_by_role("button", name="Test connection").click()
    expect(simulated.locator(".connection-result")).to_contain_text("simulated is connected", timeout=15_000)
    desk.untroubled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_form_and_json_stand_behind_tabs(new_context: Callable[..., BrowserContext], scheme: str) -> None:
    phone = Desk(new_context(viewport=PHONE, color_scheme=scheme).new_page()).open()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    expect(phone.page.locator("#json-text")).to_be_hidden()
    expect(phone.page.get_by_role("button", name="Save", exact=True)).to_be_in_viewport()
    phone.field(f"{PROFILE}public_name").fill(f"by telephone, {scheme}")
    phone.page.get_by_role("tab", name="Form").press("ArrowRight")
    expect(phone.page.get_by_role("tab", name="JSON")).to_be_focused()
    expect(phone.page.locator("#json-text")).to_be_visible()
    expect(phone.field(f"{PROFILE}public_name")).to_be_hidden()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    phone.save()
    phone.confirm()
    phone.told("Saved version")
    assert phone.saved()["settings"]["perseus_profile"]["public_name"] == f"by telephone, {scheme}"
    phone.untroubled()
