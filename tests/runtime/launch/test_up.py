"""`manage.py up`, started, killed and stopped for real."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from tests.running import PASSWORD, RunningLivermore, an_installation, wait_until
from tests.runtime.launch.programs import alive, processes_naming

EMBEDDED = not os.environ.get("REDIS_URL")
PROGRAMS = {"valkey": "valkey-server", "engine": "runengine", "web": "runtime.live.web_server"}


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


@pytest.mark.stores
def test_the_whole_life_of_an_installation(installation: RunningLivermore) -> None:
    """First start, a command, a second `up` beside it, a stop in order, and a start again with what was kept."""
    installation.start()
    assert installation.answers("/healthz") == 200
    assert f"Livermore is up: {installation.base_url}/" in installation.output
    assert "admin, with the password in LIVERMORE_ADMIN_PASSWORD" in installation.output
    assert PASSWORD not in installation.output + installation.logs
    expected = {"valkey", "engine", "web"} if EMBEDDED else {"engine", "web"}
    assert {name for name in PROGRAMS if pid_of(installation, name)} == expected
    slot = (installation.data_dir / "engine-slot").read_text()

    answered = installation.manage("sendcommand", "status", "--wait", "10", "--json")
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout.splitlines()[-1])["outcome"] == "succeeded"

    second = installation.manage("up", "--port", "1")
    assert second.returncode == 1
    assert second.stderr.startswith(
        f"livermore: manage.py up already runs on {installation.data_dir} as process {installation.pid}"
    )
    assert second.stderr.count("\n") == 1

    assert installation.stop() == 0, installation.output
    assert running(installation) == {}
    assert "ended (" not in installation.output, "nothing failed on the way"
    if EMBEDDED:
        alone = installation.manage("sendcommand", "status", "--wait", "1")
        assert alone.returncode != 0
        assert "start manage.py up" in alone.stderr
        assert "Traceback" not in alone.stderr

    installation.start()
    assert "as before" in installation.output
    assert (installation.data_dir / "engine-slot").read_text() == slot
    assert installation.stop() == 0, installation.output


@pytest.mark.stores
def test_kill_9_of_up_leaves_nobody_behind_and_what_it_made_up_is_known_to_the_next() -> None:
    with an_installation(LIVERMORE_ADMIN_PASSWORD="") as installation:
        installation.start()
        shown = re.search(r"admin, password (\S+) \(shown this once", installation.output)
        assert shown is not None, installation.output
        assert installation.process is not None
        installation.process.kill()
        installation.process.wait()
        # At once, while the programs of the killed one may still be ending.
        installation.start()
        assert installation.answers("/healthz") == 200
        assert len([command for command in running(installation).values() if "runengine" in command]) == 1
        assert installation.output.count(shown[1]) == 1
        assert lets_in(installation, shown[1])
        installation.process.kill()
        installation.process.wait()
        wait_until(lambda: running(installation) == {}, 5, "the end of all programs")
        kept = [path for path in installation.data_dir.rglob("*") if path.is_file() and path.name != "up.output"]
        assert not [path for path in kept if shown[1].encode() in path.read_bytes()]


def lets_in(installation: RunningLivermore, password: str) -> bool:
    """Sign in as a browser would."""
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    login = f"{installation.base_url}/login/"
    browser.open(login, timeout=10).close()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
    with browser.open(login, urllib.parse.urlencode(form).encode(), timeout=10) as page:
        return bool(page.url == f"{installation.base_url}/")


@pytest.mark.stores
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
