"""axe finds nothing serious on any page, light and dark, wide and narrow."""

from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility.conftest import Visitor
from tests.accessibility.pages import NO_PAGES, QUERIES, PageAddress, every_page

# Not `stores`: what a page looks like does not depend on where its data lies.
pytestmark = pytest.mark.browser

PAGES = every_page()


def test_what_is_said_of_addresses_is_said_of_addresses_that_there_are(ids: Mapping[str, str]) -> None:
    assert {page.name for page in PAGES}.issuperset(QUERIES)
    assert {page.name for page in PAGES}.isdisjoint(NO_PAGES)
    for page in PAGES:
        assert page.path(ids).startswith("/")


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_axe_finds_nothing_serious(
    page: PageAddress, visitor: Visitor, ids: Mapping[str, str], request: pytest.FixtureRequest
) -> None:
    if page.stock and not request.config.getoption("--full"):
        pytest.skip("the framework's own page: python -m tests.long looks at it")
    tab = visitor.context.new_page()
    tab.goto(page.path(ids), wait_until="load")
    found = visitor.serious(tab)
    tab.close()
    assert found == []


def test_axe_finds_nothing_serious_for_a_stranger(stranger: Visitor) -> None:
    tab = stranger.context.new_page()
    tab.goto("/login/")
    tab.get_by_label("User name").fill("nobody")
    tab.get_by_label("Password").fill("nothing")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    found = stranger.serious(tab)
    tab.close()
    assert found == []


@pytest.mark.parametrize("path", ["/nowhere", "/admin/nowhere/", "/admin/runtime/alert/add/"])
def test_axe_finds_nothing_serious_on_pages_that_tell_an_error(visitor: Visitor, path: str) -> None:
    tab = visitor.context.new_page()
    answer = tab.goto(path)
    assert answer is not None
    assert answer.status in {403, 404}
    found = visitor.serious(tab)
    tab.close()
    assert found == []


def open_control(visitor: Visitor) -> Page:
    tab = visitor.context.new_page()
    tab.goto("/admin/control/")
    expect(tab.locator("#connection")).to_have_text("Live", timeout=15_000)
    return tab


def test_axe_finds_nothing_serious_in_the_control_panels_dialogs(visitor: Visitor) -> None:
    tab = open_control(visitor)
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    found = visitor.serious(tab)
    tab.keyboard.press("Escape")
    tab.locator('form[data-command="clear-cache"] button[type=submit]').click()
    expect(tab.get_by_role("dialog", name="Clear the cache?")).to_be_visible()
    found += visitor.serious(tab)
    tab.close()
    assert found == []
