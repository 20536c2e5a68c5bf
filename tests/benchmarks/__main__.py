"""`python -m tests.benchmarks`: prints what was measured; with `--write FILE` it is kept."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from runtime.bus.connections import RedisUnavailableError  # noqa: E402
from tests.benchmarks.command_round_trip import measure  # noqa: E402
from tests.redis_server import a_redis_server  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=500, metavar="N", help="round trips of each kind (default 500)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the table, such as in docs/benchmarks.md")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    try:
        with a_redis_server() as url:
            measured = measure(url, options.rounds)
    except RedisUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    where = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores"
    text = "\n".join(["# Benchmarks", "", f"{where}, {measured.rounds} rounds.", "", *measured.lines(), ""])
    sys.stdout.write(text)
    if options.write is not None:
        options.write.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
