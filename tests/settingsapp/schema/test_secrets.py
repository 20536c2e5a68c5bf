"""What is taken for a secret, and what is not."""

import base64
import random
import string
import time
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.fields import leaf_fields
from settingsapp.schema.secrets import (
    HIDDEN,
    holds_secrets,
    looks_like_a_secret,
    pasted_secrets,
    shown,
    without_secrets,
)
from settingsapp.schema.validation import InvalidSettingsError, validate
from settingsapp.schema.variables import PROTECTED_NAMES, PROTECTED_PREFIXES, is_protected
from tests.settingsapp.schema.landscape_file import a_landscape_file
from tests.settingsapp.secret_samples import MARKER, SECRETS, SEED_PHRASES

ALL = [*SECRETS.values(), *SEED_PHRASES.values()]

ORDINARY = [
    "",
    "Follows the tape.",
    "Momentum on the four hour chart, exits at the first sign of weakness, never more than two percent at risk",
    "i buy the dip and sell the rally as long as the trend is my friend",
    "we trade mostly when london and new york are both open and never before news",
    "MyTradingStrategyVersion2",
    "MACD-V crossovers on BTC-USD, ETH-USD, SOL-USD (15m, 1h, 4h) with RSI(14) < 30 & ATR(26)",
    "BTC-26JUN26-100K-C",
    "binance:1000SHIBUSDT",
    "/home/livermore/data/2026/logs",
    "C:\\Users\\Jesse\\AppData\\Local\\Livermore\\Data2026",
    "2026-01-31T12:00:00.000Z",
    "00:00-23:59, 22:00-02:00",
    "https://example.com/strategies/mean-reversion?page=2",
    "jesse@example.com",
    "My token: BTC, my secret: patience",
    "Call +49 30 1234567890 before 17:30",
    "Kein Geld, keine Sorgen: так говорил мой дед 祖父曾这样说",
]


@pytest.mark.parametrize("secret", ALL)
def test_a_pasted_secret_is_recognised_alone_and_within_a_text(secret: str) -> None:
    assert looks_like_a_secret(secret)
    if secret not in SEED_PHRASES.values():
        assert looks_like_a_secret(f"my key is {secret}")


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_passes(text: str) -> None:
    assert not looks_like_a_secret(text)


def test_a_seed_phrase_has_one_of_its_lengths_and_nothing_but_short_words() -> None:
    words = SEED_PHRASES[24].split()
    assert [n for n in range(1, 25) if looks_like_a_secret(" ".join(words[:n]))] == [12, 15, 18, 21, 24]
    twelve = words[:12]
    assert looks_like_a_secret("  " + "\n".join(twelve))
    for other in ("the", "a", "extraordinary", "Zebra", "zebra,", "i"):
        assert not looks_like_a_secret(" ".join([other, *twelve[1:]]))


@pytest.mark.parametrize(
    ("make", "share"),
    [
        (lambda r: "".join(r.choices(string.ascii_letters + string.digits, k=64)), 0.999),
        (lambda r: "".join(r.choices(string.ascii_letters + string.digits, k=36)), 0.98),
        (lambda r: "".join(r.choices(string.ascii_letters + string.digits, k=18)), 0.9),
        (lambda r: r.randbytes(12).hex(), 0.99),
        (lambda r: r.randbytes(32).hex(), 0.999),
        (lambda r: base64.b64encode(r.randbytes(64)).decode(), 0.999),
        (lambda r: base64.urlsafe_b64encode(r.randbytes(32)).decode(), 0.98),
        (lambda r: str(uuid.UUID(bytes=r.randbytes(16))), 0.999),
    ],
    ids=["64 alphanumeric", "36", "18", "24 hex", "64 hex", "base64", "base64url", "uuid"],
)
def test_of_random_keys_hardly_any_passes(make: Callable[[random.Random], str], share: float) -> None:
    chance = random.Random(26)
    assert sum(looks_like_a_secret(make(chance)) for _ in range(1_000)) / 1_000 >= share


TEXT = (
    "the market and a trend for momentum is not what my grandfather would have called honest work but it pays well "
    "when volume rises above its average I wait of to in at on trading position breakout resistance Bitcoin Ethereum"
)
WORDS = TEXT.split()
sentences = st.lists(st.sampled_from(WORDS), min_size=12, max_size=40).map(lambda w: " ".join([*w, "the"]))
punctuated = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(lambda w: ", ".join(w) + ".")


@given(sentences | punctuated)
def test_natural_language_passes_whatever_its_length(text: str) -> None:
    assert not looks_like_a_secret(text)


@given(st.lists(st.text(string.ascii_letters, max_size=12), max_size=11).map(" ".join))
def test_words_of_letters_alone_pass(text: str) -> None:
    assert not looks_like_a_secret(text)


def test_an_existing_file_and_a_new_document_hold_no_secrets() -> None:
    assert list(pasted_secrets(a_landscape_file())) == []
    assert list(pasted_secrets(SettingsDocument().as_json())) == []


def text_paths() -> list[str]:
    """The path of every field that holds a text, or a list of them."""

    def is_text(node: dict[str, object]) -> bool:
        choices = node.get("anyOf", [node])
        assert isinstance(choices, list)
        kinds = {choice.get("type") for choice in choices} | {
            choice["items"].get("type") for choice in choices if choice.get("type") == "array"
        }
        return "string" in kinds

    return [f.pattern.replace("*", "simulated") for f in leaf_fields() if is_text(dict(f.node)) and f.pattern != "sub"]


@pytest.mark.parametrize("path", text_paths())
@pytest.mark.parametrize("secret", [SECRETS["Binance API secret"], SECRETS["Discord webhook"], SEED_PHRASES[12]])
def test_every_text_field_refuses_a_secret_without_repeating_it(path: str, secret: str) -> None:
    value: object = secret
    node = next(f.node for f in leaf_fields() if f.pattern.replace("*", "simulated") == path)
    if node.get("type") == "array":
        value = [secret]
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    with pytest.raises(InvalidSettingsError) as caught:
        validate(value)
    assert [p.path.removesuffix(".0") for p in caught.value.problems] == [path]
    assert "secret" in str(caught.value)
    assert secret not in str(caught.value)
    assert MARKER not in str(caught.value)


def test_a_secret_as_a_name_is_hidden_in_the_path() -> None:
    secret = SECRETS["Binance API secret"]
    with pytest.raises(InvalidSettingsError) as caught:
        validate({"exchanges": {"simulated": {}, secret: {"enabled": True}}, secret: 1})
    assert {p.path for p in caught.value.problems} == {f"exchanges.{HIDDEN}", HIDDEN}


@pytest.mark.parametrize("secret", ALL)
def test_a_text_that_is_no_json_is_searched_as_well(secret: str) -> None:
    assert holds_secrets('{"sub": "3a9d5c1e-7b24-4f68-9e0d-5c1b7a3f9e2d", "description": "' + secret + '"')
    assert not holds_secrets('{"sub": "3a9d5c1e-7b24-4f68-9e0d-5c1b7a3f9e2d", "description": "me" "symbols": []')


def test_what_is_shown_again_has_nothing_in_a_secrets_place() -> None:
    secret = SECRETS["JSON web token"]
    again = without_secrets({"a": [secret, "me"], secret: {"b": secret}, "c": 7})
    assert again == {"a": ["", "me"], HIDDEN: {"b": ""}, "c": 7}


@pytest.mark.parametrize("name", [*sorted(PROTECTED_NAMES), *(prefix + "X" for prefix in PROTECTED_PREFIXES)])
def test_every_protected_variable_is_out_of_reach_in_any_case(name: str) -> None:
    assert is_protected(name)
    for spelling in (name, name.lower()):
        with pytest.raises(InvalidSettingsError, match="belongs to the server"):
            validate({"exchanges": {"simulated": {"ApiKeyEnvironmentVariableName": spelling}}})


@pytest.mark.parametrize(
    "name", ["COINBASE_API_KEY", "Coinbase_EcPrivateKeyPem", "DISCORD_LIVERMORE_BOT", "KUCOIN_PASSPHRASE"]
)
def test_the_usual_names_of_credentials_are_free(name: str) -> None:
    assert not is_protected(name)
    validate({"exchanges": {"simulated": {"SecretEnvironmentVariableName": name}}})


@pytest.mark.parametrize(
    "text",
    ["z" * 4_000, "eyJ-" * 1_000, "token:" * 600, "a." * 2_000, "a://" * 1_000, "-----BEGIN " * 350, "1234567:" * 500],
)
def test_a_text_made_to_keep_the_search_busy_does_not(text: str) -> None:
    begun = time.process_time()
    for _ in range(20):
        looks_like_a_secret(text)
    assert time.process_time() - begun < 2


def test_a_name_too_long_for_a_name_is_hidden() -> None:
    assert shown("x" * 201) == HIDDEN
    assert shown("x" * 200) == "x" * 200
