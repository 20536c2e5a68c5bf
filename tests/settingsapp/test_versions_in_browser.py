"""A token, two saves with it, and the way back, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, APIResponse, Page, Playwright, expect, sync_playwright

from tests.running import PASSWORD, RunningLivermore, chromium

pytestmark = pytest.mark.browser

SETTINGS = "/api/v1/settings"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def page(playwright: Playwright, livermore_up: RunningLivermore) -> Iterator[Page]:
    """An admin's browser, as narrow as a telephone; nothing may appear in its console."""
    browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(base_url=livermore_up.base_url, viewport={"width": 400, "height": 800})
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto("/login/?next=/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#user-tools")).to_be_visible()
    yield page
    browser.close()
    assert troubles == []


def a_program(playwright: Playwright, base_url: str, secret: str) -> APIRequestContext:
    headers = {"Authorization": f"Bearer {secret}"}
    return playwright.request.new_context(base_url=base_url, extra_http_headers=headers)


def named(program: APIRequestContext, name: str) -> APIResponse:
    change: Any = {"perseus_profile": {"public_name": name}}
    return program.patch(SETTINGS, data=change)


def test_a_token_is_made_and_used_what_it_saved_is_turned_back_and_the_token_revoked(
    page: Page, playwright: Playwright, livermore_up: RunningLivermore
) -> None:
    page.goto("/admin/settingsapp/apitoken/add/")
    page.fill("input[name=name]", "notebook")
    page.get_by_label("admin", exact=True).check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator("#new-token").inner_text().strip()
    program = a_program(playwright, livermore_up.base_url, secret)
    version = named(program, "Ada").json()["version"]
    assert named(program, "Grace").json()["version"] == version + 1

    page.goto("/admin/settingsapp/usersettings/")
    page.get_by_role("link", name="History", exact=True).click()
    newest = page.locator("#change-history tbody tr").first
    expect(newest).to_contain_text("perseus_profile.public_name: Ada → Grace")
    expect(newest).to_contain_text("token notebook")
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    page.get_by_role("link", name=f"Version {version}", exact=True).click()
    expect(page.locator(".differences")).to_have_text("perseus_profile.public_name: Grace → Ada")
    page.get_by_role("link", name=f"Restore version {version}…").click()
    page.get_by_role("button", name=f"Restore version {version}").click()
    expect(page.locator(".messagelist")).to_have_text(f"Restored version {version}; it is version {version + 2} now.")
    assert program.get(SETTINGS).json()["settings"]["perseus_profile"]["public_name"] == "Ada"

    page.goto("/admin/settingsapp/apitoken/")
    page.get_by_role("link", name="notebook").click()
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke notebook").click()
    expect(page.locator(".messagelist")).to_have_text("Revoked the API token notebook.")
    refused = program.get(SETTINGS)
    assert (refused.status, refused.json()["error"]) == (401, "bad_token")
    program.dispose()
