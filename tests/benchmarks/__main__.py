"""`python -m tests.benchmarks`: prints what was measured; with `--write FILE` it is kept."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402

from runtime.bus.connections import RedisUnavailableError  # noqa: E402
from tests.benchmarks import (  # noqa: E402
    catalogue_scan,
    closed_candles,
    command_round_trip,
    frame_to_alert,
    live_fan_out,
    settings_document,
    symbol_search,
)
from tests.redis_server import a_redis_server  # noqa: E402

T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500, metavar="N", help="round trips of each kind (default 500)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the table, such as in docs/benchmarks.md")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    try:
        with a_redis_server() as url:
            measured = command_round_trip.measure(url, options.rounds)
            candles = closed_candles.measure(max(1, options.rounds // 50))
            scanned = catalogue_scan.measure(max(1, options.rounds // 50))
            searched = symbol_search.measure(max(1, options.rounds // 50))
            fanned_out = _on_a_database(lambda: live_fan_out.measure(url, max(2, options.rounds // 20)))
            alerted = _on_a_database(lambda: frame_to_alert.measure(url, max(10, options.rounds // 5)))
            document = _on_a_database(lambda: settings_document.measure(max(1, options.rounds // 5)))
    except RedisUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    where = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores"
    text = "\n".join(
        [
            *("# Benchmarks", "", f"{where}, {measured.rounds} rounds.", "", *measured.lines(), ""),
            *(f"{candles.rounds} rounds.", "", *candles.lines(), ""),
            *(f"{scanned.rounds} rounds.", "", *scanned.lines(), ""),
            *(f"{searched.rounds} rounds.", "", *searched.lines(), ""),
            *(f"{fanned_out.rounds} rounds.", "", *fanned_out.lines(), ""),
            *(*alerted.lines(), ""),
            *(f"{document.rounds} rounds, {connection.vendor}.", "", *document.lines(), ""),
        ]
    )
    sys.stdout.write(text)
    if options.write is not None:
        options.write.write_text(text)
    return 0


def _on_a_database(work: Callable[[], T]) -> T:
    """Run on a database that is made for it and deleted afterwards."""
    name = str(connection.settings_dict["NAME"])
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        return work()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
