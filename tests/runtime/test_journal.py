"""The engine's log as the settings want it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.journal import EngineJournal
from settingsapp.schema.running import LoggingSettings

ENGINE = logging.getLogger("runtime.engine.loop")


@pytest.fixture
def journal() -> Iterator[EngineJournal]:
    kept = EngineJournal("me/../you")
    yield kept
    kept.close()


def written_in(directory: Path) -> str:
    return "".join(path.read_text() for path in directory.iterdir())


@pytest.mark.parametrize(
    ("verbosity", "told"),
    [
        ("debug", ["d", "i", "w", "e"]),
        ("INFO", ["i", "w", "e"]),
        ("warning", ["w", "e"]),
        ("error", ["e"]),
    ],
)
async def test_the_verbosity_says_what_is_written(
    journal: EngineJournal, tmp_path: Path, verbosity: str, told: list[str]
) -> None:
    await journal.follow(LoggingSettings(verbosity_level=verbosity, log_directory=str(tmp_path)))
    for level, text in [("debug", "d"), ("info", "i"), ("warning", "w"), ("error", "e")]:
        getattr(ENGINE, level)("line %s", text)
    assert [line.split()[-1] for line in written_in(tmp_path).splitlines()] == told


async def test_a_change_counts_at_once_and_without_a_second_copy(journal: EngineJournal, tmp_path: Path) -> None:
    for verbosity in ("error", "info", "info"):
        await journal.follow(LoggingSettings(verbosity_level=verbosity, log_directory=str(tmp_path)))
        ENGINE.info("at %s", verbosity)
    assert written_in(tmp_path).count("at info") == 2
    assert "at error" not in written_in(tmp_path)


async def test_the_data_directory_gets_the_log_where_no_log_directory_is_named(
    journal: EngineJournal, tmp_path: Path
) -> None:
    data, logs = tmp_path / "data", tmp_path / "logs"
    data.mkdir()
    logs.mkdir()
    assert await journal.follow(LoggingSettings(data_directory=str(data))) == []
    ENGINE.warning("first")
    assert await journal.follow(LoggingSettings(data_directory=str(data), log_directory=str(logs))) == []
    ENGINE.warning("second")
    assert "first" in written_in(data)
    assert "second" not in written_in(data)
    assert "second" in written_in(logs)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C:\\livermore\\logs", "not a whole path on this machine"),
        ("./logs", "not a whole path on this machine"),
        ("/nowhere/at/all", "there is no such directory on this machine"),
        ("/proc", ""),
    ],
)
async def test_a_directory_that_cannot_be_used_is_said_and_nothing_is_written(
    journal: EngineJournal, text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    handlers = list(logging.getLogger().handlers)
    (problem,) = await journal.follow(LoggingSettings(log_directory=text))
    assert problem.startswith(f"livermore_runtime.logging.log_directory: '{text}' can't be used here: ")
    assert reason in problem
    assert problem.endswith("stays in the server's data directory")
    assert logging.getLogger().handlers == handlers
    assert written_in(tmp_path) == ""


async def test_one_bad_directory_does_not_spoil_the_other(journal: EngineJournal, tmp_path: Path) -> None:
    wanted = LoggingSettings(log_directory="D:\\logs", data_directory=str(tmp_path))
    assert len(await journal.follow(wanted)) == 1
    ENGINE.warning("still here")
    assert "still here" in written_in(tmp_path)


async def test_a_link_in_the_directory_is_not_followed(journal: EngineJournal, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("mine\n")
    logs = tmp_path / "logs"
    logs.mkdir()
    await journal.follow(LoggingSettings(log_directory=str(logs)))
    (name,) = (path.name for path in logs.iterdir())
    journal.close()
    (logs / name).unlink()
    (logs / name).symlink_to(elsewhere)
    (problem,) = await journal.follow(LoggingSettings(log_directory=str(logs)))
    ENGINE.warning("not into foreign files")
    assert "link" in problem
    assert elsewhere.read_text() == "mine\n"


async def test_in_the_end_logging_is_as_it_was(tmp_path: Path) -> None:
    before = (logging.getLogger("runtime").level, list(logging.getLogger().handlers))
    journal = EngineJournal("me")
    await journal.follow(LoggingSettings(verbosity_level="debug", log_directory=str(tmp_path)))
    journal.close()
    assert (logging.getLogger("runtime").level, logging.getLogger().handlers) == before
