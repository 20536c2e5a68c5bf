"""What is refused is refused by every way in, in the same way on every database, and secrets leave no trace."""

import html
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.logins import a_login
from tests.settingsapp.secret_samples import MARKER, SECRETS, SEED_PHRASES
from tests.settingsapp.ways_in import WAYS, Answer, Entrance

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

DESCRIPTION = ("perseus_profile", "description")
DUPLICATE = "a second one of the same key"

REFUSED = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "too large": "1e400",
    "U+0000": '"a\\u0000b"',
    "half a surrogate pair": '"\\ud800"',
    "the other half": '"\\udc00x"',
    "nested arrays": "[" * 5_000 + "]" * 5_000,
    "nested objects": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "digits": "9" * 5_000,
    "negative digits": "-" + "9" * 5_000,
    DUPLICATE: DUPLICATE,
    "no JSON": "{]",
}

UNFIT = [
    (("position_min_value_usd",), "9" * 4_000),
    (("perseus_profile", "trade_settings", "max_daily_trades"), "9" * 4_000),
    (("perseus_profile", "trade_settings", "max_daily_trades"), "1e300"),
    (("position_refresh_hours",), "1e-400"),
    (("symbols",), "[" * 20 + "]" * 20),
    (("schema_version",), "9" * 30),
]
REFUSED_STATUS = {"validate": 200, "importsettings": 1}
"""Of the ways that tell a refusal otherwise than by 422."""
MALFORMED_STATUS = REFUSED_STATUS | {"form": 422, "raw form": 422}
"""Of the ways that tell otherwise than by 400 what can't be read."""


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def entrance(identity: Identity, tmp_path: Path) -> Entrance:
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    return Entrance(client, identity, tmp_path)


def refusal_of(way: str, answer: Answer) -> tuple[str, int | None]:
    """Return path and line of what was told, after checking that it is told as a refusal."""
    match way:
        case "form" | "raw form":
            assert answer.status == 422
            return told_place(html.unescape(answer.text).partition("The settings can't be read: ")[2])
        case "importsettings":
            assert answer.status == 1
            return told_place(answer.text.partition("settings.json: ")[2])
        case "validate":
            assert answer.status == 200
            body = json.loads(first_json(answer.text))
            assert not body["valid"]
            (problem,) = body["problems"]
            return problem["path"], problem["line"]
        case _:
            assert answer.status == 400, answer.text
            error = json.loads(first_json(answer.text))
            assert error["error"] == "malformed"
            (field,) = error["fields"]
            return field["path"], int(field["message"].partition("line ")[2].partition(":")[0])


def told_place(text: str) -> tuple[str, int]:
    """Read path and line of `line 3, perseus_profile.description: …`."""
    found = re.match(r"line (\d+)(?:, ([\w.]+))?: ", text)
    assert found, text[:200]
    return found[2] or "", int(found[1])


def first_json(text: str) -> str:
    value, end = json.JSONDecoder().raw_decode(text)
    assert end
    return json.dumps(value)


@pytest.mark.parametrize("way", WAYS)
def test_what_some_party_would_misread_is_refused_with_its_place(entrance: Entrance, way: str) -> None:
    key = "value" if way == "JSON patch" else "description"
    for case, text in REFUSED.items():
        value = f'"x", "{key}": "y"' if case == DUPLICATE else text
        path, line = refusal_of(way, WAYS[way](entrance, DESCRIPTION, value))
        if case == "no JSON":
            assert path == "", case
        else:
            assert path.startswith("0.value" if way == "JSON patch" else "perseus_profile.description"), case
        assert line == (1 if way in ("form", "JSON patch") else 3), case
    assert services.saved_version(entrance.identity.sub) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_number_or_nest_that_fits_no_field_is_told_with_its_path(entrance: Entrance, way: str) -> None:
    for path, value in UNFIT:
        answer = WAYS[way](entrance, path, value)
        assert answer.status == REFUSED_STATUS.get(way, 422), (path, answer.text)
        assert path[-1] in answer.text
        assert "Traceback" not in answer.text
    assert services.saved_version(entrance.identity.sub) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_good_value_comes_in_by_every_way(entrance: Entrance, way: str) -> None:
    text = 'Über 🚀 \\u00fc, with \\"quotes\\" and \\ud83d\\ude80'
    answer = WAYS[way](entrance, DESCRIPTION, f'"{text}"')
    assert answer.status == (0 if way == "importsettings" else 200), answer.text
    if way not in ("validate", "diff", "dry import"):
        described = services.read(entrance.identity.sub).document.perseus_profile.description
        assert described == 'Über 🚀 ü, with "quotes" and 🚀'


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line that any logger writes, also of those that keep their lines from the root's."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept(logging.DEBUG)
    loggers = [logging.getLogger(), logging.getLogger("django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


def everything_in_the_database() -> str:
    return "\n".join(str(row) for model in apps.get_models() for row in model._default_manager.values_list())


def everything_in_redis(url: str) -> str:
    with redis.Redis.from_url(url, protocol=2) as client:
        return "\n".join(f"{key!r} {_content(client, key)!r}" for key in client.scan_iter(count=1_000))


def _content(client: redis.Redis, key: Any) -> Any:
    readers: dict[Any, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"stream": client.xrange,
        b"set": client.smembers,
        b"zset": lambda name: client.zrange(name, 0, -1),
        b"list": lambda name: client.lrange(name, 0, -1),
    }
    reader = readers.get(client.type(key))
    return reader(key) if reader else None


@pytest.mark.parametrize("way", WAYS)
def test_a_pasted_secret_is_refused_and_leaves_no_trace(
    entrance: Entrance, way: str, logged: list[str], redis_server: str
) -> None:
    samples = SECRETS | {f"{length} words": words for length, words in SEED_PHRASES.items()}
    answers = {(name, "text"): WAYS[way](entrance, DESCRIPTION, json.dumps(text)) for name, text in samples.items()}
    for name, text in list(samples.items())[::4]:
        answers[name, "list"] = WAYS[way](entrance, ("symbols",), json.dumps([text]))
        variable = ("exchanges", "simulated", "SecretEnvironmentVariableName")
        answers[name, "name"] = WAYS[way](entrance, variable, json.dumps(text))
    # As a key, it would be repeated in a path.
    answers["key", ""] = WAYS[way](entrance, ("exchanges", SECRETS["Binance API secret"]), "{}")
    for which, answer in answers.items():
        assert answer.status == REFUSED_STATUS.get(way, 422), (which, answer.text[:500])
        assert "secret" in answer.text, which
    broken = WAYS[way](entrance, DESCRIPTION, f'"x" {json.dumps(SECRETS["JSON web token"])}')
    answers["broken", ""] = broken
    assert broken.status == MALFORMED_STATUS.get(way, 400)
    assert services.saved_version(entrance.identity.sub) == 1
    places = {
        "responses": "\n".join(answer.text for answer in answers.values()),
        "logs": "\n".join(logged),
        "database": everything_in_the_database(),
        "Redis": everything_in_redis(redis_server),
    }
    traces = (MARKER, MARKER.encode().hex(), *(words[:40] for words in SEED_PHRASES.values()))
    assert [(place, trace) for place, text in places.items() for trace in traces if trace in text] == []


def test_a_damaged_documents_form_repeats_no_secret(entrance: Entrance) -> None:
    UserSettings.objects.filter(identity=entrance.identity).update(settings={"symbols": 7})
    row = UserSettings.objects.get(identity=entrance.identity)
    address = f"/admin/settingsapp/usersettings/{row.pk}/change/"
    for secret in SECRETS.values():
        for text in (json.dumps({"perseus_profile": {"description": secret}}), f'{{"a": "{secret}'):
            response = entrance.client.post(address, {"settings": text, "base_version": "1"})
            assert response.status_code == 422
            assert MARKER not in response.content.decode()


def test_a_good_value_is_found_where_the_search_looks(entrance: Entrance, logged: list[str], redis_server: str) -> None:
    WAYS["PUT"](entrance, DESCRIPTION, '"a marker of no secret"')
    logging.getLogger("django.request").warning("a marker in the log")
    with redis.Redis.from_url(redis_server, protocol=2) as client:
        client.set(f"livermore:test:{entrance.identity.sub}", "a marker in Redis", ex=60)
    assert "a marker of no secret" in everything_in_the_database()
    assert "a marker in the log" in "\n".join(logged)
    assert "a marker in Redis" in everything_in_redis(redis_server)
