"""Django's settings for the tests: a data directory of their own, and stores as the environment says.

Without REDIS_URL an embedded Valkey server is started for the session (see tests.conftest); without DATABASE_URL the
database is an SQLite file. Where pytest-xdist spreads the tests over several processes, each has stores of its own.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

if "LIVERMORE_DATA_DIR" not in os.environ:
    os.environ["LIVERMORE_DATA_DIR"] = tempfile.mkdtemp(prefix="livermore-tests-")
    atexit.register(shutil.rmtree, os.environ["LIVERMORE_DATA_DIR"], ignore_errors=True)

if "PYTEST_XDIST_WORKER" in os.environ:
    # What it has inherited is the directory of the process that started it.
    os.environ["LIVERMORE_DATA_DIR"] += f"/{os.environ['PYTEST_XDIST_WORKER']}"
    Path(os.environ["LIVERMORE_DATA_DIR"]).mkdir(exist_ok=True)
    if re.fullmatch(r"rediss?://[^/]+/?", os.environ.get("REDIS_URL", "")):
        # The caches of candles belong to no identity: clearing them would empty another process's.
        database = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rstrip('/')}/{database}"

from livermore.settings import *  # noqa: F403
from livermore.settings import DATA_DIR, DATABASES

# A file, not memory: the engine, the server and the test are different threads and processes.
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
