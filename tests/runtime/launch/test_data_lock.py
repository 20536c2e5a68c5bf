"""The lock on a data directory, between real processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.launch.data_lock import DataDirectoryInUseError, data_lock

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from runtime.launch.data_lock import data_lock
with data_lock(Path(sys.argv[1])) as descriptor:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(descriptor,))
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_who_comes_second_is_told_the_first_ones_process(tmp_path: Path) -> None:
    with (
        data_lock(tmp_path),
        pytest.raises(DataDirectoryInUseError, match=f"already runs on {tmp_path} as process {os.getpid()}"),
        data_lock(tmp_path),
    ):
        pass


def test_the_directory_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with data_lock(tmp_path):
            pass


def test_after_kill_9_it_is_held_until_the_last_child_is_gone(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout:
        child = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    try:
        with (
            pytest.raises(DataDirectoryInUseError, match=f"process {holder.pid}.* left behind"),
            data_lock(tmp_path, patience=0),
        ):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
    with data_lock(tmp_path, patience=10):
        pass
