"""Hearing what comes back."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.keys import Keys
from runtime.bus.waiting import ResponseListener
from tests.running import wait_until

pytestmark = pytest.mark.stores

PATIENCE = 10.0


@pytest.fixture
def listener(redis_server: str) -> Iterator[ResponseListener]:
    listening = ResponseListener(redis_server)
    yield listening
    listening.close()


@pytest.fixture
def client(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server) as connected:
        yield connected


def test_a_waiter_hears_what_concerns_its_command_alone(
    listener: ResponseListener, client: redis.Redis, sub: str
) -> None:
    with listener.answers_to(sub, "mine") as answers:
        for message in ("rubbish", "[1]", '{"commandId":"another"}', '{"commandId":"mine"}'):
            client.publish(Keys(sub).responses, message)
        client.publish(Keys(f"{sub}-other").responses, '{"commandId":"mine","of":"another identity"}')
        assert answers.get(timeout=PATIENCE) == {"commandId": "mine"}
        client.publish(Keys(sub).responses, '{"commandId":"mine","last":true}')
        assert answers.get(timeout=PATIENCE) == {"commandId": "mine", "last": True}


def test_two_hundred_who_wait_share_one_connection_and_each_gets_its_own(
    redis_server: str, listener: ResponseListener, client: redis.Redis, sub: str
) -> None:
    before = int(client.info("clients")["connected_clients"])
    with ExitStack() as stack:
        waiting = {f"c{n}": stack.enter_context(listener.answers_to(sub, f"c{n}")) for n in range(200)}
        assert int(client.info("clients")["connected_clients"]) - before <= 2
        for command_id in reversed(waiting):
            client.publish(Keys(sub).responses, json.dumps({"commandId": command_id}))
        for command_id, answers in waiting.items():
            assert answers.get(timeout=PATIENCE)["commandId"] == command_id


def test_two_who_wait_for_the_same_command_both_hear_it(
    listener: ResponseListener, client: redis.Redis, sub: str
) -> None:
    with listener.answers_to(sub, "c") as one, listener.answers_to(sub, "c") as two:
        client.publish(Keys(sub).responses, '{"commandId":"c"}')
        assert one.get(timeout=PATIENCE) == two.get(timeout=PATIENCE) == {"commandId": "c"}


def test_who_has_gone_is_forgotten(listener: ResponseListener, client: redis.Redis, sub: str) -> None:
    with listener.answers_to(sub, "c") as gone:
        pass
    with listener.answers_to(sub, "c") as answers:
        client.publish(Keys(sub).responses, '{"commandId":"c"}')
        assert answers.get(timeout=PATIENCE)
    with pytest.raises(queue.Empty):
        gone.get_nowait()
    assert not listener._waiting


def test_a_connection_that_is_cut_is_mended(listener: ResponseListener, client: redis.Redis, sub: str) -> None:
    with listener.answers_to(sub, "c") as answers:
        for one in client.client_list():
            if one["cmd"] in ("psubscribe", "subscribe"):
                client.client_kill_filter(_id=one["id"])

        def heard_again() -> bool:
            client.publish(Keys(sub).responses, '{"commandId":"c"}')
            return not answers.empty()

        wait_until(heard_again, PATIENCE, "hearing again")


def test_where_nothing_can_be_heard_nothing_is_sent(sub: str) -> None:
    nowhere = ResponseListener("redis://127.0.0.1:1")
    with pytest.raises(RedisUnavailableError), nowhere.answers_to(sub, "c"):
        pytest.fail("nothing can have been subscribed to")
    nowhere.close()


def test_many_threads_may_begin_to_wait_at_once(listener: ResponseListener, client: redis.Redis, sub: str) -> None:
    heard: list[str] = []
    ready = threading.Barrier(21)

    def wait(command_id: str) -> None:
        with listener.answers_to(sub, command_id) as answers:
            ready.wait(PATIENCE)
            heard.append(answers.get(timeout=PATIENCE)["commandId"])

    threads = [threading.Thread(target=wait, args=(f"c{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    ready.wait(PATIENCE)
    for n in range(20):
        client.publish(Keys(sub).responses, json.dumps({"commandId": f"c{n}"}))
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(heard) == sorted(f"c{n}" for n in range(20))
