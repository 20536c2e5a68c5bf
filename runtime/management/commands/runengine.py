"""`manage.py runengine`: the engine of one identity."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runtime.catalogue_keeping import keep_catalogue
from runtime.engine.ending import end
from runtime.engine_process import EngineProcess, Recording
from runtime.feeds.recordings import RecordingError, read_recording
from settingsapp.identities import UnknownIdentityError, only_identity


class Command(BaseCommand):
    help = "Run the engine: it follows the settings, watches the markets and carries out commands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sub", help="The identity to run for; not needed while there is only one.")
        parser.add_argument(
            "--play", metavar="FILE", type=Path, help="Play recorded candles (BASE_QUOTE-TIMEFRAME.csv.gz)."
        )
        parser.add_argument(
            "--speed", type=float, default=1.0, metavar="N", help="Play N times as fast as time goes by."
        )

    def handle(self, *, sub: str | None, play: Path | None, speed: float, **options: Any) -> None:
        if speed <= 0:
            raise CommandError("--speed: a number above 0 is needed")
        try:
            identity = only_identity(sub)
            if play is not None:
                read_recording(play)
        except (UnknownIdentityError, RecordingError) as error:
            raise CommandError(str(error)) from None
        recording = Recording((play,) if play else (), speed)
        asyncio.run(_run(EngineProcess(identity, os.environ.get("LIVERMORE_ENGINE_SLOT", ""), recording)))


async def _run(process: EngineProcess) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, process.stop)
    keeping = asyncio.create_task(keep_catalogue(process.sub), name="catalogue")
    try:
        await process.run()
    finally:
        await end((keeping,))
