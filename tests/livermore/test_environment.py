"""Every variable: what it means, what stands in for it, and what a bad value is told."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livermore.environment import BadEnvironmentError, Environment, read_environment

BASE = Path("/srv/livermore")


def read(**variables: str) -> Environment:
    return read_environment(variables, BASE)


def test_without_any_variable_all_is_embedded_and_local() -> None:
    assert read() == Environment(
        data_dir=BASE / "var",
        database_url=None,
        redis_url="unix:///srv/livermore/var/valkey.sock",
        embedded_redis=True,
        secret_key=None,
        debug=False,
        allowed_hosts=("localhost", "127.0.0.1", "[::1]"),
        allowed_hosts_are_set=False,
        csrf_trusted_origins=(),
        admin_password=None,
    )


def test_with_every_variable_each_is_taken_as_it_is() -> None:
    environment = read(
        LIVERMORE_DATA_DIR="/data",
        DATABASE_URL="postgres://desk:secret@db:5432/livermore",
        REDIS_URL="redis://:secret@cache:6379/2",
        DJANGO_SECRET_KEY="k" * 32,
        DJANGO_DEBUG="yes",
        DJANGO_ALLOWED_HOSTS="desk.example, 192.0.2.7,[2001:db8::7]",
        DJANGO_CSRF_TRUSTED_ORIGINS="https://desk.example,http://desk.example:8080",
        LIVERMORE_ADMIN_PASSWORD=" with blanks ",
    )
    assert environment == Environment(
        data_dir=Path("/data"),
        database_url="postgres://desk:secret@db:5432/livermore",
        redis_url="redis://:secret@cache:6379/2",
        embedded_redis=False,
        secret_key="k" * 32,
        debug=True,
        allowed_hosts=("desk.example", "192.0.2.7", "[2001:db8::7]"),
        allowed_hosts_are_set=True,
        csrf_trusted_origins=("https://desk.example", "http://desk.example:8080"),
        admin_password=" with blanks ",
    )


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("DATABASE_URL", "REDIS_URL", "DJANGO_DEBUG", "DJANGO_ALLOWED_HOSTS", "LIVERMORE_ADMIN_PASSWORD")
    assert read(**dict.fromkeys(names, "")) == read()


def test_a_relative_data_directory_is_relative_to_the_checkout() -> None:
    assert read(LIVERMORE_DATA_DIR="elsewhere").data_dir == BASE / "elsewhere"


@pytest.mark.parametrize("word", ["1", "true", "YES", "On"])
def test_words_that_mean_yes(word: str) -> None:
    assert read(DJANGO_DEBUG=word).debug


@pytest.mark.parametrize("word", ["0", "false", "NO", "Off"])
def test_words_that_mean_no(word: str) -> None:
    assert not read(DJANGO_DEBUG=word).debug


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("DJANGO_DEBUG", "maybe", "use 1, true, yes, on"),
        ("DJANGO_SECRET_KEY", "short", "at least 32 characters"),
        ("DJANGO_ALLOWED_HOSTS", "https://desk.example", "without scheme or port"),
        ("DJANGO_ALLOWED_HOSTS", "desk.example:8000", "without scheme or port"),
        ("DJANGO_ALLOWED_HOSTS", "desk.example other.example", "separated by commas"),
        ("DJANGO_CSRF_TRUSTED_ORIGINS", "desk.example", "https://desk.example"),
        ("DJANGO_CSRF_TRUSTED_ORIGINS", "https://desk.example/path", "not an origin"),
        ("DATABASE_URL", "mysql://u:secret@db/livermore", "postgres://user:password@host"),
        ("DATABASE_URL", "postgres://u:secret@db:port/livermore", "is not a URL"),
        ("DATABASE_URL", "postgres://u:secret/livermore", "is not a URL"),
        ("DATABASE_URL", "postgres://u:secret@db", "names no database"),
        ("DATABASE_URL", "secret", "postgres://user:password@host"),
        ("REDIS_URL", "http://:secret@cache", "redis://host:6379/0"),
        ("REDIS_URL", "secret:6379", "redis://host:6379/0"),
        ("REDIS_URL", "redis://:secret@cache:port", "is not a URL"),
        ("REDIS_URL", "redis://cache:6379/secret", "not a database number"),
        ("REDIS_URL", "unix://", "names no socket"),
        ("LIVERMORE_DATA_DIR", __file__, "is a file"),
        ("LIVERMORE_DATA_DIR", "/" + "long/" * 30, "at most 95 bytes"),
        ("LIVERMORE_ADMIN_PASSWORD", "secret7", "at least 8 characters"),
    ],
)
def test_a_bad_value_is_told_by_name_what_would_be_right(name: str, value: str, advice: str) -> None:
    with pytest.raises(BadEnvironmentError, match=name) as caught:
        read(**{name: value})
    assert advice in str(caught.value)
    assert "secret" not in caught.value.problem.replace("DJANGO_SECRET", ""), "no message may repeat a password"


def test_with_a_redis_server_of_ones_own_the_data_directory_may_be_long() -> None:
    assert read(LIVERMORE_DATA_DIR="/" + "long/" * 30, REDIS_URL="redis://cache").embedded_redis is False


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "DATABASE_URL",
                "REDIS_URL",
                "DJANGO_SECRET_KEY",
                "DJANGO_DEBUG",
                "DJANGO_ALLOWED_HOSTS",
                "DJANGO_CSRF_TRUSTED_ORIGINS",
                "LIVERMORE_ADMIN_PASSWORD",
            ]
        ),
        st.text(max_size=60) | st.sampled_from(["postgres://[", "redis://]", "http://[::1", "//"]),
    )
)
def test_whatever_a_variable_holds_the_answer_is_an_environment_or_its_own_error(variables: dict[str, str]) -> None:
    # Any other exception fails the test by itself.
    with suppress(BadEnvironmentError):
        assert read_environment(variables, BASE).data_dir == BASE / "var"
