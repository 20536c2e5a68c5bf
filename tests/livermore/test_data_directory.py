"""The generated key, and a start with each wrong value as a user sees it."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livermore.data_directory import SECRET_KEY_FILE, secret_key_in
from livermore.environment import BadEnvironmentError

ROOT = Path(__file__).resolve().parents[2]
PRINT_KEY = """
import sys
from pathlib import Path
from livermore.data_directory import secret_key_in
print(secret_key_in(Path(sys.argv[1])))
"""


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = secret_key_in(tmp_path / "var")
    assert secret_key_in(tmp_path / "var") == first
    assert len(first) >= 64
    assert stat.S_IMODE((tmp_path / "var" / SECRET_KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_of_many_first_starts_at_once_all_get_the_same_key(tmp_path: Path) -> None:
    def start(_: int) -> str:
        command = [sys.executable, "-c", PRINT_KEY, str(tmp_path)]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_KEY_FILE]


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / SECRET_KEY_FILE).write_text("\n")
    with pytest.raises(BadEnvironmentError, match=f"{tmp_path / SECRET_KEY_FILE} holds no secret key; delete"):
        secret_key_in(tmp_path)


def test_a_directory_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    # Below /proc not even root may create anything.
    with pytest.raises(BadEnvironmentError, match=r"LIVERMORE_DATA_DIR: /proc/livermore can't be used"):
        secret_key_in(Path("/proc/livermore"))
    (tmp_path / "file").touch()
    with pytest.raises(BadEnvironmentError, match="Not a directory"):
        secret_key_in(tmp_path / "file" / "var")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVERMORE_DATA_DIR", "/proc/livermore"),
        ("DJANGO_DEBUG", "maybe"),
        ("DATABASE_URL", "mysql://db/livermore"),
    ],
)
def test_any_command_ends_with_one_line_that_names_the_variable(tmp_path: Path, name: str, value: str) -> None:
    environment = os.environ | {"LIVERMORE_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "livermore.settings"}
    command = [sys.executable, "manage.py", "migrate", "--plan"]
    ended = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment | {name: value}
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"livermore: {name}: ")
    assert ended.stderr.count("\n") == 1
