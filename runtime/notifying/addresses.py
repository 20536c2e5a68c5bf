"""Where a channel's messages go: read from the environment by the name that the settings hold, and never shown."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import address_variable
from settingsapp.schema.notations import Channel

DISCORD_HOSTS: Final = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
_WEBHOOK_PATH: Final = re.compile(r"/api/(?:v\d{1,2}/)?webhooks/(\d{5,30})/([A-Za-z0-9_-]{20,200})/?")
_WEBHOOK: Final = re.compile(r"discord://(?:[\w .-]{1,80}@)?(\d{5,30})/([A-Za-z0-9_-]{20,200})/?", re.ASCII)


@dataclass(frozen=True)
class Service:
    """A push service: what its address begins with, in apprise's notation, and the hosts that sending there asks."""

    name: str
    hosts: frozenset[str]
    options: frozenset[str] = frozenset()
    """What may follow the question mark. Whatever lets a service fetch something else is not among them."""


PUSH_SERVICES: Final[Mapping[str, Service]] = {
    "ntfy": Service("ntfy", frozenset({"ntfy.sh"}), frozenset({"priority", "tags"})),
    "ntfys": Service("ntfy", frozenset({"ntfy.sh"}), frozenset({"priority", "tags"})),
    "pover": Service("Pushover", frozenset({"api.pushover.net"}), frozenset({"priority", "sound"})),
    "tgram": Service("Telegram", frozenset({"api.telegram.org"}), frozenset({"silent", "topic"})),
    "slack": Service("Slack", frozenset({"hooks.slack.com", "slack.com", "files.slack.com"})),
    "pbul": Service("Pushbullet", frozenset({"api.pushbullet.com", "upload.pushbullet.com"})),
    "prowl": Service("Prowl", frozenset({"api.prowlapp.com"}), frozenset({"priority"})),
}
MAIL_SCHEMES: Final = frozenset({"mailto", "mailtos"})
MAIL_OPTIONS: Final = frozenset({"to", "cc", "bcc", "from", "name", "reply", "smtp", "mode", "user", "pass"})
_NTFY_TOPIC: Final = re.compile(r"ntfys?://(?:[^/@?#]*@)?(?:ntfy\.sh/)?([A-Za-z0-9_-]{1,64})/?(?:\?[^#]*)?")


class NotSetUpError(Exception):
    """A channel has no address that could be used; the text names the variable, and repeats nothing of its value."""


@dataclass(frozen=True)
class Address:
    """Where a channel's messages go."""

    channel: Channel
    service: str
    """Its name, as a person knows it."""
    hosts: frozenset[str]
    """The only hosts that may be asked by http; none for mail."""
    url: str = field(repr=False)
    """In apprise's notation; holds the secret."""


def address_of(channel: Channel, document: SettingsDocument, read: Callable[[str], str | None]) -> Address:
    """Return a channel's address; `read` returns a variable's value. Raises NotSetUpError."""
    name = address_variable(document, channel)
    if not name:
        raise NotSetUpError(f"not set up: the settings name no variable that holds the address for {channel}")
    value = (read(name) or "").strip()
    if not value:
        raise NotSetUpError(f"not set up: {name} is missing in the engine's environment")
    match channel:
        case "discord":
            return _discord(name, value)
        case "email":
            return _email(name, value)
        case "push":
            return _push(name, value)


def _discord(name: str, value: str) -> Address:
    parts = _split(name, value)
    short = _WEBHOOK.fullmatch(value)
    found = short
    if parts.scheme == "https" and parts.hostname in DISCORD_HOSTS and _port(name, value) in (None, 443):
        # Only the webhook itself is taken from the URL: what else stands there, such as a template to read, is not.
        found = _WEBHOOK_PATH.fullmatch(parts.path) if parts.username is None else None
    if found is None:
        raise NotSetUpError(
            f"not set up: what {name} holds is no Discord webhook; one looks like "
            "https://discord.com/api/webhooks/NUMBER/TOKEN"
        )
    return Address("discord", "Discord", frozenset({"discord.com"}), f"discord://{found[1]}/{found[2]}/?avatar=no")


def _email(name: str, value: str) -> Address:
    parts = _split(name, value)
    if parts.scheme not in MAIL_SCHEMES:
        raise NotSetUpError(
            f"not set up: what {name} holds is no mail address in apprise's notation; one looks like "
            "mailtos://USER:PASSWORD@mail.example.com?to=you@example.com"
        )
    _check_options(name, parts.query, MAIL_OPTIONS)
    return Address("email", "the mail server", frozenset(), value)


def _push(name: str, value: str) -> Address:
    parts = _split(name, value)
    service = PUSH_SERVICES.get(parts.scheme)
    if service is None:
        known = ", ".join(f"{scheme}://" for scheme in PUSH_SERVICES)
        raise NotSetUpError(f"not set up: what {name} holds begins with none of the known services: {known}")
    _check_options(name, parts.query, service.options)
    if parts.scheme in ("ntfy", "ntfys"):
        topic = _NTFY_TOPIC.fullmatch(value)
        if topic is None:
            raise NotSetUpError(f"not set up: {name} must hold ntfys://TOPIC; servers of one's own are not asked")
        options = f"&{parts.query}" if parts.query else ""
        return Address("push", service.name, service.hosts, f"ntfys://{quote(topic[1])}/?mode=cloud{options}")
    return Address("push", service.name, service.hosts, value)


def _check_options(name: str, query: str, allowed: Collection[str]) -> None:
    for option, _ in parse_qsl(query, keep_blank_values=True):
        if option.lower() not in allowed:
            told = ", ".join(sorted(allowed)) or "none"
            raise NotSetUpError(f"not set up: {name} holds an option that is not allowed; allowed are: {told}")


class _Parts:
    """A URL's parts; one that can't be read has none."""

    def __init__(self, value: str) -> None:
        try:
            parts = urlsplit(value)
            self.scheme = parts.scheme.lower()
            self.hostname = (parts.hostname or "").lower()
            self.path, self.query, self.username = parts.path, parts.query, parts.username
        except ValueError:
            self.scheme = self.hostname = self.path = self.query = ""
            self.username = None


def _split(name: str, value: str) -> _Parts:
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in value):
        raise NotSetUpError(f"not set up: {name} holds a space or a line break; it must hold one URL")
    return _Parts(value)


def _port(name: str, value: str) -> int | None:
    try:
        return urlsplit(value).port
    except ValueError:
        raise NotSetUpError(f"not set up: {name} holds a URL whose port is no number") from None
