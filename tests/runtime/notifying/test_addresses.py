"""Addresses, by the names of variables."""

from typing import Any

import pytest

from runtime.notifying.addresses import Address, NotSetUpError, address_of
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.notations import CHANNELS, Channel
from settingsapp.schema.validation import validate

TOKEN = "x" * 60
NAMES = {"discord": "DISCORD_WEBHOOK", "email": "MAIL_URL", "push": "PUSH_URL"}


def a_document(**names: str) -> SettingsDocument:
    given: dict[str, Any] = NAMES | names
    return validate(
        {
            "perseus_profile": {"discord_integration": {"webhook_url_environment_variable": given["discord"]}},
            "notifications": {
                "email_url_environment_variable": given["email"],
                "push_url_environment_variable": given["push"],
            },
        }
    )


def read(channel: Channel, value: str) -> Address:
    return address_of(channel, a_document(), {NAMES[channel]: value}.get)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_without_a_variable_or_without_its_value_says_which_is_missing(channel: Channel) -> None:
    with pytest.raises(NotSetUpError, match="the settings name no variable"):
        address_of(channel, a_document(**{channel: ""}), lambda _: None)
    for value in (None, "", "  "):
        with pytest.raises(NotSetUpError, match=f"not set up: {NAMES[channel]} is missing in the engine's environment"):
            address_of(channel, a_document(), lambda _, value=value: value)  # type: ignore[misc]


@pytest.mark.parametrize(
    "value",
    [
        f"https://discord.com/api/webhooks/123456789/{TOKEN}",
        f"https://discordapp.com/api/v10/webhooks/123456789/{TOKEN}/",
        f"https://canary.discord.com:443/api/webhooks/123456789/{TOKEN}?template=http://127.0.0.1/x",
        f"discord://123456789/{TOKEN}",
        f"discord://Bot@123456789/{TOKEN}/",
    ],
)
def test_of_a_webhook_only_its_number_and_its_token_are_taken(value: str) -> None:
    address = read("discord", value)
    assert address.url == f"discord://123456789/{TOKEN}/?avatar=no"
    assert address.hosts == {"discord.com"}
    assert TOKEN not in repr(address)


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("discord", f"http://discord.com/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://evil.example/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com.evil.example/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com@evil.example/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://user@discord.com/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com:8443/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com:x/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com/api/webhooks/../{TOKEN}"),
        ("discord", f"https://discord.com/api/webhooks/123456789/{TOKEN}/slack"),
        ("discord", f"discord://123456789/{TOKEN}/?template=file:///etc/passwd"),
        ("discord", f"https://127.0.0.1/api/webhooks/123456789/{TOKEN}"),
        ("discord", f"https://discord.com/api/webhooks/123456789/{TOKEN} https://evil.example"),
        ("discord", "https://[::1/api"),
        ("email", "https://mail.example.com"),
        ("email", "mailtos://u:p@mail.example.com?pgp=yes&to=a@b.example"),
        ("email", "mailtos://u:p@mail.example.com?verify=no"),
        ("email", "mailtos://a,mailtos://b c"),
        ("push", "json://127.0.0.1:8000/"),
        ("push", "gotify://192.168.1.2/token"),
        ("push", "exec://rm"),
        ("push", "ntfy://192.168.1.2/topic"),
        ("push", "ntfys://ntfy.example.com/topic"),
        ("push", "ntfys://topic?attach=http://169.254.169.254/latest"),
        ("push", "ntfys://topic?mode=private"),
        ("push", f"slack://{TOKEN}?image=yes&template=x"),
    ],
)
def test_what_is_no_address_of_a_known_service_is_refused_and_not_repeated(channel: Channel, value: str) -> None:
    with pytest.raises(NotSetUpError) as caught:
        read(channel, value)
    assert NAMES[channel] in str(caught.value)
    for part in (TOKEN, "evil", "192.168", "127.0.0.1", "passwd", "169.254"):
        assert part not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "url", "service"),
    [
        ("ntfys://my-topic", "ntfys://my-topic/?mode=cloud", "ntfy"),
        ("ntfy://my-topic/", "ntfys://my-topic/?mode=cloud", "ntfy"),
        ("ntfys://ntfy.sh/my-topic?priority=high", "ntfys://my-topic/?mode=cloud&priority=high", "ntfy"),
        ("pover://user@token", "pover://user@token", "Pushover"),
        ("tgram://123456789:abc/12315544/", "tgram://123456789:abc/12315544/", "Telegram"),
    ],
)
def test_push_services_are_those_of_the_table(value: str, url: str, service: str) -> None:
    address = read("push", value)
    assert (address.url, address.service) == (url, service)
    assert address.hosts
