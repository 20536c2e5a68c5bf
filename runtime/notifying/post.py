"""Handing one message to a service, by apprise. Blocking: for a thread of its own.

apprise's plug-ins ask for `requests` and `smtplib` by name; here they find ours, which go through the guard and note
what the service answered. What apprise itself logs may hold addresses and tokens, so nobody gets to hear it.
"""

import contextlib
import logging
import math
import smtplib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from runtime.notifying.addresses import Address
from runtime.notifying.guard import Edge, RefusedError, UnreachableError, check_request, connect, may_have_a_mail_server

LONGEST_RETRY_AFTER_SECONDS: Final = 900.0
LARGEST_ANSWER: Final = 200_000
_REQUESTS_PLUGINS: Final = ("discord", "ntfy", "pushover", "telegram", "slack", "pushbullet", "prowl")


class Answer(Enum):
    """What came of an attempt."""

    TAKEN = "the service took it"
    REFUSED = "it certainly did not arrive"
    UNCERTAIN = "it may have arrived"
    HOPELESS = "trying again would not help"


@dataclass(frozen=True)
class Letter:
    """One message: plain text, and pictures (PNG) to go with it."""

    subject: str
    body: str
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What came of handing in a message. `reason` holds no address."""

    answer: Answer
    reason: str = ""
    retry_after_ms: int | None = None
    """So long the service asks to be left alone, whatever it answered."""


@dataclass
class _Trace:
    """What happened on the wire during one attempt."""

    address: Address
    edge: Edge
    taken: int = 0
    """Requests that the service took."""
    begun: int = 0
    """Requests whose connection stood: from then on something may have arrived."""
    answered: int = 0
    status: int | None = None
    refused: str = ""
    unreachable: str = ""
    retry_after_ms: int | None = None
    troubles: list[str] = field(default_factory=list)


_trace: ContextVar[_Trace] = ContextVar("trace")
_preparing = threading.Lock()
_prepared = False


def hand_in(address: Address, letter: Letter, edge: Edge | None = None) -> Attempt:
    """Hand a message in, and tell truthfully what came of it. Never raises for what a service does."""
    trace = _Trace(address, edge or Edge())
    token = _trace.set(trace)
    try:
        apprise = _prepare()
        service = apprise.Apprise.instantiate(address.url, asset=_asset(apprise), suppress_exceptions=True)
        if not service:
            return Attempt(Answer.HOPELESS, f"what its variable holds is no address of {address.service}")
        taken = service.notify(
            body=letter.body,
            title=letter.subject,
            attach=_attachments(letter),
            body_format=apprise.NotifyFormat.TEXT,
        )
    except RefusedError as error:
        return Attempt(Answer.HOPELESS, f"refused: {error}")
    except Exception as error:
        trace.troubles.append(type(error).__name__)
        taken = False
    finally:
        _trace.reset(token)
    return _told(trace, taken=bool(taken))


def _told(trace: _Trace, *, taken: bool) -> Attempt:
    name = trace.address.service
    if taken or trace.taken:
        # Its text is out: where only a picture failed, sending it all again would be worse.
        return Attempt(Answer.TAKEN, "" if taken else "without its picture", trace.retry_after_ms)
    if trace.refused:
        return Attempt(Answer.HOPELESS, f"refused: {trace.refused}")
    if trace.status is not None:
        return _of_status(name, trace.status, trace.retry_after_ms)
    if trace.unreachable or not trace.begun:
        detail = trace.unreachable or ", ".join(trace.troubles) or "it did not come to a connection"
        return Attempt(Answer.REFUSED, f"{name} can't be reached: {detail}")
    return Attempt(Answer.UNCERTAIN, f"{name} did not answer in time or broke off; the message may have arrived")


def _of_status(name: str, status: int, retry_after_ms: int | None) -> Attempt:
    match status:
        case 429:
            return Attempt(Answer.REFUSED, f"{name} asks to wait: too many messages", retry_after_ms)
        case 401 | 403 | 404 | 410:
            return Attempt(Answer.HOPELESS, f"{name} does not know this address or its key (status {status})")
        case 408 | 425:
            return Attempt(Answer.REFUSED, f"{name} was not ready (status {status})", retry_after_ms)
        case _ if 300 <= status < 400:
            return Attempt(Answer.HOPELESS, f"{name} answered with a redirect, which is not followed (status {status})")
        case _ if 400 <= status < 500:
            return Attempt(Answer.HOPELESS, f"{name} does not take the message (status {status})")
        case _:
            return Attempt(Answer.REFUSED, f"{name} has a fault of its own (status {status})", retry_after_ms)


def _attachments(letter: Letter) -> Any:
    if not letter.pictures:
        return None
    memory = import_module("apprise.attachment.memory")
    attachments = import_module("apprise").AppriseAttachment()
    for number, picture in enumerate(letter.pictures, 1):
        attachments.add(memory.AttachMemory(content=picture, name=f"chart-{number}.png", mimetype="image/png"))
    return attachments


def _asset(apprise: Any) -> Any:
    return apprise.AppriseAsset(
        app_id="Livermore",
        app_desc="Livermore",
        app_url="",
        # No pictures that the service would have to fetch from elsewhere.
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        interpret_escapes=False,
        storage_mode="memory",
        secure_logging=True,
        allow_templates=False,
        pgp_autogen=False,
        pem_autogen=False,
    )


def _prepare() -> Any:
    """Import apprise and stand before its plug-ins; once."""
    global _prepared  # noqa: PLW0603
    with _preparing:
        apprise = import_module("apprise")
        if not _prepared:
            for name in ("apprise", "urllib3"):
                logger = logging.getLogger(name)
                logger.propagate = False
                logger.addHandler(logging.NullHandler())
                logger.setLevel(logging.CRITICAL)
            guarded = _GuardedRequests()
            for plugin in _REQUESTS_PLUGINS:
                import_module(f"apprise.plugins.{plugin}").requests = guarded  # type: ignore[attr-defined]
            # Nothing that an address names is ever fetched from elsewhere to be sent along.
            import_module("apprise.attachment.http").requests = guarded  # type: ignore[attr-defined]
            import_module("apprise.plugins.email.smtp").smtplib = _GuardedSmtplib()  # type: ignore[attr-defined]
            _prepared = True
    return apprise


# -- http -------------------------------------------------------------------------------------------------------------


class _GuardedRequests:
    """Stands where a plug-in looks for `requests`."""

    def __init__(self) -> None:
        self._real: Any = import_module("requests")

    def __getattr__(self, name: str) -> Any:
        # Status codes and exceptions; whatever else would open a connection is not given away.
        if name in ("codes", "exceptions", "RequestException", "Timeout", "ConnectionError", "HTTPError", "utils"):
            return getattr(self._real, name)
        raise RefusedError(f"a plug-in asked for requests.{name}, which is not guarded")

    def get(self, url: str, **options: Any) -> Any:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Any:
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Raises requests.RequestException, so that the plug-in ends its attempt."""
        trace = _trace.get()
        options |= {"allow_redirects": False, "verify": trace.edge.certificates, "timeout": trace.edge.timeout}
        options["stream"] = True
        try:
            parts = urlsplit(url)
            check_request(method.upper(), parts.scheme, parts.hostname or "", parts.port, trace.address.hosts)
            with _session(self._real, trace) as session, session.request(method, url, **options) as response:
                response._content = _content(response)
        except (RefusedError, ValueError) as error:
            trace.refused = str(error) if isinstance(error, RefusedError) else "the address can't be read"
            raise self._real.RequestException("refused") from None
        except self._real.RequestException as error:
            trace.troubles.append(type(error).__name__)
            raise self._real.RequestException("failed") from None
        self._note(trace, response)
        return response

    def _note(self, trace: _Trace, response: Any) -> None:
        trace.answered += 1
        asked = retry_after_ms(response.headers, time.time())
        if asked is not None:
            trace.retry_after_ms = max(asked, trace.retry_after_ms or 0)
        if response.status_code in (200, 201, 202, 204):
            trace.taken += 1
            return
        trace.status = response.status_code
        # By the exception the plug-in ends here: it would try again, by a limit of its own.
        raise self._real.RequestException("refused by the service")


def _content(response: Any) -> bytes:
    """Read an answer, but no more of it than it can have to say. Its status has been told by then."""
    try:
        read: bytes = response.raw.read(LARGEST_ANSWER, decode_content=True)
    except (import_module("urllib3").exceptions.HTTPError, OSError):
        return b""
    return read


@contextlib.contextmanager
def _session(requests: Any, trace: _Trace) -> Iterator[Any]:
    session = requests.Session()
    # No proxy, no .netrc, no certificates that the environment names.
    session.trust_env = False
    session.adapters.clear()
    session.mount("https://", _adapter(trace))
    try:
        yield session
    finally:
        session.close()


def _adapter(trace: _Trace) -> Any:
    adapters = import_module("requests.adapters")
    urllib3 = import_module("urllib3")
    connection = import_module("urllib3.connection")

    class Connection(connection.HTTPSConnection):  # type: ignore[misc, name-defined]
        def _new_conn(self) -> socket.socket:
            try:
                opened = connect(self.host, self.port, trace.edge)
            except RefusedError as error:
                trace.refused = str(error)
                raise urllib3.exceptions.NewConnectionError(self, "refused") from None
            except UnreachableError as error:
                trace.unreachable = str(error)
                raise urllib3.exceptions.NewConnectionError(self, "unreachable") from None
            opened.settimeout(trace.edge.timeout)
            return opened

        def connect(self) -> None:
            super().connect()
            # The name's certificate is accepted: from here on, something may arrive.
            trace.begun += 1

    class Pool(urllib3.HTTPSConnectionPool):  # type: ignore[misc, name-defined]
        ConnectionCls = Connection

    class Adapter(adapters.HTTPAdapter):  # type: ignore[misc, name-defined]
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    return Adapter(max_retries=0)


def retry_after_ms(headers: Mapping[str, str], now_s: float) -> int | None:
    """Return how long a service asks to wait, None where it doesn't: by Retry-After, or since nothing remains.

    `now_s`: seconds since 1970.
    """
    asked = headers.get("Retry-After")
    if asked is None and headers.get("X-RateLimit-Remaining") == "0":
        asked = headers.get("X-RateLimit-Reset-After")
    if asked is None:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - now_s
        except ValueError:
            return None
    if math.isnan(seconds):
        return None
    return int(min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS) * 1000)


# -- mail -------------------------------------------------------------------------------------------------------------


def _mail_socket(host: str, port: int) -> socket.socket:
    trace = _trace.get()
    try:
        return connect(host, port, trace.edge, may_have_a_mail_server)
    except RefusedError:
        trace.refused = "the mail server's name leads to an address where none may be"
        raise OSError("refused") from None
    except UnreachableError as error:
        trace.unreachable = str(error)
        raise


def _note_mail(trace: _Trace, code: int) -> None:
    """A server's own word: 4xx may be tried again, 5xx need not."""
    trace.answered += 1
    trace.status = 500 if 400 <= code < 500 else 401 if code in (530, 534, 535, 538) else 422


class _Mail(smtplib.SMTP):
    """Goes where the guard lets it, and notes from when on something may have arrived."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _mail_socket(host, port)

    def sendmail(self, *args: Any, **options: Any) -> Any:
        trace = _trace.get()
        trace.begun += 1
        try:
            refused = super().sendmail(*args, **options)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            _note_mail(trace, min(codes, default=550))
            raise
        except smtplib.SMTPResponseException as error:
            _note_mail(trace, error.smtp_code)
            raise
        trace.taken += 1
        return refused

    def login(self, *args: Any, **options: Any) -> Any:
        try:
            return super().login(*args, **options)
        except smtplib.SMTPAuthenticationError as error:
            _note_mail(_trace.get(), error.smtp_code)
            raise


class _SecureMail(_Mail, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = _mail_socket(host, port)
        return self.context.wrap_socket(opened, server_hostname=host)


class _GuardedSmtplib:
    """Stands where apprise looks for `smtplib`."""

    SMTP = _Mail
    SMTP_SSL = _SecureMail

    def __getattr__(self, name: str) -> Any:
        return getattr(smtplib, name)
