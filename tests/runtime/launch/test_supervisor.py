"""The supervisor over tiny real programs, ended by real signals."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.launch import processes
from runtime.launch.supervisor import Program, Supervisor, Timings
from tests.running import wait_until
from tests.runtime.launch.programs import alive, processes_naming, python

QUICK = Timings(look=0.01, stop=5, first_backoff=0.02, longest_backoff=0.08, stable=30)
ROOT = Path(__file__).resolve().parents[3]


def noting(note: Path, code: str = "signal.pause()") -> tuple[str, ...]:
    """A program that writes its pid to `note`, says `ended NAME` there on SIGTERM, and otherwise does `code`."""
    return tuple(
        python(
            textwrap.dedent(f"""
            import os, signal, sys, time
            note = open({str(note)!r}, "a", buffering=1)
            def end(*_):
                print("ended", {note.stem!r}, file=note); sys.exit(0)
            signal.signal(signal.SIGTERM, end)
            print(os.getpid(), file=note)
            """)
            + textwrap.dedent(code)
        )
    )


def lines(note: Path) -> list[str]:
    return note.read_text().splitlines() if note.exists() else []


def program(name: str, note: Path, code: str = "signal.pause()", starts: int = 1) -> Program:
    """Ready once it has written its pid for the `starts`th time."""
    return Program(name, noting(note, code), lambda _: len(lines(note)) >= starts)


def test_leaving_the_block_stops_all_the_last_started_first_and_leaves_no_zombie(tmp_path: Path) -> None:
    note = tmp_path / "all"
    with Supervisor(tmp_path, print, timings=QUICK) as supervisor:
        for number, name in enumerate(("valkey", "engine", "web"), start=1):
            command = noting(note, "signal.pause()")
            command = (*command[:-1], command[-1].replace(repr(note.stem), repr(name)))
            supervisor.start(Program(name, command, lambda _, number=number: len(lines(note)) >= number))  # type: ignore[misc]
            assert supervisor.wait_until_ready(name, 10)
    assert lines(note)[3:] == ["ended web", "ended engine", "ended valkey"]
    assert supervisor.stopped_cleanly
    assert not any(Path(f"/proc/{pid}").exists() for pid in lines(note)[:3])


def test_a_program_killed_from_outside_is_started_again_and_the_screen_says_so(tmp_path: Path) -> None:
    note, said = tmp_path / "engine", list[str]()
    with Supervisor(tmp_path, said.append, timings=QUICK) as supervisor:
        supervisor.start(program("engine", note))
        assert supervisor.wait_until_ready("engine", 10)
        os.kill(int(lines(note)[0]), signal.SIGKILL)
        let_work(supervisor, lambda: "engine is up again" in said and len(lines(note)) == 2)
    assert said[0].startswith("engine ended (killed by SIGKILL), starting again in 0.02 s")
    assert lines(note)[2:] == ["ended engine"]


def let_work(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    """Let the supervisor work until the condition holds, which poses as the readiness of a program that waits."""
    supervisor.start(Program("condition", tuple(python("import signal; signal.pause()")), lambda _: condition()))
    assert supervisor.wait_until_ready("condition", 10)


def test_a_program_that_keeps_failing_is_named_with_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    note, log, said = tmp_path / "engine", tmp_path / "web.log", list[str]()
    with Supervisor(tmp_path, said.append, timings=QUICK) as supervisor:
        supervisor.start(program("engine", note))
        supervisor.start(Program("web", tuple(python("raise SystemExit('no module asgi')")), lambda _: False))
        # 0.02, 0.04 and 0.08 s are said; the failures after these only go to the log.
        let_work(supervisor, lambda: log.read_text().count("no module asgi") >= 6)
    assert len(said) == 3
    assert "web ended (exit status 1), starting again in 0.02 s" in said[0]
    assert "no module asgi" in said[0]
    assert "trying again every 0.08 s" in said[2]
    assert lines(note)[1:] == ["ended engine"]


def test_what_does_not_end_when_asked_is_killed_in_the_end_and_the_stop_is_not_clean(tmp_path: Path) -> None:
    note, said = tmp_path / "stubborn", list[str]()
    timings = Timings(look=0.01, stop=0.1)
    with Supervisor(tmp_path, said.append, timings=timings) as supervisor:
        supervisor.start(program("stubborn", note, "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"))
        assert supervisor.wait_until_ready("stubborn", 10)
        # Its pid is written before it begins to ignore the signal.
        status = Path(f"/proc/{lines(note)[0]}/status")
        wait_until(lambda: int(status.read_text().partition("SigIgn:\t")[2].split()[0], 16) & 1 << 14 != 0)
    assert not supervisor.stopped_cleanly
    assert said == ["stubborn did not end within 0.1 s and was killed"]
    assert not Path(f"/proc/{lines(note)[0]}").exists()


def test_what_a_program_has_started_itself_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "parent"
    code = """
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, file=note)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    with Supervisor(tmp_path, print, timings=QUICK) as supervisor:
        supervisor.start(program("parent", note, code, starts=3))
        assert supervisor.wait_until_ready("parent", 10)
        wait_until(lambda: not alive(int(lines(note)[1])))


def test_the_lines_of_a_program_go_to_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path, print, timings=QUICK) as supervisor:
        supervisor.start(program("engine", tmp_path / "note", "print('hello', file=sys.stderr); signal.pause()"))
        let_work(supervisor, lambda: supervisor.last_words("engine") == "hello")
    assert (tmp_path / "engine.log").read_text() == "hello\n"


def test_a_program_that_can_not_be_started_at_all_is_said_too(tmp_path: Path) -> None:
    said = list[str]()
    with Supervisor(tmp_path, said.append, timings=QUICK) as supervisor:
        supervisor.start(Program("nothing", ("/no/such/program",), lambda _: False))
        let_work(supervisor, lambda: bool(said))
    assert "/no/such/program" in said[0]


SUPERVISING = """
import signal, sys
from pathlib import Path
from runtime.launch.supervisor import Program, Supervisor
from tests.runtime.launch.test_supervisor import QUICK, program
# The suite itself may run under nohup, where it is ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
place = Path(sys.argv[1])
with Supervisor(place, print, timings=QUICK) as supervisor:
    for name in ("one", "two"):
        supervisor.start(program(name, place / name, sys.argv[2]))
        supervisor.wait_until_ready(name, 10)
    print("up", flush=True)
    supervisor.watch()
sys.exit(0 if supervisor.stopped_cleanly else 1)
"""


@pytest.fixture
def supervising(tmp_path: Path) -> "Iterator[Callable[..., subprocess.Popen[str]]]":
    """Starts a supervisor of two programs in a process of its own, and returns it once it is up."""
    started = []

    def start(code: str = "signal.pause()") -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", SUPERVISING, str(tmp_path), code]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_all_in_order_and_the_status_is_0(
    supervising: "Callable[[], subprocess.Popen[str]]", tmp_path: Path, number: signal.Signals
) -> None:
    process = supervising()
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert processes_naming(str(tmp_path)) == {}
    assert [lines(tmp_path / name)[1:] for name in ("one", "two")] == [["ended one"], ["ended two"]]


def test_a_second_signal_kills_at_once(supervising: "Callable[[str], subprocess.Popen[str]]", tmp_path: Path) -> None:
    process = supervising("signal.signal(signal.SIGTERM, lambda *_: print('asked', file=note)); time.sleep(60)")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: "asked" in lines(tmp_path / "two"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=4)
    assert process.returncode != 0
    assert processes_naming(str(tmp_path)) == {}


def test_kill_9_of_the_supervisor_leaves_nobody_behind(
    supervising: "Callable[[], subprocess.Popen[str]]", tmp_path: Path
) -> None:
    process = supervising()
    assert len(processes_naming(str(tmp_path))) == 3
    process.kill()
    process.communicate()
    wait_until(lambda: processes_naming(str(tmp_path)) == {}, 5)


def test_where_the_kernel_does_not_help_the_tether_watches_instead(tmp_path: Path) -> None:
    starter = textwrap.dedent(f"""
        import sys, time
        from runtime.launch.processes import spawn
        spawn([sys.executable, "-c", "import time; time.sleep(60)", {str(tmp_path)!r}], tether="watch")
        print("up", flush=True)
        time.sleep(60)
    """)
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    wait_until(lambda: len(processes_naming(str(tmp_path))) == 3)
    process.kill()
    process.communicate()
    wait_until(lambda: processes_naming(str(tmp_path)) == {}, 5)


def test_the_watching_tether_passes_the_request_to_end_on_and_the_status_back(tmp_path: Path) -> None:
    note = tmp_path / "note"
    process = processes.spawn(noting(note, "signal.pause()"), tether="watch")
    wait_until(lambda: len(lines(note)) == 1)
    assert processes.stop(process, patience=5) == 0
    assert lines(note)[1:] == ["ended note"]
