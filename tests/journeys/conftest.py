"""One browser for each module of journeys, and what it keeps of a sign-in."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browsing import a_browser, signed_in_state
from tests.running import RunningLivermore


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def signed_in(browser: Browser, livermore_up: RunningLivermore) -> Any:
    """What a browser keeps of a sign-in."""
    return signed_in_state(browser, livermore_up)
