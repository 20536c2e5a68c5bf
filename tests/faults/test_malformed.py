"""Anything at all comes in through the stream: the engine answers what can be answered and goes on."""

import json
import random
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from runtime.bus.keys import FIELD
from settingsapp.schema import strict_json
from tests.faults.desk import LONG_ENOUGH_MS, Desk
from tests.faults.extent import Extent

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

MOST_GROWTH = 50 * 1024 * 1024
MOST_WAITING = 5_000
"""Of what is put into the stream, so that it is read while it comes in."""

Malformed = Callable[[random.Random, int], bytes]


def fuzzed_bytes(chance: random.Random, number: int) -> bytes:
    return chance.randbytes(chance.randrange(200))


def flipped_bytes(chance: random.Random, number: int) -> bytes:
    """A good message with some of its bytes changed."""
    raw = bytearray(json.dumps({"id": f"m{number}", "command": "explode", "timestamp": 1, "source": "x"}).encode())
    for _ in range(chance.randrange(1, 4)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def wrong_types(chance: random.Random, number: int) -> bytes:
    anything: list[Any] = [None, True, -1, 2**70, 1.5, "", "\u2028", [], {}, [[]], {"id": 1}, "x" * 200]
    message: dict[str, Any] = {"id": f"m{number}", "command": "pause", "timestamp": 1, "source": "x", "payload": {}}
    # The command, or its payload, is wrong in any case: nothing of this may have an effect.
    message["payload"] = chance.choice([[], "x", 1, {"minutes": "soon"}, {"minutes": -1}, {"no": "such"}])
    for field in chance.sample(["id", "command", "timestamp", "source", "priority", "expiresAt", "issuedBy"], 2):
        message[field] = chance.choice(anything)
    return json.dumps(message).encode()


def not_json(chance: random.Random, number: int) -> bytes:
    texts = [
        "",
        "null",
        "[]",
        "{",
        '"text"',
        "NaN",
        '{"id": "m%d", "command": NaN}',
        '{"id": "m%d", "id": "m%d", "command": "pause"}',
        '{"id": "\\ud800", "command": "pause"}',
        '{"id": "m%d", "command": "pause", "payload": ' + "[" * 200 + "]" * 200 + "}",
        '{"id": "m%d", "command": "pause", "payload": {"minutes": 1e400}}',
    ]
    return chance.choice(texts).replace("%d", str(number)).encode()


def unknown_commands(chance: random.Random, number: int) -> bytes:
    command = chance.choice(["explode", "PAUSE", "pause ", "", "__class__", "paus\u0435", "batch\x00", "x" * 10_000])
    return json.dumps({"id": f"m{number}", "command": command, "timestamp": 1, "source": "x"}).encode()


def huge_payloads(chance: random.Random, number: int) -> bytes:
    size = chance.choice([10_000, 100_000, strict_json.LONGEST_MESSAGE, 1_000_000])
    payload = chance.choice(
        [{"symbol": "x" * size}, {"x": ["y"] * (size // 4)}, {str(n): n for n in range(size // 16)}]
    )
    return json.dumps({"id": f"m{number}", "command": "add-symbol", "payload": payload, "source": "x"}).encode()


COMMON: tuple[Malformed, ...] = (fuzzed_bytes, flipped_bytes, wrong_types, not_json, unknown_commands)
HUGE_EVERY = 250


def test_malformed_messages_cost_nothing_but_themselves(
    desk: Desk, extent: Extent, record_property: Callable[[str, object], None]
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    engine = desk.leading_engine()
    place = desk.keys.commands
    expires = int(desk.redis.time()[0]) * 1000 + LONG_ENOUGH_MS
    positions = set(chance.sample(range(extent.malformed), extent.valid))
    valid: list[str] = []
    before: int | None = None
    number = 0
    while number < extent.malformed:
        pipe = desk.redis.pipeline(transaction=False)
        for number in range(number, min(number + 500, extent.malformed)):  # noqa: B020
            make = huge_payloads if number % HUGE_EVERY == 0 else chance.choice(COMMON)
            field = FIELD if chance.random() < 0.95 else "another"
            pipe.xadd(place, {field: make(chance, number)})
            if number in positions:
                valid.append(f"valid {number}")
                message = {"id": valid[-1], "command": "status", "timestamp": 1, "source": "x", "expiresAt": expires}
                pipe.xadd(place, {FIELD: json.dumps(message)})
        number += 1
        pipe.execute()
        desk.wait_until(lambda: desk.queue_length() < MOST_WAITING, 120.0, f"the stream being read (seed {seed})")
        if before is None:
            # What the engine needs at all for such messages, it has by now.
            desk.wait_until_drained(60.0)
            before = engine.resident_bytes
    desk.wait_until_drained(300.0)

    assert engine.lives, desk.logs
    assert before is not None
    growth = engine.resident_bytes - before
    record_property("memory growth, MB", round(growth / 2**20, 1))
    assert growth < MOST_GROWTH, f"{growth / 2**20:.1f} MB (seed {seed})"
    for command_id in valid:
        found = desk.record(command_id)
        assert found is not None, f"{command_id} (seed {seed})"
        assert found.result is not None, f"{command_id} (seed {seed})"
        assert found.result["outcome"] == "succeeded", found
    assert desk.pending() == 0
    # Nothing of it has had an effect, and the engine works on.
    assert desk.saved().version == 1
    assert desk.intent().get("paused", "0") == "0"
    assert desk.ask("status")["data"]["state"] == "running"
