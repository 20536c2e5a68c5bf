"""`manage.py up`: the whole product on this machine."""

import logging
import os
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from runtime.launch import checks
from runtime.launch.data_lock import DataDirectoryInUseError, data_lock
from runtime.launch.options import Options, read_options
from runtime.launch.start import Start, Surroundings
from runtime.launch.supervisor import Supervisor
from runtime.launch.valkey import NoEmbeddedServerError


class Command(BaseCommand):
    help = "Run Livermore on this machine: database, Redis where none is given, engine and web server."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", default="8000", help="port to listen on (default: 8000)")
        parser.add_argument("--play", metavar="FILE", help="recorded candles to play instead of making some up")
        parser.add_argument("--speed", metavar="N", help="play N times as fast as recorded (default: 1)")

    def handle(self, *_: Any, **given: Any) -> None:
        # All that is written, by the children too, is this user's alone, wherever the data directory lies.
        os.umask(0o077)
        # What the start logs is in its announcement, in a person's words.
        logging.getLogger().setLevel(logging.WARNING)
        try:
            options = read_options(given["host"], given["port"], given["play"], given["speed"])
            checks.check_admin_password(settings.ENVIRONMENT.admin_password)
            with data_lock(settings.DATA_DIR) as lock:
                checks.check_port_is_free(options.address, options.port)
                status = self._run(options, lock)
        except (checks.CannotStartError, DataDirectoryInUseError, NoEmbeddedServerError) as error:
            sys.exit(f"livermore: {error}")
        except OSError as error:
            sys.exit(f"livermore: LIVERMORE_DATA_DIR: {settings.DATA_DIR} can't be used ({error})")
        except KeyboardInterrupt:
            status = 130
        sys.exit(status)

    def _run(self, options: Options, lock: int) -> int:
        with Supervisor(settings.DATA_DIR / "logs", self._say_now, inherit=[lock]) as supervisor:
            Start(options, _surroundings(), supervisor, self._say).run()
            supervisor.watch()
            self._say_now("stopping")
        return 0 if supervisor.stopped_cleanly else 1

    def _say_now(self, line: str) -> None:
        self._say(f"{time.strftime('%H:%M:%S')} {line}")

    def _say(self, text: str) -> None:
        # The terminal may be gone; that is no reason to end what was started from it.
        with suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


def _surroundings() -> Surroundings:
    return Surroundings(
        base_dir=settings.BASE_DIR,
        data_dir=settings.DATA_DIR,
        redis_url=settings.REDIS_URL,
        redis_is_embedded=settings.REDIS_IS_EMBEDDED,
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        allowed_hosts_are_set=settings.ENVIRONMENT.allowed_hosts_are_set,
        admin_password=settings.ENVIRONMENT.admin_password,
        variables=dict(os.environ),
    )
