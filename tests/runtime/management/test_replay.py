import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.runtime.engine.walks import walk
from tests.runtime.feeds.recording_files import write_candles, write_lines

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_candles(tmp_path, walk("5m", 1_500, seed=3, volatility=0.01), "ETH_BTC")


def replay(*arguments: str | Path) -> tuple[list[str], list[str]]:
    """Run the command and return the lines of stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command("replay", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_every_alert_is_one_readable_line_and_a_summary_ends_them(recording: Path) -> None:
    (*lines, summary), err = replay(recording)
    assert err == []
    assert summary == f"1082 bars after the warm-up, 5 series, {len(lines)} alerts"
    assert all(line.startswith("2023-11-") and "ETH-BTC" in line and "MACD-V" in line for line in lines)
    for part in ("crossover up", "crossover down", "momentum-shift ", " -> ", "level +150", "reversal "):
        assert any(part in line for line in lines), part


def test_as_json_every_line_is_an_alert_and_the_summary_goes_to_stderr(recording: Path) -> None:
    lines, (summary,) = replay(recording, "--json")
    alerts = [json.loads(line) for line in lines]
    assert summary.endswith(f"{len(alerts)} alerts")
    assert {a["type"] for a in alerts} == {"alert"}
    assert {(a["symbol"], a["mode"], a["settingsVersion"]) for a in alerts} == {("ETH-BTC", "scalper-macdv", 1)}
    assert len({a["id"] for a in alerts}) == len(alerts)


def test_several_files_are_replayed_one_after_the_other(tmp_path: Path, recording: Path) -> None:
    other = write_candles(tmp_path, walk("1m", 900, seed=5, missing=0.3), "XRP_ETH")
    (*lines, summary), _ = replay(recording, other)
    alone = [replay(path)[0][:-1] for path in (recording, other)]
    assert lines == [*alone[0], *alone[1]]
    assert "11 series" in summary


def test_a_bad_file_is_told_before_anything_is_printed(tmp_path: Path, recording: Path) -> None:
    bad = write_lines(tmp_path / "A_B-5m.csv.gz", "0,1,2,3,4,5")
    with pytest.raises(CommandError, match=r"A_B-5m.csv.gz, line 2: high 2.0 is below low 3.0"):
        replay(recording, bad)


def test_from_a_shell_it_needs_no_store_and_ends_with_one_line_on_a_bad_file(tmp_path: Path, recording: Path) -> None:
    environment = {
        "LIVERMORE_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    def run(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "replay", str(path), "--json"]
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    good = run(recording)
    assert (good.returncode, good.stdout.splitlines()) == (0, replay(recording, "--json")[0])
    bad = run(tmp_path / "ETH_BTC-1m.csv.gz")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.splitlines() == [f"CommandError: {tmp_path / 'ETH_BTC-1m.csv.gz'}: there is no such file"]
