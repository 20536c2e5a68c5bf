"""What each option and each surrounding is told before anything starts."""

import gzip
import socket
from pathlib import Path

import pytest

from runtime.launch import checks
from runtime.launch.options import Options, read_options


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "BTC_USD-5m.csv.gz"
    rows = [f"{1_515_542_400_000 + 300_000 * n},100,101,99,100.5,{n + 1}" for n in range(3)]
    path.write_bytes(gzip.compress("\n".join(["open_time_ms,open,high,low,close,volume", *rows, ""]).encode()))
    return path


def test_good_options_become_what_the_programs_are_given(recording: Path) -> None:
    assert read_options("localhost", "8000", None, None) in (
        Options("127.0.0.1", 8000, None, 1.0),
        Options("::1", 8000, None, 1.0),
    )
    played = read_options("0.0.0.0", "65535", str(recording), "60")
    assert played == Options("0.0.0.0", 65_535, recording, 60.0)
    assert played.engine_arguments == ("--play", str(recording), "--speed", "60.0")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8000.5", "", "\u0663"])
def test_a_bad_port_is_told_what_a_port_is(port: str) -> None:
    with pytest.raises(checks.CannotStartError, match=f"^--port {port}: a port is a number from 1 to 65535$"):
        read_options("127.0.0.1", port, None, None)


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast", ""])
def test_a_bad_speed_is_told_what_a_speed_is(recording: Path, speed: str) -> None:
    with pytest.raises(checks.CannotStartError, match=f"^--speed {speed}: a number above 0 is needed"):
        read_options("127.0.0.1", "8000", str(recording), speed)


def test_a_speed_without_a_recording_is_told_to_name_one() -> None:
    with pytest.raises(checks.CannotStartError, match=r"^--speed 2: goes with --play FILE"):
        read_options("127.0.0.1", "8000", None, "2")


@pytest.mark.parametrize("host", ["no such host", "300.1.1.1", "\x00", "a" * 70])
def test_a_host_that_does_not_exist_is_told_what_to_use(host: str) -> None:
    with pytest.raises(checks.CannotStartError, match=r"no such address; use 127\.0\.0\.1"):
        checks.address_of(host)


def test_an_ipv6_address_may_stand_in_brackets() -> None:
    assert checks.address_of("[::1]") == "::1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("0.0.0.0", False), ("192.0.2.7", False)],
)
def test_what_is_this_machine_alone(address: str, expected: bool) -> None:
    assert checks.is_loopback(address) is expected


def test_a_port_that_somebody_listens_on_is_named_and_another_one_suggested() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for address in ("127.0.0.1", "0.0.0.0"):
            with pytest.raises(checks.CannotStartError, match=rf"port {port} on {address} is in use.*--port \d+$"):
                checks.check_port_is_free(address, port)
    checks.check_port_is_free("127.0.0.1", port)


@pytest.mark.parametrize("password", ["password123", "1234567890", "administrator"])
def test_a_password_that_anybody_would_guess_is_refused_by_name_and_not_repeated(password: str) -> None:
    with pytest.raises(checks.CannotStartError, match=r"^LIVERMORE_ADMIN_PASSWORD: .*Choose another one") as caught:
        checks.check_admin_password(password)
    assert password not in str(caught.value)


def test_no_password_and_a_good_one_pass() -> None:
    checks.check_admin_password(None)
    checks.check_admin_password("correct-horse-battery")
