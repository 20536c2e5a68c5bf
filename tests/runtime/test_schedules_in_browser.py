"""The schedules' pages in a real browser: what is typed shows when it would be due."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from settingsapp.accounts import Role
from settingsapp.models import UserSettings
from settingsapp.services import create_identity
from tests.browsing import a_browser
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/runtime/schedule/"


@pytest.fixture
def page(live_server: LiveServer) -> Iterator[Page]:
    """An admin's browser, on a phone; nothing may go wrong in it unseen."""
    client = Client()
    client.force_login(a_login(create_identity(), Role.ADMIN))
    row = UserSettings.objects.get()
    row.settings["perseus_profile"] |= {"timezone": "Europe/Berlin"}
    row.save()
    session = client.cookies["sessionid"].value
    wrong: list[str] = []
    with a_browser() as browser:
        context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 800})
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        opened = context.new_page()
        opened.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        yield opened
    assert wrong == []


def test_the_next_runs_follow_what_is_typed_and_the_night_mode_is_one_click(page: Page) -> None:
    page.goto(f"{LIST}add/")
    runs, problem = page.locator("#next-runs li"), page.locator("#next-runs .problem")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_label("Repeatedly").fill("0 25 * * *")
    expect(problem).to_contain_text("The hour is not right: 0 to 23")
    page.get_by_label("Repeatedly").fill("30 7 * * 1-5")
    expect(runs).to_have_count(3)
    expect(runs.first).to_contain_text(" 07:30:00 UTC+")
    expect(problem).to_be_hidden()
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(runs.first).to_contain_text("07:30:00 UTC+9")
    page.get_by_label("Repeatedly").fill("")
    page.get_by_label("Or once, at").fill("2030-01-01T18:00")
    expect(runs).to_have_text(["2030-01-01 18:00:00 UTC+9"])

    page.get_by_label("Name").fill("New year")
    page.get_by_label("Command").select_option("pause")
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.locator("#result_list tbody tr")
    expect(row).to_contain_text("once, 2030-01-01 18:00:00 UTC+9 (Asia/Tokyo)")

    page.get_by_role("button", name="Night mode example").click()
    expect(page.locator(".messagelist")).to_contain_text("Both are disabled")
    expect(row).to_have_count(3)
    expect(row.filter(has_text="Night mode: begins")).to_contain_text("At 22:00 every day (0 22 * * *, Europe/Berlin)")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
