import pytest

from runtime.engine.indicators.macdv import Stage
from runtime.engine.signals import Signal, crossover, level_crossing, momentum_shift, reversal
from runtime.protocol.alerts import AlertKind
from tests.runtime.engine.readings import RISING, reading
from tests.runtime.engine.walks import feed_all, market_of, walk


def test_a_crossover_tells_its_direction() -> None:
    down, up = reading(10.0, 20.0), reading(21.0, 20.0)
    assert crossover(down, up) == Signal(AlertKind.CROSSOVER, detail={"direction": "up"})
    assert crossover(up, down) == Signal(AlertKind.CROSSOVER, detail={"direction": "down"})
    assert crossover(up, up) is None


def test_a_momentum_shift_tells_both_stages() -> None:
    previous, current = RISING
    assert momentum_shift(previous, current) == Signal(
        AlertKind.MOMENTUM_SHIFT, detail={"previousStage": "retracing", "stage": "rallying"}
    )
    assert momentum_shift(current, current) is None


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (149.9, 150.0, 150),
        (140.0, 260.0, 250),
        (-140.0, -150.0, -150),
        (-149.0, -999.0, -400),
        (-200.0, 200.0, 200),
        (150.0, 199.0, None),
        (260.0, 140.0, None),
        (0.0, 149.0, None),
        (450.0, 500.0, None),
        (-260.0, -240.0, None),
    ],
)
def test_of_the_levels_crossed_outward_the_deepest_counts(before: float, after: float, level: int | None) -> None:
    signal = level_crossing(reading(before), reading(after))
    assert (signal.level if signal else None) == level


def test_only_the_levels_asked_for_count() -> None:
    assert level_crossing(reading(0.0), reading(400.0), ()) is None
    signal = level_crossing(reading(0.0), reading(-400.0), (200, 300))
    assert signal == Signal(AlertKind.LEVEL, -300, {"direction": "down"})


def test_an_excursion_that_turns_is_a_reversal_once() -> None:
    running, turned = reading(200.0, 190.0), reading(180.0, 190.0, turned=True)
    assert reversal(running, turned) == Signal(AlertKind.REVERSAL, detail={"direction": "down"})
    assert reversal(turned, turned) is None
    other_side = reading(-200.0, -230.0, turned=True)
    assert reversal(turned, other_side) == Signal(AlertKind.REVERSAL, detail={"direction": "up"})


def test_over_a_long_walk_every_signal_is_what_its_words_say() -> None:
    bars = feed_all(market_of("1m"), walk("1m", 30_000, seed=8, volatility=0.01))
    turned = False
    kinds: set[AlertKind] = set()
    stages: set[Stage] = set()
    for bar in bars:
        previous, current = bar.previous, bar.reading
        if previous is None or current is None:
            continue
        stages.add(current.stage)
        crossed = (previous.macdv >= previous.signal) != (current.macdv >= current.signal)
        assert (crossover(previous, current) is not None) == crossed
        # The excursions, told anew: each begins untold when |MACD-V| was below 150 or on the other side.
        if abs(previous.macdv) < 150 or previous.macdv * current.macdv < 0:
            turned = False
        side = 1 if current.macdv > 0 else -1
        turns = abs(current.macdv) >= 150 and -side * current.histogram >= 0.05 * abs(current.macdv)
        assert (reversal(previous, current) is not None) == (turns and not turned)
        turned = turned or turns
        found = [f(previous, current) for f in (crossover, momentum_shift, level_crossing, reversal)]
        kinds |= {signal.kind for signal in found if signal is not None}
    assert kinds == {AlertKind.CROSSOVER, AlertKind.MOMENTUM_SHIFT, AlertKind.LEVEL, AlertKind.REVERSAL}
    assert stages == set(Stage)
