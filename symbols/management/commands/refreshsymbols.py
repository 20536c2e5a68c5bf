"""`manage.py refreshsymbols`: read the instruments of the enabled exchanges into the catalogue."""

import json as encoding
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settingsapp import services
from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.validation import InvalidSettingsError
from symbols import refreshing
from symbols.refreshing import Refresh, RefreshState


class Command(BaseCommand):
    help = "Read what the enabled exchanges trade, with prices, into the catalogue. The engine does it every hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--exchange", metavar="NAME", help="Only this one of the enabled exchanges.")
        parser.add_argument("--sub", help="Whose settings; not needed while there is only one identity.")
        parser.add_argument("--json", action="store_true", help="Print a line of JSON for each exchange.")

    def handle(self, *, exchange: str | None, sub: str | None, json: bool, **options: Any) -> None:
        try:
            enabled = enabled_exchanges(services.read(only_identity(sub)).document)
        except (UnknownIdentityError, InvalidSettingsError) as error:
            raise CommandError(str(error)) from None
        if exchange is not None and exchange not in enabled:
            there = ", ".join(enabled) or "none"
            raise CommandError(
                f"--exchange: {exchange} is not enabled{suggestion(exchange, enabled)}; enabled are: {there}"
            )
        failed = []
        for name in [exchange] if exchange else enabled:
            now_ms = int(time.time() * 1000)
            mine = refreshing.begin(name, now_ms)
            done = refreshing.carry_out(name, now_ms) if mine else refreshing.state_of(name, now_ms)
            self.stdout.write(encoding.dumps(done.body()) if json else _sentence(done))
            if done.state is RefreshState.FAILED:
                failed.append(name)
        if failed:
            raise CommandError(f"{', '.join(failed)} could not be read; what was known of it stays")


def _sentence(done: Refresh) -> str:
    if done.state is RefreshState.RUNNING:
        return f"{done.exchange}: it is being read already"
    if done.state is RefreshState.FAILED:
        return f"{done.exchange}: {done.problem}"
    return f"{done.exchange}: {done.instruments} instruments, {done.appeared} new, {done.delisted} gone"
