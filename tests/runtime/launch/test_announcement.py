from pathlib import Path

from runtime.launch.announcement import Announcement, market_text, sign_in_text, stores_text, url_text


def announcement(*, web_answers: bool = True) -> Announcement:
    return Announcement(
        url="http://127.0.0.1:8000/",
        web_answers=web_answers,
        sign_in="as before",
        engine="starting…",
        stores="SQLite, embedded Valkey",
        market="simulated",
        data_dir=Path("/srv/var"),
    )


def test_it_says_up_only_when_the_web_server_answers() -> None:
    assert "Livermore is up: http://127.0.0.1:8000/" in announcement().text()
    assert "is up" not in announcement(web_answers=False).text()


def test_it_is_compact_and_names_the_logs_and_the_way_to_stop() -> None:
    lines = announcement().text().strip().splitlines()
    assert len(lines) <= 9
    assert "  logs     /srv/var/logs" in lines
    assert "  stop     Ctrl-C" in lines


def test_a_password_is_shown_only_where_it_was_made_up() -> None:
    assert sign_in_text(username="admin", password="x7") == "admin, password x7 (shown this once: keep it)"
    assert sign_in_text(username="admin", password=None) == "admin, with the password in LIVERMORE_ADMIN_PASSWORD"
    assert "changepassword admin" in sign_in_text(username=None, password=None)


def test_of_a_redis_server_the_place_is_shown_and_never_the_password() -> None:
    for url in ("redis://:hidden@cache:6379/0?ssl=x", "rediss://user:hidden@cache:6379/0"):
        assert stores_text(database="PostgreSQL", redis_url=url) == "PostgreSQL, Redis at cache:6379/0"
    assert stores_text(database="SQLite", redis_url=None) == "SQLite, embedded Valkey"


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert url_text("::1", 8000) == "http://[::1]:8000/"


def test_a_recording_is_named_with_its_speed() -> None:
    assert "BTC_USD-5m.csv.gz at 60 times" in market_text(Path("/data/BTC_USD-5m.csv.gz"), 60.0)
    assert "invented" in market_text(None, 1.0)
