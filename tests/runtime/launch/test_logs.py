from pathlib import Path

from runtime.launch import logs


def test_a_log_that_outgrew_its_bound_moves_its_text_aside_and_writers_go_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "logs" / "engine.log"
    with logs.open_log(path, largest=10) as writer:
        writer.write(b"long enough to move\n")
        logs.bound(path, largest=10)
        writer.write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert path.with_name("engine.log.1").read_bytes() == b"long enough to move\n"


def test_a_log_within_its_bound_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    for _ in range(2):
        with logs.open_log(path, largest=100) as writer:
            writer.write(b"line\n")
    assert path.read_bytes() == b"line\nline\n"
    assert not path.with_name("engine.log.1").exists()


def test_the_last_words_are_those_of_the_latest_run_only(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("of an earlier run\n")
    assert logs.last_words(path, path.stat().st_size) == ""
    with path.open("a") as file:
        file.write("first\nlast\n\n")
    assert logs.last_words(path, 18) == "last"


def test_the_last_words_are_found_after_the_log_was_bounded(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("new\n")
    assert logs.last_words(path, 5_000_000) == "new"
