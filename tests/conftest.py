"""What all tests share: a Redis server for the session, an identity that belongs to the test alone, a free port."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.signals import post_migrate
from pytest_django.plugin import DjangoDbBlocker

from settingsapp.accounts import Role
from tests.redis_server import a_redis_server
from tests.running import RunningLivermore, a_free_port, an_installation

# A busy machine is not a wrong program: no deadlines. `python -m tests.long` uses the long profile.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only-properties", action="store_true", help="run only the tests that use hypothesis")
    parser.addoption("--full", action="store_true", help="full numbers and times instead of a few")


LONGEST_FIRST = (
    *("soak", "journeys", "faults", "settingsapp/test_admin_in_browser.py", "accessibility", "live_viewers"),
    *("runtime/launch/test_up.py", "runtime/feeds/exchanges", "benchmarks"),
)
"""Where several workers share the modules, one of these begun last would keep all the others waiting at the end."""


def _turn(item: pytest.Item) -> int:
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((turn for turn, part in enumerate(LONGEST_FIRST) if place.startswith(part)), len(LONGEST_FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    if not config.getoption("--full"):
        of_the_long_form = pytest.mark.skip(reason="of the long form: pytest --full")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(of_the_long_form)
    if not config.getoption("--only-properties"):
        return
    chosen = [item for item in items if hypothesis.is_hypothesis_test(getattr(item, "obj", None))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis server's URL: the one that REDIS_URL names, else an embedded Valkey of this session's own."""
    with a_redis_server() as url:
        yield url


@pytest.fixture(autouse=True)
def _stores(request: pytest.FixtureRequest) -> None:
    # Sessions, throttles and the channel layer reach for Redis without asking for a fixture.
    if request.node.get_closest_marker("stores"):
        request.getfixturevalue("redis_server")


def _make_roles_again(**of_the_flush: object) -> None:
    for role in Role:
        Group.objects.get_or_create(name=role.value)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, which at the end is dropped whoever still holds a connection: a server process of one that a
    test has killed may outlive it by a moment.

    A transactional test empties every table at its end. Django then announces it as it announces a migration's end; the
    roles, which a migration made, are made again on that.
    """
    post_migrate.connect(_make_roles_again, sender=apps.get_app_config("settingsapp"))
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()


@pytest.fixture
def sub() -> str:
    """An identity's name that no other test uses: its keys are this test's alone."""
    return str(uuid.uuid4())


@pytest.fixture
def free_port() -> int:
    """A port on loopback that nothing listens on."""
    return a_free_port()


@pytest.fixture(scope="module")
def livermore_up() -> Iterator[RunningLivermore]:
    """A whole product, started by `manage.py up` in a data directory of its own; for all tests of a module."""
    with an_installation() as installation:
        yield installation.start()
