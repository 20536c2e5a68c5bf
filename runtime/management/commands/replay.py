"""Recorded candles through the engine's core, printing the alerts."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runtime.engine.modes import MODES
from runtime.engine.replaying import Replay
from runtime.feeds.recordings import Recording, RecordingError, read_recording
from runtime.protocol.alerts import Alert
from settingsapp.schema import strict_json
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.vocabulary import Mode


class Command(BaseCommand):
    help = (
        "Run recorded candles through the engine's core in mode scalper-macdv and print its alerts. "
        "Needs neither database nor Redis; the same files always give the same alerts."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="recorded candles, named BASE_QUOTE-TIMEFRAME.csv.gz"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object a line; the summary goes to stderr"
        )

    def handle(self, *, files: list[Path], json: bool, **_: Any) -> None:
        try:
            # All of them first: a bad file is told before anything is printed.
            recordings = [read_recording(path) for path in files]
        except RecordingError as error:
            raise CommandError(str(error)) from None
        try:
            self._replay(recordings, as_json=json)
        except BrokenPipeError:
            # Whoever read the output has seen enough (`| head`). Python would complain once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _replay(self, recordings: list[Recording], *, as_json: bool) -> None:
        bars = series = alerts = 0
        for recording in recordings:
            replay = Replay(
                recording.candles,
                recording.timeframes,
                MODES[Mode.SCALPER_MACDV].start(),
                _document_for(recording),
            )
            for alert in replay.alerts():
                alerts += 1
                self.stdout.write(strict_json.encode(alert.body()) if as_json else describe(alert))
            bars += replay.bars
            series += len(recording.timeframes)
        summary = f"{bars} bars after the warm-up, {series} series, {alerts} alerts"
        out = self.stderr if as_json else self.stdout
        out.write(summary, style_func=str)


def _document_for(recording: Recording) -> SettingsDocument:
    return default_document("").model_copy(update={"symbols": (recording.key.symbol,), "position_symbols": ()})


def describe(alert: Alert) -> str:
    """Return one line: when the candle opened (UTC), where, what, and what explains it."""
    moment = datetime.fromtimestamp(alert.open_time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    values = alert.indicators
    return (
        f"{moment}  {alert.symbol:<10} {alert.timeframe:>3}  {_what(alert, values):<40} "
        f"MACD-V {values['macdv']:8.2f}  signal {values['signal']:8.2f}  close {values['close']:.8g}"
    )


def _what(alert: Alert, values: Mapping[str, object]) -> str:
    direction = values.get("direction", "")
    match alert.kind.value:
        case "momentum-shift":
            return f"momentum-shift {values['previousStage']} -> {values['stage']}"
        case "level":
            return f"level {alert.level:+d}"
        case kind:
            return f"{kind} {direction}"
