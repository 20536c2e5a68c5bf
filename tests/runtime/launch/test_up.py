"""`manage.py up`, started, killed and stopped for real."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.running import PASSWORD, ROOT, RunningLivermore, an_installation, wait_until
from tests.runtime.launch.programs import alive, processes_naming

pytestmark = pytest.mark.stores

EMBEDDED = not os.environ.get("REDIS_URL")
PROGRAMS = {"valkey": "valkey-server", "engine": "runengine", "web": "daphne"}


def running(installation: RunningLivermore) -> dict[int, str]:
    """All processes of an installation, told by its data directory in their command line or environment."""
    return {
        pid: command
        for pid, command in processes_naming(str(installation.data_dir)).items()
        if alive(pid) and "manage.py up" not in command
    }


def pid_of(installation: RunningLivermore, name: str) -> int | None:
    return next((pid for pid, command in running(installation).items() if PROGRAMS[name] in command), None)


@pytest.fixture
def installation() -> Iterator[RunningLivermore]:
    with an_installation() as made:
        yield made


def test_the_whole_life_of_an_installation(installation: RunningLivermore) -> None:
    """First start, a second `up` beside it, a stop in order, and a start again with what was kept."""
    installation.start()
    assert installation.answers("/healthz") == 200
    assert f"Livermore is up: {installation.base_url}/" in installation.output
    assert "admin, with the password in LIVERMORE_ADMIN_PASSWORD" in installation.output
    assert PASSWORD not in installation.output + installation.logs
    expected = {"valkey", "engine", "web"} if EMBEDDED else {"engine", "web"}
    assert {name for name in PROGRAMS if pid_of(installation, name)} == expected
    slot = (installation.data_dir / "engine-slot").read_text()

    second = installation.manage("up", "--port", "1")
    assert second.returncode == 1
    assert second.stderr.startswith(
        f"livermore: manage.py up already runs on {installation.data_dir} as process {installation.pid}"
    )
    assert second.stderr.count("\n") == 1

    assert installation.stop() == 0, installation.output
    assert running(installation) == {}
    assert "ended (" not in installation.output, "nothing failed on the way"

    installation.start()
    assert "as before" in installation.output
    assert (installation.data_dir / "engine-slot").read_text() == slot
    assert installation.stop() == 0, installation.output


def test_kill_9_of_up_leaves_nobody_behind_and_the_next_up_starts_at_once(installation: RunningLivermore) -> None:
    installation.start()
    assert installation.process is not None
    installation.process.kill()
    installation.process.wait()
    installation.start()
    assert installation.answers("/healthz") == 200
    assert len([command for command in running(installation).values() if "runengine" in command]) == 1
    installation.process.kill()
    installation.process.wait()
    wait_until(lambda: running(installation) == {}, 5, "the end of all programs")


def test_what_is_killed_is_started_again(installation: RunningLivermore) -> None:
    installation.start()
    for name in ("engine", "web", *(("valkey",) if EMBEDDED else ())):
        before = pid_of(installation, name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        wait_until(lambda name=name: f"{name} is up again" in installation.output, 20, name)  # type: ignore[misc]
        assert pid_of(installation, name) not in (None, before)
    assert installation.answers("/healthz") == 200
    assert installation.stop() == 0, installation.output


def test_a_made_up_password_is_shown_once_and_lets_one_in() -> None:
    with an_installation(LIVERMORE_ADMIN_PASSWORD="") as installation:
        installation.start()
        found = re.search(r"admin, password (\S+) \(shown this once", installation.output)
        assert found is not None, installation.output
        check = (
            "from django.contrib.auth import authenticate; import os; "
            "print(authenticate(username='admin', password=os.environ['TRY']) is not None)"
        )
        tried = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", check],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**installation.environment, "TRY": found[1]},
        )
        assert tried.stdout.strip() == "True"
        kept = [path for path in installation.data_dir.rglob("*") if path.is_file() and path.name != "up.output"]
        assert not [path for path in kept if found[1].encode() in path.read_bytes()]


def test_a_port_in_use_is_named_and_nothing_is_started(installation: RunningLivermore) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        ended = installation.manage("up", "--port", str(installation.port))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"livermore: port {installation.port} on 127.0.0.1 is in use by another program; "
        f"choose another one, for instance --port {installation.port + 1}\n"
    )
    assert not (installation.data_dir / "logs").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--port", "http"), "--port http: a port is a number from 1 to 65535"),
        (("--host", "192.0.2.7"), "--host 192.0.2.7: not an address of this machine"),
        (("--play", "/no/such/BTC_USD-5m.csv.gz"), "there is no such file"),
        (("--play", __file__), "--play: "),
    ],
)
def test_a_bad_option_is_one_line(installation: RunningLivermore, options: tuple[str, ...], says: str) -> None:
    _is_refused(installation, options, says)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"REDIS_URL": "redis://:hidden@127.0.0.1:1/0"}, "REDIS_URL: the server does not answer as it should"),
        (
            {"DATABASE_URL": "postgres://nobody:hidden@127.0.0.1:1/livermore"},
            "DATABASE_URL: the database livermore on 127.0.0.1 can't be used",
        ),
        ({"DATABASE_URL": "sqlite:////proc/livermore.sqlite3"}, "the SQLite database /proc/livermore.sqlite3"),
        ({"LIVERMORE_ADMIN_PASSWORD": "hidden"}, "LIVERMORE_ADMIN_PASSWORD: needs at least 8 characters"),
        ({"LIVERMORE_ADMIN_PASSWORD": "password123"}, "LIVERMORE_ADMIN_PASSWORD: This password is too common."),
        ({"LIVERMORE_DATA_DIR": "/proc/livermore"}, "LIVERMORE_DATA_DIR: /proc/livermore can't be used"),
        (
            {"LIVERMORE_DATA_DIR": "/proc/livermore", "DJANGO_SECRET_KEY": "k" * 50},
            "LIVERMORE_DATA_DIR: /proc/livermore can't be used",
        ),
        ({"DJANGO_DEBUG": "maybe"}, "DJANGO_DEBUG: 'maybe' is neither yes nor no"),
        ({"DJANGO_SECRET_KEY": "hidden"}, "DJANGO_SECRET_KEY: needs at least 32 characters"),
        ({"DJANGO_ALLOWED_HOSTS": "https://desk.example"}, "DJANGO_ALLOWED_HOSTS: 'https://desk.example'"),
        ({"DJANGO_CSRF_TRUSTED_ORIGINS": "desk.example"}, "DJANGO_CSRF_TRUSTED_ORIGINS: 'desk.example'"),
    ],
)
def test_a_wrong_environment_value_is_one_line_that_names_it(variables: dict[str, str], says: str) -> None:
    with an_installation(**variables) as installation:
        _is_refused(installation, (), says)


def _is_refused(installation: RunningLivermore, options: tuple[str, ...], says: str) -> None:
    ended = installation.manage("up", "--port", str(installation.port), *options)
    assert ended.returncode == 1
    assert ended.stderr.startswith("livermore: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert says in ended.stderr
    assert "hidden" not in ended.stderr + ended.stdout
    assert ended.stdout == ""


def test_other_commands_say_to_start_up_where_it_does_not_run(installation: RunningLivermore) -> None:
    if not EMBEDDED:
        pytest.skip("with a Redis server of one's own there is nothing to start")
    installation.start()
    assert installation.stop() == 0, installation.output
    ended = installation.manage("sendcommand", "status", "--wait", "1")
    assert ended.returncode == 1
    assert "start manage.py up" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_engine_that_up_started_carries_out_commands(installation: RunningLivermore) -> None:
    installation.start()
    answered = installation.manage("sendcommand", "status", "--wait", "10", "--json")
    assert answered.returncode == 0, answered.stderr
    last = json.loads(answered.stdout.splitlines()[-1])
    assert last["outcome"] == "succeeded"
