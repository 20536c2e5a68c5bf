"""Searching the history: what one page holds, and that all pages together hold all that is wanted, once."""

import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime import services
from runtime.bus.connections import SyncRedis, connect
from runtime.bus.keys import Keys
from runtime.protocol.history import EVERYTHING, HistoryFilter, parse_filter
from runtime.protocol.payloads import CommandName
from runtime.services import HistoryPage, Order, UnknownCommandError

pytestmark = pytest.mark.stores

PAUSES = parse_filter({"command": ["pause"]})


@pytest.fixture
def redis() -> Iterator[SyncRedis]:
    with connect() as client:
        yield client


def sent(sub: str, *commands: str) -> list[str]:
    """Send commands that take no payload, one after the other; returns their ids, newest first."""
    return [
        services.send(sub, Order(command, id=f"c{number}"), source="shell", issued_by="ada").id
        for number, command in enumerate(commands)
    ][::-1]


def ids(page: HistoryPage) -> list[str]:
    return [record.id for record in page.records]


def page_at(sub: str, wanted: HistoryFilter, place: str | None, *, limit: int = 50, most: int) -> HistoryPage:
    return services.search_history(sub, wanted, before=place, limit=limit, most=most)


def read_through(read: Callable[[str | None], HistoryPage]) -> list[HistoryPage]:
    pages = [read(None)]
    while pages[-1].further is not None:
        pages.append(read(pages[-1].further))
    return pages


def test_a_page_that_ends_with_the_history_has_nothing_further(sub: str) -> None:
    known = sent(sub, "pause", "status", "pause")
    assert services.search_history(sub) == services.search_history(sub, limit=3)
    assert services.search_history(sub, limit=3).further is None
    assert services.search_history(sub, PAUSES, limit=2).further is None
    page = services.search_history(sub, limit=2)
    assert (ids(page), page.further, page.looked_at) == (known[:2], known[1], 2)
    assert services.search_history(str(uuid.uuid4())).records == ()


def test_one_request_looks_at_so_many_records_and_the_next_goes_on_behind_them(sub: str) -> None:
    known = sent(sub, "pause", *["status"] * 9)
    page = services.search_history(sub, PAUSES, most=4)
    assert (ids(page), page.further, page.looked_at) == ([], known[3], 4)
    pages = read_through(partial(page_at, sub, PAUSES, most=4))
    assert [(ids(page), page.looked_at) for page in pages] == [([], 4), ([], 4), (["c0"], 2)]


def test_what_is_forgotten_already_is_left_out_and_does_not_end_a_page_early(sub: str, redis: SyncRedis) -> None:
    known = sent(sub, *["status"] * 6)
    for gone in known[1:4]:
        redis.delete(Keys(sub).command(gone))
    page = services.search_history(sub, limit=2)
    assert ids(page) == [known[0], known[4]]
    assert ids(services.search_history(sub, before=page.further, limit=2)) == [known[5]]


def test_a_place_that_is_forgotten_is_an_error(sub: str) -> None:
    sent(sub, "status")
    with pytest.raises(UnknownCommandError, match="no command x in the last seven days"):
        services.search_history(sub, PAUSES, before="x")


def test_the_time_of_queueing_is_found_without_looking_at_other_records(sub: str, redis: SyncRedis) -> None:
    known = sent(sub, *["status"] * 5)
    # The second and the third came in the same millisecond: their places in the stream stand behind the point.
    for command_id, score in zip(reversed(known), (1_000.0, 2_000.001, 2_000.002, 3_000.0, 4_000.0), strict=True):
        redis.zadd(Keys(sub).history, {command_id: score})

    def between(since: int | None, until: int | None, before: str | None = None) -> tuple[list[str], int]:
        page = services.search_history(sub, HistoryFilter(since=since, until=until), before=before)
        return ids(page), page.looked_at

    assert between(2_000, 3_000) == (["c3", "c2", "c1"], 3)
    assert between(2_000, 2_000) == (["c2", "c1"], 2)
    assert between(2_001, None) == (["c4", "c3"], 2)
    assert between(None, 1_999) == (["c0"], 1)
    assert between(None, 3_000, before="c2") == (["c1", "c0"], 2)
    assert between(2_000, 3_000, before="c4") == (["c3", "c2", "c1"], 3)
    assert between(5_000, None) == between(None, 999) == ([], 0)


@given(st.lists(st.sampled_from(["pause", "status", "resume"]), max_size=15), st.integers(1, 5), st.integers(1, 7))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_pages_together_hold_all_that_is_wanted_newest_first_and_once(
    redis_server: str, commands: list[str], limit: int, most: int
) -> None:
    sub = str(uuid.uuid4())
    known = sent(sub, *commands)
    for wanted, names in ((EVERYTHING, set(CommandName)), (PAUSES, {"pause"})):
        pages = read_through(partial(page_at, sub, wanted, limit=limit, most=most))
        expected = [command_id for command_id in known if commands[int(command_id[1:])] in names]
        assert [command_id for page in pages for command_id in ids(page)] == expected
        assert all(page.looked_at <= most and len(page.records) <= limit for page in pages)
