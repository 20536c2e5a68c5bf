"""The settings form without the editor around it: the server's own page, where the editor's code fails to load.

The real product, in a real browser.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import a_browser
from tests.running import PASSWORD, RunningLivermore

pytestmark = pytest.mark.browser

EDITOR = "/admin/settingsapp/usersettings/"
PROFILE = "rjf§perseus_profile§"

MAKE_LOGINS = f"""
from django.contrib.auth.models import Group, User
from settingsapp.identities import only_identity
from settingsapp.models import Identity, Membership
from settingsapp.services import create_identity

desk = Identity.objects.get(sub=only_identity())
for role in ("viewer", "operator", "admin"):
    user = User.objects.create_user(f"the-{{role}}", password={PASSWORD!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    Membership.objects.create(user=user, identity=desk)
User.objects.create_superuser("newcomer", password={PASSWORD!r})
stranger = User.objects.create_superuser("stranger", password={PASSWORD!r})
Membership.objects.create(user=stranger, identity=create_identity())
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def livermore(livermore_up: RunningLivermore) -> RunningLivermore:
    made = livermore_up.manage("shell", "-c", MAKE_LOGINS)
    assert made.returncode == 0, made.stderr
    return livermore_up


class Desk:
    """One login's browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda m: self.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("response", lambda r: self.troubles.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def open(self) -> "Desk":
        self.page.goto(EDITOR)
        expect(self.page.locator(".rjf-form-wrapper")).to_be_visible(timeout=15_000)
        return self

    def another_tab(self) -> "Desk":
        return Desk(self.page.context.new_page()).open()

    def field(self, name: str) -> Any:
        return self.page.locator(f"[name='{name}']")

    def save(self) -> "Desk":
        self.page.get_by_role("button", name="Save").click()
        return self

    def told(self, text: str) -> None:
        expect(self.page.locator(".messagelist")).to_have_text(text, timeout=15_000)

    def saved(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.page.request.get("/api/v1/settings").json()
        return answer


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """The cookies of who has signed in already."""
    return {}


@pytest.fixture
def sign_in(browser: Browser, livermore: RunningLivermore, sessions: dict[str, Any]) -> Iterator[Callable[..., Desk]]:
    contexts = []

    def sign_in(username: str = "admin", **options: Any) -> Desk:
        context = browser.new_context(base_url=livermore.base_url, storage_state=sessions.get(username), **options)
        contexts.append(context)
        context.route(
            "**/settingsapp/editor/main.js", lambda route: route.fulfill(body="", content_type="text/javascript")
        )
        page = context.new_page()
        if username not in sessions:
            page.goto("/login/?next=/admin/")
            page.fill("input[name=username]", username)
            page.fill("input[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            expect(page.locator("#user-tools")).to_be_visible()
            sessions[username] = context.storage_state()
        return Desk(page)

    yield sign_in
    for context in contexts:
        context.close()


@pytest.fixture
def desk(sign_in: Callable[..., Desk]) -> Desk:
    return sign_in()


def test_a_change_is_saved_as_the_next_version_and_no_change_as_none(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    chosen = "low" if desk.saved()["settings"]["perseus_profile"]["risk_tolerance"] == "high" else "high"
    desk.field(f"{PROFILE}risk_tolerance").select_option(chosen)
    desk.save().told(f"Saved version {version + 1}.")
    after = desk.saved()
    assert (after["version"], after["updatedBy"]) == (version + 1, "admin")
    assert after["settings"]["perseus_profile"]["risk_tolerance"] == chosen
    desk.save().told(f"Nothing changed; still version {version + 1}.")
    assert desk.saved() == after
    assert desk.troubles == []


def test_a_wrong_value_is_told_under_its_field_and_on_top_and_nothing_typed_is_lost(desk: Desk) -> None:
    before = desk.open().saved()
    desk.field(f"{PROFILE}timezone").fill("Mars/Olympus")
    desk.field(f"{PROFILE}public_name").fill("Jesse")
    written = desk.field("rjf§symbols").input_value()
    desk.field("rjf§symbols").fill(written.replace("ETH-USD", "eth usd"))
    desk.save()
    wrong = desk.page.locator(".rjf-form-row", has=desk.field(f"{PROFILE}timezone"))
    expect(wrong.locator(".rjf-error-text")).to_contain_text("is not a time zone")
    symbol = desk.page.locator(".rjf-form-row", has=desk.field("rjf§symbols"))
    expect(symbol.locator(".rjf-error-text")).to_contain_text("line 2: a symbol is written as its exchange writes it")
    on_top = desk.page.locator(".errorlist li")
    expect(on_top.nth(0)).to_contain_text("perseus_profile.timezone: is not a time zone")
    expect(on_top.nth(1)).to_contain_text("symbols.1: a symbol is written as its exchange writes it")
    expect(desk.field(f"{PROFILE}timezone")).to_have_value("Mars/Olympus")
    expect(desk.field(f"{PROFILE}public_name")).to_have_value("Jesse")
    assert desk.saved() == before
    desk.field(f"{PROFILE}timezone").fill("America/New_York")
    desk.field("rjf§symbols").fill(written)
    desk.save().told(f"Saved version {before['version'] + 1}.")
    assert desk.saved()["settings"]["perseus_profile"]["public_name"] == "Jesse"


def test_of_two_tabs_the_stale_one_is_told_and_keeps_what_was_typed(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    stale = desk.another_tab()
    desk.field(f"{PROFILE}description").fill("saved first")
    desk.save().told(f"Saved version {version + 1}.")
    for _ in range(2):
        # A second try must not slip through with the newer version either.
        stale.field(f"{PROFILE}public_name").fill("typed in the stale tab")
        stale.save()
        expect(stale.page.locator(".errornote + .errorlist, .errorlist.nonfield").first).to_contain_text(
            f"Somebody has saved version {version + 1} since you opened version {version}."
        )
        expect(stale.field(f"{PROFILE}public_name")).to_have_value("typed in the stale tab")
    assert desk.saved()["settings"]["perseus_profile"]["description"] == "saved first"
    stale.open().field(f"{PROFILE}public_name").fill("typed again")
    stale.save().told(f"Saved version {version + 2}.")
    profile = desk.saved()["settings"]["perseus_profile"]
    assert (profile["public_name"], profile["description"]) == ("typed again", "saved first")


def test_an_exchange_can_be_added_renamed_and_removed(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    desk.page.once("dialog", lambda dialog: dialog.accept("koinbase"))
    desk.page.get_by_role("button", name="Add key").click()
    desk.field("rjf§exchanges§koinbase§ApiKeyEnvironmentVariableName").fill("COINBASE_KEY")
    desk.field("rjf§exchanges§koinbase§enabled").check()
    desk.save()
    entry = desk.page.locator(".rjf-form-row", has=desk.field("rjf§exchanges§koinbase§enabled"))
    expect(entry.locator(".rjf-error-text")).to_contain_text("did you mean 'coinbase'?")
    desk.page.once("dialog", lambda dialog: dialog.accept("coinbase"))
    renamed = desk.page.locator(".rjf-form-group-title", has_text="koinbase")
    renamed.get_by_role("button").first.click()
    desk.save().told(f"Saved version {version + 1}.")
    added = desk.saved()["settings"]["exchanges"]
    assert list(added) == ["simulated", "coinbase"]
    assert added["coinbase"]["ApiKeyEnvironmentVariableName"] == "COINBASE_KEY"
    assert added["coinbase"]["enabled"] is True
    assert added["coinbase"]["trade_settings"]["max_daily_trades"] is None
    wrapper = desk.page.locator(".rjf-form-group-wrapper", has=desk.field("rjf§exchanges§coinbase§enabled")).last
    wrapper.locator("> .rjf-form-row-controls .rjf-remove-button").click()
    desk.save().told(f"Saved version {version + 2}.")
    assert list(desk.saved()["settings"]["exchanges"]) == ["simulated"]


def test_a_watchlist_of_twelve_hundred_symbols_can_be_saved(desk: Desk) -> None:
    symbols = [f"COIN{number}-USD" for number in range(1_200)]
    before = desk.saved()
    cookie = next(c for c in desk.page.context.cookies() if c["name"] == "csrftoken")
    put = desk.page.request.patch(
        "/api/v1/settings",
        data={"symbols": symbols, "exchanges": {"simulated": {"enabled": False}}},
        headers={"X-CSRFToken": cookie["value"], "Content-Type": "application/merge-patch+json"},
    )
    assert put.status == 200, put.text()
    try:
        desk.open().field("rjf§symbols").fill("\n".join([*symbols[:-1], "LAST-USD"]))
        desk.save().told(f"Saved version {put.json()['version'] + 1}.")
        assert desk.saved()["settings"]["symbols"] == [*symbols[:-1], "LAST-USD"]
        assert desk.troubles == []
    finally:
        desk.page.request.put("/api/v1/settings", data=before["settings"], headers={"X-CSRFToken": cookie["value"]})


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_change_the_settings_can_read_them(sign_in: Callable[..., Desk], role: str) -> None:
    reader = sign_in(f"the-{role}")
    reader.page.goto(EDITOR)
    expect(reader.page.locator("pre.document")).to_contain_text('"risk_tolerance"')
    expect(reader.page.get_by_role("button", name="Save")).to_have_count(0)
    expect(reader.page.locator("textarea")).to_have_count(0)
    refused = reader.page.request.post(
        reader.page.url,
        form={
            "settings": "{}",
            "base_version": "1",
            "csrfmiddlewaretoken": reader.page.locator("[name=csrfmiddlewaretoken]").first.input_value(),
        },
        headers={"Referer": reader.page.url},
    )
    assert refused.status == 403
    assert reader.troubles == []


def test_an_admin_who_is_no_superuser_may_change_them(sign_in: Callable[..., Desk]) -> None:
    admin = sign_in("the-admin").open()
    admin.field(f"{PROFILE}description").fill("by another admin")
    admin.save()
    expect(admin.page.locator(".messagelist")).to_contain_text("Saved version")
    assert admin.saved()["updatedBy"] == "the-admin"


def test_the_settings_of_another_identity_cannot_be_seen(sign_in: Callable[..., Desk], desk: Desk) -> None:
    theirs = desk.open().page.url
    stranger = sign_in("stranger")
    for address in (theirs, theirs.replace("/change/", "/history/")):
        stranger.page.goto(address)
        expect(stranger.page).to_have_url(f"{stranger.page.url.partition('/admin/')[0]}/admin/")
        expect(stranger.page.locator(".messagelist")).to_contain_text("exist. Perhaps it was deleted?")
    assert stranger.open().page.url != theirs


def test_a_login_without_an_identity_meets_no_error(sign_in: Callable[..., Desk]) -> None:
    newcomer = sign_in("newcomer")
    newcomer.page.goto(EDITOR)
    expect(newcomer.page.locator("#content")).to_contain_text("0 settings")
    assert newcomer.troubles == []
    assert newcomer.page.request.get("/").status == 403
    assert newcomer.page.request.get("/api/v1/settings").json()["error"] == "no_identity"


def test_the_history_tells_in_sentences_what_was_changed(desk: Desk) -> None:
    version = desk.open().saved()["version"]
    desk.field(f"{PROFILE}currency").fill("EUR")
    desk.save().told(f"Saved version {version + 1}.")
    desk.page.get_by_role("link", name="History", exact=True).click()
    newest = desk.page.locator("#change-history tbody tr", has_text=f"Version {version + 1} ")
    expect(newest).to_contain_text("perseus_profile.currency: USD → EUR")
    assert desk.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_is_wider_than_the_screen_and_saving_is_at_hand(
    sign_in: Callable[..., Desk], scheme: str
) -> None:
    phone = sign_in(viewport={"width": 390, "height": 844}, color_scheme=scheme).open()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    expect(phone.page.get_by_role("button", name="Save")).to_be_in_viewport()
    phone.field("rjf§scanner§max_symbols").scroll_into_view_if_needed()
    expect(phone.page.get_by_role("button", name="Save")).to_be_in_viewport()
    assert phone.troubles == []
