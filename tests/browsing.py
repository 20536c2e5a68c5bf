"""A real browser before a real product: launched, signed in, and watched for what goes wrong in it unseen."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.running import PASSWORD, RunningLivermore, chromium

_QUIET: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
VIEWER: Final = "eve"
_MAKE_VIEWER: Final = f"""
from django.contrib.auth.models import Group, User
from settingsapp.identities import only_identity
from settingsapp.models import Identity, Membership

user = User.objects.create_user({VIEWER!r}, password={PASSWORD!r}, is_staff=True)
user.groups.add(Group.objects.get(name="viewer"))
Membership.objects.create(user=user, identity=Identity.objects.get(sub=only_identity()))
"""


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Launch Debian's Chromium; skips or fails the test where there is none."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(_QUIET))
        yield launched
        launched.close()


def noted(page: Page) -> list[str]:
    """Return a list that fills with what goes wrong in the page: failed scripts, and what its policy forbids."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    return wrong


def sign_in(page: Page, livermore: RunningLivermore, path: str = "/", user: str = "") -> None:
    """Sign a login in (the first one, where none is named) and go on to `path`; the context knows the address."""
    page.goto(f"/login/?next={path}")
    page.get_by_label("User name").fill(user or livermore.username)
    page.get_by_label("Password").fill(livermore.password)
    page.get_by_role("button", name="Sign in").click()


def active_symbols(page: Page) -> list[str]:
    """Return what the engine watches, as it tells whoever is signed in."""
    symbols: list[str] = page.request.get("/api/v1/runtime/status").json()["activeSymbols"]
    return symbols


def signed_in_state(browser: Browser, livermore: RunningLivermore) -> Any:
    """Return what a browser keeps of the first login's sign-in, once its engine runs."""
    context = browser.new_context(base_url=livermore.base_url)
    page = context.new_page()
    sign_in(page, livermore)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=30_000)
    state = context.storage_state()
    context.close()
    return state


def make_viewer(livermore: RunningLivermore) -> str:
    """Make a login that only sees; return its name. Its password is the first login's."""
    made = livermore.manage("shell", "-c", _MAKE_VIEWER)
    assert made.returncode == 0, made.stderr
    return VIEWER
