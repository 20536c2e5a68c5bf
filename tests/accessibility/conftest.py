"""One installation with something on every page, a browser that is signed in, and axe."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import cycle, repeat
from typing import Any, Final, NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import a_browser, sign_in
from tests.running import RunningLivermore
from tests.sample_desk import furnish

# Run through the browser's own inspector, which no policy of the page's forbids: the page stays as strict as it is.
AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE: Final = """async () => {
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""


class Corner(NamedTuple):
    """How a page is looked at."""

    width: int
    scheme: Any


CORNERS: Final = tuple(Corner(width, scheme) for width in (1440, 390) for scheme in ("light", "dark"))
OPPOSITE: Final = (CORNERS[0], CORNERS[3])
"""In the short form each page is looked at from one of these, in turn; what pages share is seen from both."""


class Visitor:
    """Opens pages and has axe look at them."""

    def __init__(self, context: BrowserContext, turns: Iterator[Sequence[Corner]]) -> None:
        self.context = context
        self.turns = turns

    def serious(self, page: Page) -> list[str]:
        """Return what axe finds serious or critical on an open page, with the corner in which it does."""
        found: list[str] = []
        page.evaluate(AXE)
        for corner in next(self.turns):
            page.set_viewport_size({"width": corner.width, "height": 900})
            page.emulate_media(color_scheme=corner.scheme, reduced_motion="reduce")
            found += [f"{corner.width} {corner.scheme}: {one}" for one in page.evaluate(RUN_AXE)]
        return found


@pytest.fixture(scope="module")
def ids(livermore_up: RunningLivermore) -> Mapping[str, str]:
    """What the sample desk's things are called."""
    return furnish(livermore_up)


@pytest.fixture(scope="module")
def turns(request: pytest.FixtureRequest) -> Iterator[Sequence[Corner]]:
    return repeat(CORNERS) if request.config.getoption("--full") else cycle([(one,) for one in OPPOSITE])


@pytest.fixture(scope="module")
def stranger(livermore_up: RunningLivermore, turns: Iterator[Sequence[Corner]]) -> Iterator[Visitor]:
    """Who is not signed in."""
    with a_browser() as browser:
        yield Visitor(browser.new_context(base_url=livermore_up.base_url), turns)


@pytest.fixture(scope="module")
def visitor(stranger: Visitor, livermore_up: RunningLivermore) -> Iterator[Visitor]:
    """Who is signed in as the installation's first login."""
    browser = stranger.context.browser
    assert browser is not None
    context = browser.new_context(base_url=livermore_up.base_url)
    page = context.new_page()
    sign_in(page, livermore_up)
    expect(page.locator("#state-word")).to_have_text("Running", timeout=30_000)
    page.close()
    yield Visitor(context, stranger.turns)
    context.close()
