"""Django's settings for the tests: a data directory of their own, and stores as the environment says.

Without REDIS_URL an embedded Valkey server is started for the session (see tests.conftest); without DATABASE_URL the
database is an SQLite file.
"""

import atexit
import os
import shutil
import tempfile

if "LIVERMORE_DATA_DIR" not in os.environ:
    os.environ["LIVERMORE_DATA_DIR"] = tempfile.mkdtemp(prefix="livermore-tests-")
    atexit.register(shutil.rmtree, os.environ["LIVERMORE_DATA_DIR"], ignore_errors=True)

from livermore.settings import *  # noqa: F403
from livermore.settings import DATA_DIR, DATABASES

# A file, not memory: the engine, the server and the test are different threads and processes.
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
