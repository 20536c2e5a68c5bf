"""Hearing what comes back."""

import json
import time

import pytest
import redis

from runtime.bus.connections import RedisUnavailableError, connect
from runtime.bus.keys import Keys
from runtime.bus.waiting import responses_of

pytestmark = pytest.mark.stores


def test_what_is_published_after_the_subscription_is_heard_and_rubbish_is_passed_over(
    redis_server: str, sub: str
) -> None:
    channel = Keys(sub).responses
    with connect(redis_server) as client, responses_of(client, sub) as responses:
        for message in ("rubbish", "[1]", '{"commandId":"c1"}'):
            client.publish(channel, message)
        heard = next(message for message in responses.until(time.monotonic() + 10) if message is not None)
    assert heard == {"commandId": "c1"}


def test_silence_is_told_now_and_then_and_ends_at_the_deadline(redis_server: str, sub: str) -> None:
    begun = time.monotonic()
    with connect(redis_server) as client, responses_of(client, sub) as responses:
        heard = list(responses.until(begun + 0.2))
    assert set(heard) == {None}
    assert time.monotonic() - begun < 5


def test_a_connection_that_is_cut_is_mended(redis_server: str, sub: str) -> None:
    client = redis.Redis.from_url(redis_server, client_name=sub)
    with client, responses_of(client, sub) as responses:
        own = [one["id"] for one in client.client_list() if one["cmd"] == "subscribe" and one["name"] == sub]
        assert len(own) == 1
        client.client_kill_filter(_id=own[0])
        heard = responses.until(time.monotonic() + 10)
        body = json.dumps({"commandId": "c2"})
        while client.publish(Keys(sub).responses, body) == 0:
            next(heard)
        assert next(message for message in heard if message is not None) == {"commandId": "c2"}


def test_nobody_to_subscribe_to_is_an_error_before_anything_is_sent(sub: str) -> None:
    with (
        connect("redis://127.0.0.1:1") as client,
        pytest.raises(RedisUnavailableError),
        responses_of(client, sub),
    ):
        pytest.fail("nothing can have been subscribed to")
