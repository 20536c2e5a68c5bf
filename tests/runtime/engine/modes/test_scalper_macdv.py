from runtime.engine.modes import MODES, ModeContext
from runtime.protocol.alerts import AlertKind
from settingsapp.schema.document import default_document
from settingsapp.schema.vocabulary import Mode
from tests.runtime.engine.readings import RISING, bar


def test_the_scalper_tells_signals_of_any_timeframe() -> None:
    context = ModeContext(Mode.SCALPER_MACDV, 12, default_document("somebody"), {})
    run = MODES[Mode.SCALPER_MACDV].start()
    alerts = run.alerts(bar(*RISING, timeframe="4h", base=False), context)
    assert [alert.kind for alert in alerts] == [AlertKind.CROSSOVER, AlertKind.MOMENTUM_SHIFT]
    assert {(alert.mode, alert.settings_version) for alert in alerts} == {("scalper-macdv", 12)}
