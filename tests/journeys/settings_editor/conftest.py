"""One product and one browser for all that is tried in the editor."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browsing import a_browser
from tests.journeys.settings_editor.editor_tab import WIDE, EditorTab
from tests.running import PASSWORD, RunningLivermore, an_installation


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with a_browser() as launched:
        yield launched


@pytest.fixture(scope="package")
def livermore_up() -> Iterator[RunningLivermore]:
    """One whose engine has a variable that an exchange may name."""
    with an_installation(COINBASE_SECRET_OF_THE_TEST="its value") as installation:
        yield installation.start()


@pytest.fixture(scope="package")
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
def desk(new_context: Callable[..., BrowserContext]) -> EditorTab:
    return EditorTab(new_context().new_page())
