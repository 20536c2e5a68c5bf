"""One file more is one indicator, or one mode, more."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from runtime.engine.discovery import defined_in
from runtime.engine.indicators.contract import Indicator
from runtime.engine.indicators.registry import INDICATORS
from runtime.engine.modes import MODES
from runtime.engine.shelf import Shelf
from settingsapp.schema.modes import INDICATORS as SETTABLE
from settingsapp.schema.vocabulary import Mode
from tests.runtime.engine.walks import walk

RANGE = """
from runtime.engine.indicators.contract import Indicator, Value

INDICATOR = Indicator(
    name="range",
    start={"count": 0.0, "highest": 0.0},
    step=lambda maths, state, bar: (state[0] + 1.0, maths.where(bar.high > state[1], bar.high, state[1])),
    values={"highest": Value("highest", "count", 1)},
)
"""

Make = Callable[..., ModuleType]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.syspath_prepend(tmp_path)

    def package(**files: str) -> ModuleType:
        directory = tmp_path / "found_here"
        directory.mkdir()
        for name, text in {"__init__": "", **files}.items():
            (directory / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module("found_here")

    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "found_here"]:
        del sys.modules[name]


def test_every_indicator_and_every_mode_that_can_be_set_is_found() -> None:
    assert set(INDICATORS) == set(SETTABLE)
    assert set(MODES) == set(Mode)


def test_an_indicator_of_one_file_is_computed_with_the_others(make: Make) -> None:
    (found,) = defined_in(make(range=RANGE, contract="KIND = 1"), "INDICATOR", Indicator)
    shelf = Shelf([*INDICATORS.values(), found])
    slot, bars = shelf.take(), walk("1m", 60)
    shelf.run(slot, bars)
    reading = shelf.reading(slot, bars[-1].close)
    assert reading is not None
    assert reading.as_dict()["highest"] == max(bar.high for bar in bars)
    assert set(reading.further) == {"rsi", "atr", "ema", "range"}


def test_a_file_that_defines_something_else_under_that_name_is_not_passed_over(make: Make) -> None:
    with pytest.raises(TypeError, match=r"found_here\.odd\.INDICATOR has to be Indicator, not str"):
        defined_in(make(odd='INDICATOR = "rsi"'), "INDICATOR", Indicator)
