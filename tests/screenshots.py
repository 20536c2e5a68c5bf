"""`python -m tests.screenshots`: takes the README's pictures anew, from a product that runs on the simulated market.

Everything on them is made up: the market, the alerts, the commands (see tests.sample_desk). What follows the clock,
such as times and prices, differs from run to run; what is shown, and how, does not.
"""

import argparse
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browsing import a_browser, sign_in
from tests.running import ROOT, RunningLivermore, an_installation
from tests.sample_desk import furnish

PLACE: Final = ROOT / "docs" / "screenshots"
COLOURS: Final = 256
"""So many are enough for flat pages, and make the files small."""
PATIENCE_MS: Final = 60_000


@dataclass(frozen=True)
class Look:
    """How a page is looked at: a window in CSS pixels, and a colour scheme."""

    name: str
    width: int
    height: int
    scheme: str


DESK: Final = Look("desk", 1440, 1_150, "light")
PHONE: Final = Look("phone", 390, 844, "dark")


@dataclass(frozen=True)
class Shot:
    """A page's picture. `shown`: what has to be visible first; `path` may name the sample desk's ids."""

    name: str
    path: str
    shown: str
    looks: Sequence[Look] = (DESK, PHONE)


SHOTS: Final = (
    Shot("status", "/", "#state-word:has-text('Running')"),
    Shot("control", "/admin/control/", "#state-word:has-text('Running')"),
    Shot("chart", "/admin/chart/?symbol=simulated:BTC-USD&timeframe=1h", ".chart:not(.blank)"),
    Shot("settings", "/admin/settingsapp/usersettings/", ".editor.ready", (DESK,)),
    Shot("history", "/admin/settingsapp/usersettings/{settingsapp.usersettings}/history/", "#content", (DESK,)),
    Shot("watchlist", "/admin/watchlist/", "#content table tbody tr", (DESK,)),
    Shot("scanner", "/admin/scanner/", "#matches:has-text('instruments')", (DESK,)),
)


def take(browser: Browser, livermore: RunningLivermore, ids: Mapping[str, str], place: Path) -> list[Path]:
    """Take every picture and return their files."""
    taken = []
    for look in (DESK, PHONE):
        context = browser.new_context(
            base_url=livermore.base_url,
            viewport={"width": look.width, "height": look.height},
            color_scheme=look.scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            timezone_id="UTC",
            locale="en-GB",
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        sign_in(page, livermore)
        expect(page.locator("#state-word")).to_have_text("Running", timeout=PATIENCE_MS)
        for shot in SHOTS:
            if look in shot.looks:
                page.goto(_filled(shot.path, ids))
                expect(page.locator(shot.shown).first).to_be_visible(timeout=PATIENCE_MS)
                page.wait_for_load_state("networkidle")
                taken.append(_save(page.screenshot(animations="disabled"), place / f"{shot.name}-{look.name}.png"))
        context.close()
    return taken


def _filled(path: str, ids: Mapping[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _save(picture: bytes, path: Path) -> Path:
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, kmeans=3, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--into", type=Path, default=PLACE, metavar="DIRECTORY", help="default: docs/screenshots")
    place: Path = parser.parse_args().into
    place.mkdir(parents=True, exist_ok=True)
    with an_installation() as installation, a_browser() as browser:
        livermore = installation.start()
        ids = furnish(livermore)
        for path in take(browser, livermore, ids, place):
            sys.stdout.write(f"{path} {path.stat().st_size // 1024} KB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
